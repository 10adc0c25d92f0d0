use skillset::skillset;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sentiment {
    Negative,
    Positive,
}

#[skillset(model = "bert", task = "text-classification", backends(cpu), labels = Sentiment)]
struct MySkill;

fn main() {}
