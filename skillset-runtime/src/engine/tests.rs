//! What every engine does with held inputs.

use super::candle::{CandleDevice, CandleEngine};
use super::onnx::{OnnxEngine, OnnxOptions};
use super::{Engine, Program, Tensors};
use crate::ir::{Attention, Builder, CheckedGraph, DType, Dim, Request, Scope, Value, pass};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

/// A checkpoint without tensors.
struct NoWeights;

impl Weights for NoWeights {
    fn get(&self, _: &str) -> Option<WeightView<'_>> {
        None
    }
}

fn engines() -> [Box<dyn Engine>; 2] {
    let onnx = OnnxEngine::new(OnnxOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    [Box::new(CandleEngine::new(CandleDevice::Cpu).unwrap()), Box::new(onnx)]
}

fn attend(g: &Scope<'_>, query: Value, [key, value]: [Value; 2], mask: Option<Value>) -> Value {
    let attention =
        Attention { scale: 1.0, causal: false, window: None, softcap: None, bias: false, key_mask: false };
    g.apply_attention(attention, [query, key, value], None, mask)
}

/// An encoder of one line, and a decoder that attends to itself and to it.
fn graph(cache: bool) -> CheckedGraph {
    let held = vec!["memory".to_owned(), "memory_mask".to_owned()];
    let builder = Builder::new("attending", &Request { cache, held, ..Request::default() });
    let g = builder.root();
    let (batch, source) = (Dim::symbol("batch"), Dim::symbol("source"));
    let memory = g.input("memory", DType::F32, &[batch.clone(), source.clone(), 8.into()]);
    let mask = g.input("memory_mask", DType::I64, &[batch.clone(), source.clone()]);
    let x = g.input("x", DType::F32, &[batch, Dim::symbol("sequence"), 8.into()]);
    let encoded = g.add(g.tanh(memory), g.unsqueeze(g.to_float(g.iota(0, source)), 1));
    let encoded = g.unsqueeze(encoded, 1);
    let x = g.unsqueeze(x, 1);
    let own = [g.cached(0, "key", g.mul(x, 2.0)), g.cached(0, "value", g.tanh(x))];
    let y = g.add(x, attend(&g, x, own, None));
    let mask = g.equal(mask, 1.0);
    g.output("y", attend(&g, y, [g.mul(encoded, 0.5), encoded], Some(mask)));
    builder.finish().unwrap()
}

fn floats(seed: usize, shape: [usize; 3]) -> Tensor {
    let values: Vec<f32> =
        (0..shape.iter().product()).map(|i| ((i + 7 * seed) as f32 * 0.37).sin()).collect();
    Tensor::new(shape, values).unwrap()
}

/// What row `row` of every test is given, with the tokens `0..length`.
fn row(row: usize, length: usize) -> Tensors {
    let mask = Tensor::new([1, 4], vec![1i64, 1, 1, (row % 2) as i64]).unwrap();
    Tensors::from([
        ("memory".to_owned(), floats(row, [1, 4, 8])),
        ("memory_mask".to_owned(), mask),
        ("x".to_owned(), floats(10 + row, [1, length, 8])),
    ])
}

/// The same of several rows, with the tokens `from..to`.
fn rows(rows: &[usize], from: usize, to: usize) -> Tensors {
    let all: Vec<Tensors> = rows.iter().map(|&of| row(of, to)).collect();
    let join = |name: &str, skipped: usize| {
        let mut shape = all[0][name].shape().to_vec();
        (shape[0], shape[1]) = (rows.len(), shape[1] - skipped);
        let width: usize = shape[2..].iter().product();
        match all[0][name].as_i64() {
            Some(_) => {
                let values: Vec<i64> =
                    all.iter().flat_map(|row| row[name].as_i64().unwrap()).copied().collect();
                Tensor::new(shape, values).unwrap()
            }
            None => {
                let values: Vec<f32> = all
                    .iter()
                    .flat_map(|row| &row[name].as_f32().unwrap()[skipped * width..])
                    .copied()
                    .collect();
                Tensor::new(shape, values).unwrap()
            }
        }
    };
    let skipped = |name: &str| if name == "x" { from } else { 0 };
    ["memory", "memory_mask", "x"].map(|name| (name.to_owned(), join(name, skipped(name)))).into()
}

fn only_tokens(mut inputs: Tensors) -> Tensors {
    inputs.retain(|name, _| name == "x");
    inputs
}

/// That the last position of each row is what one run of that row alone gives.
fn assert_last(whole: &dyn Program, found: &Tensors, of: &[usize], length: usize) {
    let found = found["y"].as_f32().unwrap();
    let each = found.len() / of.len();
    for (place, &of) in of.iter().enumerate() {
        let expected = whole.run(&row(of, length)).unwrap();
        let expected = expected["y"].as_f32().unwrap();
        let (found, expected) = (&found[(place + 1) * each - 8..][..8], &expected[expected.len() - 8..]);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "row {of}: expected {expected}, found {found}");
        }
    }
}

#[test]
fn held_inputs_count_in_the_first_step_only() {
    for engine in engines() {
        let [whole, cached] = [false, true].map(|cache| engine.load(graph(cache), &NoWeights).unwrap());
        assert!(cached.signature().inputs.iter().any(|input| input.held));
        assert_last(&*whole, &cached.run(&rows(&[0, 1], 0, 2)).unwrap(), &[0, 1], 2);

        let mut session = cached.session(2, 8).unwrap();
        let error = session.step(&only_tokens(rows(&[0, 1], 0, 2))).unwrap_err().to_string();
        assert_eq!(error, "attending: input \"memory\": it is missing");
        session.step(&rows(&[0, 1], 0, 2)).unwrap();
        let found = session.step(&only_tokens(rows(&[0, 1], 2, 3))).unwrap();
        assert_last(&*whole, &found, &[0, 1], 3);
        // What is given again is not looked at.
        let mut again = rows(&[0, 1], 3, 4);
        again.insert("memory".to_owned(), floats(99, [2, 4, 8]));
        assert_last(&*whole, &session.step(&again).unwrap(), &[0, 1], 4);
    }
}

#[test]
fn what_is_held_is_reordered_with_the_rows() {
    for engine in engines() {
        let [whole, cached] = [false, true].map(|cache| engine.load(graph(cache), &NoWeights).unwrap());
        let mut session = cached.session(2, 8).unwrap();
        session.step(&rows(&[0, 1], 0, 2)).unwrap();
        session.reorder(&[1, 0, 1]).unwrap();
        let found = session.step(&only_tokens(rows(&[1, 0, 1], 2, 3))).unwrap();
        assert_last(&*whole, &found, &[1, 0, 1], 3);
        session.reorder(&[2]).unwrap();
        assert_last(&*whole, &session.step(&only_tokens(rows(&[1], 3, 4))).unwrap(), &[1], 4);
    }
}

#[test]
fn a_split_graph_computes_keys_and_values_apart_from_steps() {
    let graph = graph(true);
    let held = pass::held(&graph);
    let (first, rest) = pass::split_held(&graph, &held).unwrap();
    let names = |graph: &CheckedGraph| {
        let inputs = graph.inputs.iter().map(|input| format!("{}: {}", input.name, input.fact));
        inputs.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(names(&first), "memory: f32[batch, source, 8], memory_mask: i64[batch, source]");
    assert!(first.states.is_empty());
    assert_eq!(
        names(&rest),
        "x: f32[batch, sequence, 8], held.0: f32[batch, 1, source, 8], held.1: bool[batch, source], \
         held.2: f32[batch, 1, source, 8]"
    );
    assert_eq!((rest.states.len(), &*rest.outputs[0].name), (2, "y"));
}
