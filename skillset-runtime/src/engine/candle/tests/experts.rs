//! Mixtures of experts.

use super::{Noise, compare, dims, engine, floats, graph, tensors};
use crate::engine::Engine;
use crate::ir::{Activation, CheckedGraph, DType, Experts, Scope, Value};
use crate::tensor::Tensor;

const EXPERTS: usize = 5;
const WIDTH: usize = 12;
const HIDDEN: usize = 7;

/// Experts of rows that are routed by inputs; `weights` makes gate, up and down.
fn experts(chosen: usize, weights: impl Fn(&Scope<'_>) -> [Value; 3]) -> CheckedGraph {
    let chosen = chosen.to_string();
    graph(|g| {
        let x = floats(g, "x", &["b", "s", &WIDTH.to_string()]);
        let indices = g.input("indices", DType::I64, &dims(&["b", "s", &chosen]));
        let shares = floats(g, "weights", &["b", "s", &chosen]);
        let silu = Experts { activation: Activation::Silu };
        g.output("y", g.apply_experts(silu, x, [indices, shares], weights(g)));
    })
}

/// A tensor an expert, as checkpoints have them.
fn stacked(g: &Scope<'_>) -> [Value; 3] {
    let stack = |name: &str, [out, inner]: [usize; 2]| g.stacked_param(name, &[EXPERTS, out, inner]);
    [
        stack("*.gate.weight", [HIDDEN, WIDTH]),
        stack("*.up.weight", [HIDDEN, WIDTH]),
        stack("*.down.weight", [WIDTH, HIDDEN]),
    ]
}

fn check(graph: &CheckedGraph, [batch, sequence]: [usize; 2], chosen: &[i64]) {
    let mut noise = Noise(3);
    let count = batch * sequence * chosen.len();
    let indices: Vec<i64> = (0..count)
        .map(|at| (chosen[at % chosen.len()] + (at / chosen.len()) as i64) % EXPERTS as i64)
        .collect();
    let shape = [batch, sequence, chosen.len()];
    let inputs = tensors([
        ("x", noise.floats(&[batch, sequence, WIDTH])),
        ("indices", Tensor::new(shape, indices).unwrap()),
        ("weights", noise.floats(&shape)),
    ]);
    compare(graph, &inputs);
}

#[test]
fn experts_agree_with_their_decomposition() {
    check(&experts(2, stacked), [1, 1], &[3, 1]);
    check(&experts(2, stacked), [2, 9], &[3, 1]);
    check(&experts(1, stacked), [3, 40], &[4]);
    check(&experts(EXPERTS, stacked), [1, 3], &[0, 1, 2, 3, 4]);
}

#[test]
fn experts_of_one_tensor_agree() {
    let fused = |g: &Scope<'_>| {
        let both = g.param("gate_up", &[EXPERTS, 2 * HIDDEN, WIDTH]);
        let [gate, up] = [g.slice(both, 1, 0, HIDDEN), g.slice(both, 1, HIDDEN, 2 * HIDDEN)];
        [gate, up, g.param("down", &[EXPERTS, WIDTH, HIDDEN])]
    };
    check(&experts(2, fused), [2, 9], &[3, 1]);
}

#[test]
fn an_expert_that_there_is_not_is_refused() {
    let graph = experts(1, stacked);
    let inputs = tensors([
        ("x", Noise(3).floats(&[1, 2, WIDTH])),
        ("indices", Tensor::new([1, 2, 1], vec![0, 5]).unwrap()),
        ("weights", Noise(4).floats(&[1, 2, 1])),
    ]);
    let program = engine().load(graph.clone(), &Noise(7).weights(&graph)).unwrap();
    let error = program.run(&inputs).unwrap_err().to_string();
    assert!(error.ends_with("row 1 chose expert 5 of 5"), "{error}");
}
