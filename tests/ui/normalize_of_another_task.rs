use skillset::skillset;

#[skillset(model = "bert", task = "text-classification", backends(cpu), normalize = true)]
struct MySkill;

fn main() {}
