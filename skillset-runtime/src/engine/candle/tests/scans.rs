//! State space models.

use super::{Noise, compare, engine, floats, graph, graph_for, plain, tensors};
use crate::blocks::{CausalConv, SelectiveScan};
use crate::engine::{Engine, Tensors};
use crate::ir::{CheckedGraph, DType, Dim, Request, Unary};
use crate::tensor::Tensor;

/// Sizes of a scan.
#[derive(Clone, Copy)]
struct Sizes {
    length: usize,
    heads: usize,
    groups: usize,
    width: usize,
    size: usize,
}

fn check(sizes: Sizes, diagonal: bool, with_state: bool) {
    let Sizes { length, heads, groups, width, size } = sizes;
    let [h, g_, w, n] = [heads, groups, width, size].map(|number| number.to_string());
    let decays = if diagonal { vec![heads, size] } else { vec![heads] };
    let graph = graph(|g| {
        let x = floats(g, "x", &["b", "s", &h, &w]);
        let step = g.unary(Unary::Abs, floats(g, "step", &["b", "s", &h]));
        let decay = g.input("decay", DType::F32, &decays.iter().copied().map(Dim::from).collect::<Vec<_>>());
        let decay = g.unary(Unary::Neg, g.unary(Unary::Exp, decay));
        let maps = ["input", "output"].map(|name| floats(g, name, &["b", "s", &g_, &n]));
        // A state lies in memory as the scan before left it: with gaps between its rows.
        let before = with_state.then(|| g.slice(floats(g, "state", &["b", &h, &w, "wide"]), 3, 1, size + 1));
        let (y, next) = g.apply_selective_scan(x, step, decay, maps, before);
        g.output("y", y);
        if let Some(next) = next {
            g.output("next", next);
        }
    });
    let mut noise = Noise(3);
    let mut inputs = tensors([
        ("x", noise.floats(&[2, length, heads, width])),
        ("step", noise.floats(&[2, length, heads])),
        ("decay", noise.floats(&decays)),
        ("input", noise.floats(&[2, length, groups, size])),
        ("output", noise.floats(&[2, length, groups, size])),
    ]);
    if with_state {
        inputs.insert("state".into(), noise.floats(&[2, heads, width, size + 3]));
    }
    compare(&graph, &inputs);
}

#[test]
fn scans_agree_with_their_decomposition() {
    let sizes = Sizes { length: 7, heads: 4, groups: 2, width: 3, size: 5 };
    for sizes in [
        sizes,
        Sizes { length: 1, ..sizes },
        Sizes { length: 70, width: 16, size: 33, ..sizes },
        Sizes { heads: 3, groups: 1, width: 1, size: 16, ..sizes },
        Sizes { heads: 2, groups: 2, width: 1, size: 1, ..sizes },
    ] {
        for (diagonal, with_state) in [(false, false), (false, true), (true, false), (true, true)] {
            check(sizes, diagonal, with_state);
        }
    }
}

/// A layer of a state space model.
fn layer(cache: bool) -> CheckedGraph {
    graph_for(&Request { cache, ..Request::default() }, |g| {
        let x = floats(g, "x", &["batch", "sequence", "6"]);
        let x = CausalConv { cache: Some(0), ..CausalConv::new(x, 4) }.build(&g.at("conv1d"));
        let (dt, map) = (g.slice(x, 2, 0, 3), g.slice(x, 2, 0, 5));
        let scan =
            SelectiveScan { cache: Some(0), dt_bias: true, ..SelectiveScan::new(x, dt, map, map, 3, 5) };
        g.output("y", scan.build(g));
    })
}

fn positions(rows: &[usize], from: usize, to: usize) -> Tensors {
    let all = Noise(21).floats(&[3, 9, 6]);
    let row = |&row: &usize| all.as_f32().unwrap()[(row * 9 + from) * 6..(row * 9 + to) * 6].to_vec();
    let values: Vec<f32> = rows.iter().flat_map(row).collect();
    tensors([("x", Tensor::new([rows.len(), to - from, 6], values).unwrap())])
}

/// The last position of each row.
fn last(outputs: &Tensors) -> Vec<f32> {
    let y = &outputs["y"];
    let row = y.shape()[1] * 6;
    y.as_f32().unwrap().chunks(row).flat_map(|positions| &positions[row - 6..]).copied().collect()
}

fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "expected {expected}, found {found}");
    }
}

#[test]
fn recurrent_states_go_on_from_step_to_step() {
    let weights = Noise(5).weights(&layer(false));
    for engine in [engine(), plain()] {
        let whole = engine.load(layer(false), &weights).unwrap();
        let program = engine.load(layer(true), &weights).unwrap();
        // Steps shorter and longer than the convolution, which may begin before the first position.
        let mut session = program.session(2, 9).unwrap();
        for (from, to) in [(0, 1), (1, 3), (3, 4), (4, 9)] {
            let found = session.step(&positions(&[0, 1], from, to)).unwrap();
            assert_eq!(session.past(), to);
            assert_near(&last(&found), &last(&whole.run(&positions(&[0, 1], 0, to)).unwrap()));
        }
        let error = session.step(&positions(&[0, 1], 0, 1)).unwrap_err().to_string();
        assert_eq!(error, "test: input \"x\": the session holds 9 positions, found 10");
    }
}

#[test]
fn recurrent_states_are_reordered() {
    let weights = Noise(5).weights(&layer(false));
    let program = engine().load(layer(true), &weights).unwrap();
    let mut session = program.session(3, 9).unwrap();
    session.step(&positions(&[0, 1, 2], 0, 5)).unwrap();
    session.reorder(&[2, 0]).unwrap();
    let found = session.step(&positions(&[2, 0], 5, 6)).unwrap();
    let whole = engine().load(layer(false), &weights).unwrap();
    assert_near(&last(&found), &last(&whole.run(&positions(&[2, 0], 0, 6)).unwrap()));
}
