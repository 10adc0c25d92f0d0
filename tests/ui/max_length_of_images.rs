use skillset::skillset;

#[skillset(model = "vit", task = "image-classification", backends(cpu), max_length = 64)]
struct MySkill;

fn main() {}
