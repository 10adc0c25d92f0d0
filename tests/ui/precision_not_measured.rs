use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), precision = "f16")]
struct MySkill;

fn main() {}
