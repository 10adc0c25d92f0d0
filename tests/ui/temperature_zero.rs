use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(temperature = 0))]
struct MySkill;

fn main() {}
