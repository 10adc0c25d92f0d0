use skillset::skillset;

#[skillset(model = "distilbert", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
