use skillset::{Backend, skillset};

/// Keeps its own docs.
#[skillset(model = "bert", task = "fill-mask", backends(cpu))]
pub struct MaskSkill;

#[skillset(model = "llama", task = "text-generation", backends(onnx_cpu, cpu))]
pub(crate) struct ChatSkill;

#[skillset(model = "vit", task = "image-classification", backends(cpu,), crate = skillset)]
struct ImageSkill;

fn is_shared<T: Send + Sync>() {}

fn main() {
    is_shared::<MaskSkill>();
    is_shared::<ImageSkill>();
    assert_eq!(MaskSkill::MODEL_TYPE, "bert");
    assert_eq!(ChatSkill::TASK, "text-generation");
    assert_eq!(ChatSkill::BACKENDS, [Backend::OnnxCpu, Backend::Cpu]);
    assert!(MaskSkill::from_dir("no such folder").is_err());
}
