use skillset::skillset;

#[skillset(model = "llama", task = "text-generation", backends(cpu), generation(do_sample))]
struct MySkill;

fn main() {}
