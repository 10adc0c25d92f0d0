use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), checkpoint = "org name")]
struct MySkill;

fn main() {}
