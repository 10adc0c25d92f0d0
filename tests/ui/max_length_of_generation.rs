use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), max_length = 64)]
struct MySkill;

fn main() {}
