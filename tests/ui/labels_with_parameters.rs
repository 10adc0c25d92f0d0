use skillset::skillset;

#[skillset(model = "bert", task = "text-classification", backends(cpu), labels = Sentiment<u8>)]
struct MySkill;

fn main() {}
