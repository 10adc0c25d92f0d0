use skillset::skillset;

#[skillset(model = "bert", task = "fill-mask", backends(cpu))]
enum MySkill {
    One,
}

fn main() {}
