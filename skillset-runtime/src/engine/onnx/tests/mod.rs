//! Graphs run by ONNX Runtime. They need the library: `skillset engine install onnxruntime`.

mod names;
mod operations;
mod parameters;
mod state;

use std::sync::OnceLock;

use super::{OnnxEngine, OnnxOptions};
use crate::engine::{Engine, Program, Tensors};
use crate::ir::{Builder, CheckedGraph, DType, Dim, Request, Scope, Value};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

fn engine() -> &'static OnnxEngine {
    static ENGINE: OnceLock<OnnxEngine> = OnceLock::new();
    ENGINE.get_or_init(|| OnnxEngine::new(OnnxOptions::default()).unwrap_or_else(|error| panic!("{error}")))
}

/// A checkpoint without tensors.
struct NoWeights;

impl Weights for NoWeights {
    fn get(&self, _: &str) -> Option<WeightView<'_>> {
        None
    }
}

/// Sizes that are symbols in test graphs; every other size is a constant.
const BATCH: usize = 2;
const SEQUENCE: usize = 7;

fn dim(size: usize) -> Dim {
    match size {
        BATCH => Dim::symbol("batch"),
        SEQUENCE => Dim::symbol("sequence"),
        size => size.into(),
    }
}

/// An input of a test graph.
#[derive(Clone, Copy)]
enum Kind {
    Floats,
    /// Below a bound.
    Ints(i64),
    Bools,
}

/// An input's kind and shape.
type Spec<'a> = (Kind, &'a [usize]);

/// The values of input number `seed`; record.py has the same formulas.
fn input(kind: Kind, seed: usize, shape: &[usize]) -> Tensor {
    let elements = 0..shape.iter().product::<usize>();
    match kind {
        Kind::Floats => {
            let values: Vec<f32> = elements.map(|i| (i as f64 * 0.37 + seed as f64).sin() as f32).collect();
            Tensor::new(shape, values)
        }
        Kind::Ints(bound) => {
            Tensor::new(shape, elements.map(|i| (i * 5 + seed) as i64 % bound).collect::<Vec<i64>>())
        }
        Kind::Bools => {
            Tensor::new(shape, elements.map(|i| !(i * 3 + seed).is_multiple_of(4)).collect::<Vec<bool>>())
        }
    }
    .unwrap()
}

/// A graph with inputs `x0`, `x1`, … and one output `y`, and values for the inputs.
fn graph(inputs: &[Spec<'_>], build: impl Fn(&Scope, &[Value]) -> Value) -> (CheckedGraph, Tensors) {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let mut tensors = Tensors::new();
    let mut values = vec![];
    for (seed, (kind, shape)) in inputs.iter().enumerate() {
        let dtype = match kind {
            Kind::Floats => DType::F32,
            Kind::Ints(_) => DType::I64,
            Kind::Bools => DType::Bool,
        };
        let name = format!("x{seed}");
        values.push(g.input(&name, dtype, &shape.iter().copied().map(dim).collect::<Vec<_>>()));
        tensors.insert(name, input(*kind, seed, shape));
    }
    g.output("y", build(&g, &values));
    (builder.finish().unwrap_or_else(|error| panic!("{error}")), tensors)
}

fn load(graph: CheckedGraph) -> Box<dyn Program> {
    engine().load(graph, &NoWeights).unwrap_or_else(|error| panic!("{error}"))
}

fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let close = (found - expected).abs() <= tolerance * (1.0 + expected.abs());
        assert!(close, "{what}, element {index}: expected {expected}, found {found}");
    }
}
