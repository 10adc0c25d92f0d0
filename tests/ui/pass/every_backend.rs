//! Every backend, and arguments without effect on what is generated.

use skillset::{Backend, skillset};

#[skillset(
    model = "bert",
    task = "fill-mask",
    backends(cuda, tensorrt, rocm, mps, openvino, webgpu, onnx_cpu, cpu,),
    strict,
    precision = "f32",
    allow_unverified,
    tests = false
)]
struct MySkill;

#[test]
fn every_backend_has_a_name() {
    assert_eq!(MySkill::BACKENDS.len(), Backend::ALL.len());
    assert!(Backend::ALL.iter().all(|backend| MySkill::BACKENDS.contains(backend)));
}
