use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(max_new_tokens = 8.5))]
struct MySkill;

fn main() {}
