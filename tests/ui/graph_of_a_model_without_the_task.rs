use skillset::skillset;

#[skillset(model = "distilbert", onnx = "onnx/model.onnx", task = "image-classification", backends(onnx_cpu))]
struct MySkill;

fn main() {}
