//! Parameters: in files and in memory, linked and copied, narrow and tied.

use std::io::Write;
use std::path::Path;

use super::{assert_close, engine};
use crate::engine::onnx::{Storage, WriteOptions, write_model};
use crate::engine::{Engine, Tensors};
use crate::ir::{Builder, CheckedGraph, DType, Dim, Linear, Request};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

/// `w` (32 × 32) and, tied to it, `t`; `b` (32) stands in half precision.
struct Two<'a> {
    matrix: Vec<u8>,
    vector: Vec<u8>,
    file: Option<(&'a Path, u64)>,
}

const MATRIX: [usize; 2] = [32, 32];

fn matrix() -> Vec<f32> {
    (0..32 * 32).map(|i| (i as f32 * 0.1).cos()).collect()
}

impl<'a> Two<'a> {
    fn new(file: Option<(&'a Path, u64)>) -> Self {
        let matrix = matrix().iter().flat_map(|value| value.to_le_bytes()).collect();
        let vector = (0..32).flat_map(|i| half::f16::from_f32(i as f32 * 0.25).to_le_bytes()).collect();
        Self { matrix, vector, file }
    }
}

impl Weights for Two<'_> {
    fn get(&self, param: &str) -> Option<WeightView<'_>> {
        let matrix =
            WeightView { name: "w", dtype: DType::F32, shape: &MATRIX, bytes: &self.matrix, file: self.file };
        match param {
            "w" | "t" => Some(matrix),
            "b" => Some(WeightView {
                name: "b",
                dtype: DType::F16,
                shape: &[32],
                bytes: &self.vector,
                file: None,
            }),
            _ => None,
        }
    }
}

/// y = (x · wᵀ + b) · t
fn graph() -> CheckedGraph {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 32.into()]);
    let (weight, tied, bias) = (g.param("w", &MATRIX), g.tied_param("t", &MATRIX, "w"), g.param("b", &[32]));
    let hidden = g.apply_linear(Linear::default(), x, weight, Some(bias));
    g.output("y", g.matmul(hidden, tied));
    builder.finish().unwrap()
}

/// `w` twice over, as a stack of two tensors.
struct Stack(Two<'static>);

impl Weights for Stack {
    fn get(&self, param: &str) -> Option<WeightView<'_>> {
        matches!(param, "0.w" | "1.w").then(|| self.0.get("w")).flatten()
    }
}

#[test]
fn the_tensors_of_a_stack_are_joined() {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 32.into()]);
    let stack = g.stacked_param("*.w", &[2, 32, 32]);
    g.output("y", g.matmul(x, stack));
    let weights = Stack(Two::new(None));
    let program = engine().load(builder.finish().unwrap(), &weights).unwrap();
    let y = &program.run(&inputs()).unwrap()["y"];
    assert_eq!(y.shape(), [2, 1, 32]);
    let w = matrix();
    let once: Vec<f32> = (0..32).map(|n| (0..32).map(|k| 0.125 * w[k * 32 + n]).sum()).collect();
    assert_close("stack", y.as_f32().unwrap(), &[once.clone(), once].concat(), 1e-4);
}

fn inputs() -> Tensors {
    Tensors::from([("x".to_owned(), Tensor::new([1, 32], vec![0.125f32; 32]).unwrap())])
}

fn expected() -> Vec<f32> {
    let w = matrix();
    let hidden: Vec<f32> =
        (0..32).map(|o| w[o * 32..][..32].iter().sum::<f32>() * 0.125 + o as f32 * 0.25).collect();
    (0..32).map(|n| (0..32).map(|k| hidden[k] * w[k * 32 + n]).sum()).collect()
}

/// A checkpoint file: the matrix behind a header of 72 bytes.
fn write_checkpoint(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(&[0; 72]).unwrap();
    file.write_all(&Two::new(None).matrix).unwrap();
}

#[test]
fn tensors_in_memory_and_in_files_give_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.safetensors");
    write_checkpoint(&file);
    for place in [None, Some((file.as_path(), 72))] {
        let program = engine().load(graph(), &Two::new(place)).unwrap();
        let outputs = program.run(&inputs()).unwrap();
        assert_close("y", outputs["y"].as_f32().unwrap(), &expected(), 1e-5);
    }
}

#[test]
#[cfg(unix)]
fn files_behind_symbolic_links_are_read_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (blob, link) = (folder.path().join("blob"), folder.path().join("snapshot").join("model.safetensors"));
    write_checkpoint(&blob);
    std::fs::create_dir(folder.path().join("snapshot")).unwrap();
    std::os::unix::fs::symlink("../blob", &link).unwrap();
    let program = engine().load(graph(), &Two::new(Some((&link, 72)))).unwrap();
    assert_close("y", program.run(&inputs()).unwrap()["y"].as_f32().unwrap(), &expected(), 1e-5);
}

#[test]
fn saved_models_run_where_they_were_saved() {
    let checkpoint = tempfile::tempdir().unwrap();
    let file = checkpoint.path().join("model.safetensors");
    write_checkpoint(&file);
    let weights = Two::new(Some((&file, 72)));
    let graph = graph();
    let model = write_model(&graph, &weights, &WriteOptions::default()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    // Twice, as one saves again after a change.
    for (folder, storage) in [
        (checkpoint.path(), Storage::Link),
        (elsewhere.path(), Storage::Link),
        (elsewhere.path(), Storage::Link),
        (elsewhere.path(), Storage::Copy),
    ] {
        let path = folder.join("model.onnx");
        model.save(&path, storage).unwrap();
        let mut session = engine().open(&path).unwrap();
        let x = ort::value::TensorRef::from_array_view(([1usize, 32], &[0.125f32; 32][..])).unwrap();
        let outputs = session.run(ort::inputs!["x" => x]).unwrap();
        assert_close("y", outputs["y"].try_extract_tensor::<f32>().unwrap().1, &expected(), 1e-5);
    }
    let data = std::fs::metadata(elsewhere.path().join("model.onnx_data")).unwrap();
    assert_eq!(data.len(), 32 * 32 * 4, "the tied parameter is stored once");
}

#[test]
fn another_file_in_the_place_of_the_checkpoint_is_kept() {
    let (checkpoint, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = checkpoint.path().join("model.safetensors");
    write_checkpoint(&file);
    let there = elsewhere.path().join("model.safetensors");
    let length = std::fs::metadata(&file).unwrap().len() as usize;
    std::fs::write(&there, vec![1; length]).unwrap();
    let weights = Two::new(Some((&file, 72)));
    let graph = graph();
    let model = write_model(&graph, &weights, &WriteOptions::default()).unwrap();
    let error = model.save(&elsewhere.path().join("model.onnx"), Storage::Link).unwrap_err().to_string();
    assert!(error.contains("remove it or choose another folder"), "{error}");
    assert_eq!(std::fs::read(&there).unwrap(), vec![1; length]);
    assert!(!elsewhere.path().join("model.onnx").exists());
    std::fs::copy(&file, &there).unwrap();
    model.save(&elsewhere.path().join("model.onnx"), Storage::Link).unwrap();
}

#[test]
fn missing_parameters_are_named() {
    let error = write_model(&graph(), &super::NoWeights, &WriteOptions::default()).unwrap_err().to_string();
    assert_eq!(error, "test: the checkpoint has no tensor for \"w\"");
}
