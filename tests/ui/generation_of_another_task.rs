use skillset::skillset;

#[skillset(model = "bert", task = "text-classification", backends(cpu), generation(max_new_tokens = 8))]
struct MySkill;

fn main() {}
