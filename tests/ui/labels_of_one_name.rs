use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    Negative,
    #[label = "NEGATIVE"]
    Positive,
}

fn main() {}
