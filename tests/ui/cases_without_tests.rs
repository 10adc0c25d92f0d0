use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), tests = false, cases = "tests/cases.json")]
struct MySkill;

fn main() {}
