use skillset::Labels;

#[derive(Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    Negative,
    Positive,
}

fn main() {}
