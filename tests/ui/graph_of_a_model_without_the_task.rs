use skillset::skillset;

#[skillset(model = "reformer", onnx = "onnx/model.onnx", task = "image-classification", backends(onnx_cpu))]
struct MySkill;

fn main() {}
