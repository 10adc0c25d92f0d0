use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends("cpu"))]
struct MySkill;

fn main() {}
