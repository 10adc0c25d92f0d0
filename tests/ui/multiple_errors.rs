use skillset::skillset;

#[skillset(model = "brt", task = "fill-mask", backends(tpu, gpu))]
struct MySkill;

fn main() {}
