use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu), checkpoint = "org/name@v1")]
struct MySkill;

fn main() {}
