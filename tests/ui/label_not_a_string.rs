use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    #[label = 0]
    Negative,
    Positive,
}

fn main() {}
