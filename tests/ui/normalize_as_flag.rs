use skillset::skillset;

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu), normalize)]
struct MySkill;

fn main() {}
