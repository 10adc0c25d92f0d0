use skillset::skillset;

#[skillset(model = "my-own", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
