use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(webnn))]
struct MySkill;

fn main() {}
