use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), crate = "skillset")]
struct MySkill;

fn main() {}
