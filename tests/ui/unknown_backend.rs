use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu, tpu))]
struct MySkill;

fn main() {}
