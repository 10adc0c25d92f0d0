use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation())]
struct MySkill;

fn main() {}
