use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), tests = "no")]
struct MySkill;

fn main() {}
