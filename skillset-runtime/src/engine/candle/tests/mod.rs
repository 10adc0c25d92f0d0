//! The engine against itself: fused kernels and rewritten graphs must give what the decomposition
//! into primitives gives by candle's own operations.

mod composites;
mod convolutions;
mod experts;
mod failures;
mod images;
mod network;
mod primitives;
mod reuse;
mod scans;
mod sessions;

use std::collections::BTreeMap;

use super::{CandleDevice, CandleEngine, CandleOptions};
use crate::engine::{Engine, Tensors};
use crate::ir::{Builder, CheckedGraph, DType, Dim, Request, Scope, Value};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

/// Parameters in memory.
#[derive(Default)]
struct Memory(BTreeMap<String, (Vec<usize>, Vec<u8>)>);

impl Weights for Memory {
    fn get(&self, param: &str) -> Option<WeightView<'_>> {
        let (name, (shape, bytes)) = self.0.get_key_value(param)?;
        Some(WeightView { name, dtype: DType::F32, shape, bytes, file: None })
    }
}

/// Numbers in −1..1 from a linear congruential generator.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn floats(&mut self, shape: &[usize]) -> Tensor {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.next()).collect();
        Tensor::new(shape, values).unwrap()
    }

    /// A parameter for everything that `graph` declares.
    fn weights(&mut self, graph: &CheckedGraph) -> Memory {
        let mut memory = BTreeMap::new();
        for param in &graph.params {
            for (name, shape) in param.tensors() {
                let values = self.floats(shape);
                let bytes = values.as_f32().unwrap().iter().flat_map(|value| value.to_le_bytes()).collect();
                memory.insert(name, (shape.to_vec(), bytes));
            }
        }
        Memory(memory)
    }
}

fn engine() -> CandleEngine {
    CandleEngine::new(CandleDevice::Cpu).unwrap()
}

/// The reference: nothing fused, nothing rewritten.
fn plain() -> CandleEngine {
    let options = CandleOptions { kernels: false, passes: false, ..CandleOptions::default() };
    CandleEngine::with_options(CandleDevice::Cpu, options).unwrap()
}

/// Builds a graph in one scope.
fn graph(build: impl FnOnce(&Scope<'_>)) -> CheckedGraph {
    graph_for(&Request::default(), build)
}

fn graph_for(request: &Request, build: impl FnOnce(&Scope<'_>)) -> CheckedGraph {
    let builder = Builder::new("test", request);
    build(&builder.root());
    builder.finish().unwrap()
}

fn floats(g: &Scope<'_>, name: &str, shape: &[&str]) -> Value {
    g.input(name, DType::F32, &dims(shape))
}

/// Numbers stay numbers, everything else is a symbol.
fn dims(shape: &[&str]) -> Vec<Dim> {
    let dim = |text: &&str| text.parse::<usize>().map_or_else(|_| Dim::symbol(text), Dim::from);
    shape.iter().map(dim).collect()
}

fn tensors<const N: usize>(inputs: [(&str, Tensor); N]) -> Tensors {
    inputs.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect()
}

/// Runs `graph` both ways and compares every output.
fn compare(graph: &CheckedGraph, inputs: &Tensors) {
    let weights = Noise(7).weights(graph);
    let fused = engine().load(graph.clone(), &weights).unwrap().run(inputs).unwrap();
    let expected = plain().load(graph.clone(), &weights).unwrap().run(inputs).unwrap();
    assert_close(&fused, &expected);
}

fn assert_close(found: &Tensors, expected: &Tensors) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, expected) in expected {
        let found = &found[name];
        assert_eq!(found.shape(), expected.shape(), "{name}");
        let (Some(found), Some(expected)) = (found.as_f32(), expected.as_f32()) else {
            assert_eq!(found, expected, "{name}");
            continue;
        };
        for (at, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let close = found == expected
                || (found.is_nan() && expected.is_nan())
                || (found - expected).abs() <= 3e-5 + 1e-5 * expected.abs();
            assert!(close, "{name}[{at}]: expected {expected}, found {found}");
        }
    }
}
