use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(seed = 1, seed = 2))]
struct MySkill;

fn main() {}
