use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), revision = "main")]
struct MySkill;

fn main() {}
