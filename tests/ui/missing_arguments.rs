use skillset::skillset;

#[skillset]
struct MySkill;

fn main() {}
