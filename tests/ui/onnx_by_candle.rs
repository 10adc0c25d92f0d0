use skillset::skillset;

#[skillset(onnx = "onnx/model.onnx", task = "text-classification", backends(cpu))]
struct MySkill;

fn main() {}
