use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu))]
fn my_skill() {}

fn main() {}
