use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(top_p = 1.5))]
struct MySkill;

fn main() {}
