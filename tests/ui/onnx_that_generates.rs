use skillset::skillset;

#[skillset(onnx = "onnx/model.onnx", task = "text-generation", backends(onnx_cpu))]
struct MySkill;

fn main() {}
