use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends())]
struct MySkill;

fn main() {}
