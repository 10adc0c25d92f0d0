use skillset::skillset;

#[skillset(model = "bert", task = "feature-extraction", backends(cpu), pooling = "mean")]
struct MySkill;

fn main() {}
