//! Linear layers, norms and convolutions.

use super::{Memory, Noise, assert_close, compare, dims, engine, floats, graph, plain, tensors};
use crate::engine::Engine;
use crate::ir::{Activation, CheckedGraph, DType, GroupNorm, Linear};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

fn layers(transposed: bool) -> CheckedGraph {
    graph(|g| {
        let x = floats(g, "x", &["n", "13"]);
        let (up, down) = if transposed { ([13, 37], [37, 5]) } else { ([37, 13], [5, 37]) };
        let linear = Linear { transposed, activation: None };
        let bias = g.param("up.bias", &[37]);
        let inner = g.apply_linear(linear.clone(), x, g.param("up.weight", &up), Some(bias));
        let active = g.activation(inner, Activation::Gelu);
        g.output("y", g.apply_linear(linear, active, g.param("down.weight", &down), None));
    })
}

#[test]
fn linear_layers_agree_with_candle() {
    for rows in [1, 2, 7, 64, 131] {
        for transposed in [false, true] {
            compare(&layers(transposed), &tensors([("x", Noise(5).floats(&[rows, 13]))]));
        }
    }
}

#[test]
fn a_shared_weight_and_a_computed_weight_agree_with_candle() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "6"]);
        let ids = g.input("ids", DType::I64, &dims(&["n"]));
        let table = g.param("table", &[11, 6]);
        let found = g.gather(table, 0, ids);
        let sum = g.add(found, x);
        g.output("logits", g.apply_linear(Linear::default(), sum, table, None));
        g.output("again", g.apply_linear(Linear::default(), x, table, None));
        let computed = g.add(table, g.mean(x, 0));
        g.output("computed", g.apply_linear(Linear::default(), x, computed, None));
        let doubled = g.mul(table, 2.0);
        g.output("folded", g.apply_linear(Linear::default(), x, doubled, None));
        g.output("parameter", table);
    });
    let ids = Tensor::new([3], vec![10i64, 0, 4]).unwrap();
    compare(&graph, &tensors([("x", Noise(6).floats(&[3, 6])), ("ids", ids)]));
}

#[test]
fn a_table_that_is_also_a_weight_is_multiplied_in_place() {
    for (rows, width) in [(1, 300), (2, 5), (16, 17), (33, 513)] {
        let graph = graph(|g| {
            let x = floats(g, "x", &["n", &width.to_string()]);
            let (table, bias) = (g.param("table", &[131, width]), g.param("bias", &[131]));
            g.output("logits", g.apply_linear(Linear::default(), x, table, Some(bias)));
            g.output("table", table);
        });
        compare(&graph, &tensors([("x", Noise(10).floats(&[rows, width]))]));
    }
}

/// A checkpoint whose every parameter is its first one.
struct Tied(Memory);

impl Weights for Tied {
    fn get(&self, _param: &str) -> Option<WeightView<'_>> {
        let first = self.0.0.keys().next()?;
        self.0.get(first)
    }
}

#[test]
fn tied_parameters_agree_with_candle() {
    let graph = graph(|g| {
        let ids = g.input("ids", DType::I64, &dims(&["n"]));
        let found = g.gather(g.param("embed", &[11, 6]), 0, ids);
        let head = g.tied_param("head", &[11, 6], "embed");
        g.output("logits", g.apply_linear(Linear::default(), found, head, None));
    });
    let weights = Tied(Noise(14).weights(&graph));
    let inputs = tensors([("ids", Tensor::new([3], vec![10i64, 0, 4]).unwrap())]);
    let [found, expected] =
        [engine(), plain()].map(|engine| engine.load(graph.clone(), &weights).unwrap().run(&inputs).unwrap());
    assert_close(&found, &expected);
}

#[test]
fn norms_agree_with_candle() {
    for width in [1, 3, 31, 768] {
        let graph = graph(|g| {
            let x = floats(g, "x", &["n", "3", &width.to_string()]);
            let (weight, bias) = (g.param("weight", &[width]), g.param("bias", &[width]));
            g.output("layer", g.apply_layer_norm(x, Some(weight), Some(bias), 1e-5));
            g.output("bare layer", g.apply_layer_norm(x, None, None, 1e-5));
            g.output("rms", g.apply_rms_norm(g.transpose(x, &[1, 0, 2]), Some(weight), 1e-6));
            g.output("bare rms", g.apply_rms_norm(x, None, 1e-6));
        });
        compare(&graph, &tensors([("x", Noise(8).floats(&[5, 3, width]))]));
    }
}

#[test]
fn a_norm_is_exact_far_from_zero() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "256"]);
        g.output("layer", g.apply_layer_norm(x, None, None, 1e-5));
    });
    let values: Vec<f32> = (0..256).map(|at| 10_000.0 + (at % 2) as f32).collect();
    let program = engine().load(graph, &Memory::default()).unwrap();
    let outputs = program.run(&tensors([("x", Tensor::new([1, 256], values).unwrap())])).unwrap();
    let expected = 1.0 / (1.0f32 + 4e-5).sqrt();
    for value in outputs["layer"].as_f32().unwrap() {
        assert!((value.abs() - expected).abs() < 1e-4, "{value}");
    }
}

#[test]
fn group_norms_agree_with_candle() {
    for (channels, groups) in [(6, 6), (6, 2), (6, 1), (48, 16)] {
        let graph = graph(|g| {
            let norm = GroupNorm { groups, eps: 1e-5 };
            let x = floats(g, "x", &["n", &channels.to_string(), "h", "w"]);
            let (weight, bias) = (g.param("weight", &[channels]), g.param("bias", &[channels]));
            g.output("first", g.apply_group_norm(norm.clone(), x, weight, bias));
            let last = floats(g, "last", &["n", "h", "w", &channels.to_string()]);
            let last = g.transpose(last, &[0, 3, 1, 2]);
            g.output("last", g.apply_group_norm(norm, last, weight, bias));
        });
        let x = Noise(8).floats(&[2, channels, 11, 13]);
        compare(&graph, &tensors([("x", x), ("last", Noise(9).floats(&[2, 11, 13, channels]))]));
    }
}
