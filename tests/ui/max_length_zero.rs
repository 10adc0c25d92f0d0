use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), max_length = 0)]
struct MySkill;

fn main() {}
