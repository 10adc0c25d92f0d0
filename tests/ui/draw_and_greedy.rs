use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(do_sample = false, temperature = 0.7))]
struct MySkill;

fn main() {}
