use skillset::skillset;

#[skillset(model = "reformer", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
