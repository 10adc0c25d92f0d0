use skillset::Labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
struct Sentiment;

fn main() {}
