use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(max_tokens = 8))]
struct MySkill;

fn main() {}
