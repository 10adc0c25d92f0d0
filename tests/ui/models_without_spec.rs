use skillset::skillset;

#[skillset(model = "bert", models = crate::models, task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
