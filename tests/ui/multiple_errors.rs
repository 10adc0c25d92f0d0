use skillset::skillset;

#[skillset(
    modle = "bert",
    model = "brt",
    task = "fil-mask",
    task = "fill-mask",
    backends(gpu, cpu, cpu),
    precision = f32,
    revision = "main",
    pooling = "means",
    max_length = 0,
)]
enum MySkill {}

fn main() {}
