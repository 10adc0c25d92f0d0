use skillset::skillset;

#[skillset(model = "bert", task = "pre-training", backends(cpu))]
struct MySkill;

fn main() {}
