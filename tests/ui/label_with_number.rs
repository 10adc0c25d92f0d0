use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    Negative = 1,
    Positive = 0,
}

fn main() {}
