use skillset::skillset;

#[skillset(modle = "bert", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
