use skillset::skillset;

#[skillset(model = "xlm_roberta", task = "fill-mask", backends(cpu))]
struct MySkill;

fn main() {}
