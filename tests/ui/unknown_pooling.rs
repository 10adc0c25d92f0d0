use skillset::skillset;

#[skillset(model = "bert", task = "sentence-similarity", backends(cpu), pooling = "means")]
struct MySkill;

fn main() {}
