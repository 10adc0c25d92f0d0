use skillset::skillset;

#[skillset(model = "vit", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
