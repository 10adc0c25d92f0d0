use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    Negative(u8),
    Positive,
}

fn main() {}
