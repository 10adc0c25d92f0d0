use skillset::skillset;

#[skillset(model, task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
