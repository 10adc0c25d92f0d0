use skillset::skillset;

#[skillset(model = "brt", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
