use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), strict = true)]
struct MySkill;

fn main() {}
