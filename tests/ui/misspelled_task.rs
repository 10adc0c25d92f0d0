use skillset::skillset;

#[skillset(model = "bert", task = "fil-mask", backends(cpu))]
struct MySkill;

fn main() {}
