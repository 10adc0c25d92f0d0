use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Sentiment {
    #[label("negative")]
    Negative,
    Positive,
}

fn main() {}
