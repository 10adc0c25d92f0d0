use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(gpu))]
struct MySkill;

fn main() {}
