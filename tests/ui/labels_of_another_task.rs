use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), labels = Sentiment)]
struct MySkill;

fn main() {}
