use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[labels(krate = skillset)]
enum Sentiment {
    Negative,
    Positive,
}

fn main() {}
