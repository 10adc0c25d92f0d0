use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask")]
struct MySkill;

fn main() {}
