use skillset::skillset;

#[skillset(model = "bert", onnx = "onnx/model.onnx", task = "fill-mask", backends(onnx_cpu))]
struct MySkill;

fn main() {}
