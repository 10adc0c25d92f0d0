use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment<const N: usize> {
    Negative,
    Positive,
}

fn main() {}
