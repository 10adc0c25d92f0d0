use skillset::skillset;

#[skillset(model = "bert", task = "text-classification", backends(cpu), labels = "Sentiment")]
struct MySkill;

fn main() {}
