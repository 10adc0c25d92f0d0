//! Backends in order, refusals, strictness.

use skillset::{Backend, SkillError, skillset};

use crate::support::checkpoint;

const FIXTURE: &str = "bert-text-classification";
/// No machine has so many devices.
const NO_SUCH_DEVICE: usize = 4096;

#[skillset(model = "bert", task = "text-classification", backends(cuda, rocm, cpu, onnx_cpu))]
struct Preferring;

#[skillset(model = "bert", task = "text-classification", backends(cuda, cpu), strict)]
struct Strict;

#[test]
fn the_first_backend_that_works_is_used_and_refusals_are_kept() {
    let folder = checkpoint(FIXTURE);
    let skill = Preferring::builder().device(NO_SUCH_DEVICE).from_dir(folder.path()).unwrap();
    let placement = skill.placement();
    assert_eq!((placement.backend, placement.engine.as_str()), (Backend::Cpu, "candle (cpu)"));
    let refused: Vec<Backend> = placement.refused.iter().map(|refusal| refusal.backend).collect();
    // Two engines serve CUDA.
    assert_eq!(refused, [Backend::Cuda, Backend::Cuda, Backend::Rocm]);
    let [candle, onnx, rocm] = placement.refused.as_slice() else { panic!("{placement:?}") };
    assert!(candle.reason.starts_with("candle (cuda:4096) is not available: "), "{candle}");
    for refusal in [onnx, rocm] {
        assert!(refusal.reason.starts_with("onnxruntime is not available: "), "{refusal}");
    }
}

#[test]
fn a_strict_skill_runs_on_its_first_backend_or_not_at_all() {
    let folder = checkpoint(FIXTURE);
    let builder = || Strict::builder().device(NO_SUCH_DEVICE);
    let Err(SkillError::Strict(refused)) = builder().from_dir(folder.path()) else { panic!("it is strict") };
    assert_eq!(refused.len(), 2);
    let skill = builder().strict(false).from_dir(folder.path()).unwrap();
    assert_eq!(skill.placement().backend, Backend::Cpu);
    assert!(Preferring::builder().device(NO_SUCH_DEVICE).strict(true).from_dir(folder.path()).is_err());
}

#[test]
fn backends_can_be_chosen_anew() {
    let folder = checkpoint(FIXTURE);
    let skill = Strict::builder().backends([Backend::Cpu]).from_dir(folder.path()).unwrap();
    assert_eq!((skill.placement().backend, skill.placement().refused.len()), (Backend::Cpu, 0));
    let builder =
        Strict::builder().device(NO_SUCH_DEVICE).backends([Backend::Rocm, Backend::Cuda]).strict(false);
    let Err(error) = builder.from_dir(folder.path()) else { panic!("there is no such device") };
    assert!(matches!(&error, SkillError::NoBackend(refused) if refused.len() == 3), "{error}");
    assert!(
        error.to_string().starts_with("no backend of the skill works here: rocm: onnxruntime is not"),
        "{error}"
    );
}

#[test]
fn a_missing_library_is_a_refusal_with_its_remedy() {
    let folder = checkpoint(FIXTURE);
    let builder = Preferring::builder().backends([Backend::OnnxCpu, Backend::Cpu]);
    let skill = builder.onnx_library("/nowhere/libonnxruntime.so").from_dir(folder.path()).unwrap();
    let [refusal] = skill.placement().refused.as_slice() else { panic!("{:?}", skill.placement()) };
    assert!(refusal.reason.contains("/nowhere/libonnxruntime.so"), "{refusal}");
    assert!(refusal.reason.contains("skillset engine install onnxruntime"), "{refusal}");
}
