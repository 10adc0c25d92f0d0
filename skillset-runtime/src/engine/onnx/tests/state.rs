//! Graphs with caches, and programs shared by threads.

use super::Kind::Floats;
use super::{BATCH, SEQUENCE, assert_close, graph, input, load};
use crate::engine::onnx::{Caches, WriteOptions, write_model};
use crate::engine::{Program, Tensors};
use crate::ir::{Attention, Builder, CheckedGraph, DType, Dim, Literal, Request};
use crate::tensor::Tensor;

/// Heads whose caches can be written in place, and heads whose caches cannot.
const WIDTHS: [usize; 2] = [8, 4];

/// Causal self-attention of one head; with a cache, of what came before too.
pub(super) fn decoder(cache: bool, width: usize) -> CheckedGraph {
    let builder = Builder::new("decoder", &Request { cache, ..Request::default() });
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), Dim::symbol("sequence"), width.into()]);
    let x = g.unsqueeze(x, 1);
    let (key, value) = (g.cached(0, "key", g.mul(x, 2.0)), g.cached(0, "value", g.tanh(x)));
    let attention =
        Attention { scale: 1.0, causal: true, window: None, softcap: None, bias: false, key_mask: false };
    g.output("y", g.apply_attention(attention, [x, key, value], None, None));
    builder.finish().unwrap()
}

/// Attention with all that it can have: two query heads to a key head, a window, limited scores, an additive
/// bias and padding.
fn elaborate(cache: bool) -> CheckedGraph {
    let builder = Builder::new("elaborate", &Request { cache, ..Request::default() });
    let g = builder.root();
    let (batch, sequence) = (Dim::symbol("batch"), Dim::symbol("sequence"));
    let keys = g.past() + sequence.clone();
    let x = g.input("x", DType::F32, &[batch.clone(), sequence.clone(), 16.into()]);
    let bias = g.input("bias", DType::F32, &[batch.clone(), sequence.clone(), keys.clone()]);
    let mask = g.input("mask", DType::Bool, &[batch.clone(), keys]);
    let kv = g.unsqueeze(g.slice(x, 2, 0, 8), 1);
    let split = [batch, sequence, 2.into(), 8.into()];
    let query = g.transpose(g.reshape(x, &split), &[0, 2, 1, 3]);
    let (key, value) = (g.cached(0, "key", g.mul(kv, 2.0)), g.cached(0, "value", g.tanh(kv)));
    let attention = Attention {
        scale: 0.5,
        causal: true,
        window: Some(3),
        softcap: Some(1.5),
        bias: true,
        key_mask: true,
    };
    let bias = g.unsqueeze(bias, 1);
    g.output("y", g.apply_attention(attention, [query, key, value], Some(bias), Some(mask)));
    builder.finish().unwrap()
}

/// Positions `from..to` of the input, of the first `rows` rows.
fn positions(rows: usize, width: usize, from: usize, to: usize) -> Tensors {
    let all = input(Floats, 0, &[BATCH, SEQUENCE, width]);
    let taken = all.as_f32().unwrap().chunks(SEQUENCE * width).take(rows);
    let values: Vec<f32> = taken.flat_map(|row| &row[from * width..to * width]).copied().collect();
    Tensors::from([("x".to_owned(), Tensor::new([rows, to - from, width], values).unwrap())])
}

/// What [`elaborate`] takes for positions `from..to`: the first key of row 1 is padding.
fn elaborate_positions(from: usize, to: usize) -> Tensors {
    let bias = input(Floats, 1, &[BATCH, SEQUENCE, SEQUENCE]);
    let rows = bias.as_f32().unwrap().chunks(SEQUENCE * SEQUENCE);
    let row = |row: &[f32]| {
        row.chunks(SEQUENCE).take(to).skip(from).flat_map(|keys| keys[..to].to_vec()).collect::<Vec<_>>()
    };
    let bias = Tensor::new([BATCH, to - from, to], rows.flat_map(row).collect::<Vec<_>>()).unwrap();
    let mask: Vec<bool> = (0..BATCH * to).map(|index| index != to).collect();
    let mask = Tensor::new([BATCH, to], mask).unwrap();
    let mut inputs = positions(BATCH, 16, from, to);
    inputs.extend([("bias".to_owned(), bias), ("mask".to_owned(), mask)]);
    inputs
}

/// The last position of each row and head.
fn last(outputs: &Tensors) -> Vec<f32> {
    let y = &outputs["y"];
    let (length, width) = (y.shape()[2], y.shape()[3]);
    y.as_f32()
        .unwrap()
        .chunks(length * width)
        .flat_map(|head| &head[(length - 1) * width..])
        .copied()
        .collect()
}

#[test]
fn steps_continue_what_came_before() {
    for width in WIDTHS {
        let (whole, cached) = (load(decoder(false, width)), load(decoder(true, width)));
        let all = positions(BATCH, width, 0, SEQUENCE);
        let expected = last(&whole.run(&all).unwrap());
        assert_close("fresh state", &last(&cached.run(&all).unwrap()), &expected, 1e-6);

        let mut session = cached.session(BATCH, SEQUENCE).unwrap();
        session.step(&positions(BATCH, width, 0, 5)).unwrap();
        assert_eq!(session.past(), 5);
        session.step(&positions(BATCH, width, 5, 6)).unwrap();
        let outputs = session.step(&positions(BATCH, width, 6, 7)).unwrap();
        assert_eq!(session.past(), SEQUENCE);
        assert_close("steps", &last(&outputs), &expected, 1e-6);

        let error = session.step(&positions(BATCH, width, 0, 1)).unwrap_err().to_string();
        assert!(error.contains("holds 7 positions, 8 would come together"), "{error}");
        assert_eq!(session.past(), SEQUENCE, "a refused step changes nothing");
    }
}

/// A state space model of one state a row, and positions, which only a further input can tell.
fn recurrent(cache: bool) -> CheckedGraph {
    let builder = Builder::new("recurrent", &Request { cache, ..Request::default() });
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), Dim::symbol("sequence"), 4.into()]);
    let shape = [Dim::symbol("batch"), 4.into(), 1.into(), 4.into()];
    let state = g.kept(0, "ssm", &shape);
    let cells = [g.unsqueeze(x, 3), g.unsqueeze(x, 2)];
    let decay = g.constant(Literal::vector(&[-0.1, -0.2, -0.3, -0.4]));
    let (y, next) = g.apply_selective_scan(cells[0], g.softplus(x), decay, [cells[1]; 2], state);
    if let (Some(state), Some(next)) = (state, next) {
        g.leave(state, next);
    }
    // [batch, sequence, 4]; the position of the first one is added.
    let y = g.squeeze(g.transpose(y, &[0, 3, 1, 2]), 3);
    let positions = g.to_float(g.iota(g.past(), Dim::symbol("sequence")));
    g.output("y", g.unsqueeze(g.add(y, g.unsqueeze(positions, 1)), 1));
    builder.finish().unwrap()
}

#[test]
fn recurrent_states_go_on_and_count_positions() {
    let (whole, cached) = (load(recurrent(false)), load(recurrent(true)));
    let all = positions(BATCH, 4, 0, SEQUENCE);
    let expected = last(&whole.run(&all).unwrap());
    assert_close("fresh state", &last(&cached.run(&all).unwrap()), &expected, 1e-5);

    let mut session = cached.session(BATCH, SEQUENCE).unwrap();
    session.step(&positions(BATCH, 4, 0, 4)).unwrap();
    session.step(&positions(BATCH, 4, 4, 5)).unwrap();
    assert_eq!(session.past(), 5);
    let outputs = session.step(&positions(BATCH, 4, 5, SEQUENCE)).unwrap();
    assert_eq!(session.past(), SEQUENCE);
    assert_close("steps", &last(&outputs), &expected, 1e-5);
    let error = session.step(&positions(BATCH, 4, 0, 1)).unwrap_err().to_string();
    assert!(error.contains("holds 7 positions, 8 would come together"), "{error}");

    session.reorder(&[1, 1]).unwrap();
    assert_eq!(session.past(), SEQUENCE);
}

#[test]
fn a_row_may_go_on_by_several_positions() {
    for width in WIDTHS {
        let cached = load(decoder(true, width));
        let expected = last(&cached.run(&positions(1, width, 0, SEQUENCE)).unwrap());
        let mut session = cached.session(1, SEQUENCE).unwrap();
        session.step(&positions(1, width, 0, 2)).unwrap();
        let outputs = session.step(&positions(1, width, 2, SEQUENCE)).unwrap();
        assert_close("steps", &last(&outputs), &expected, 1e-6);
    }
    let cached = load(decoder(true, WIDTHS[0]));
    let mut session = cached.session(BATCH, SEQUENCE).unwrap();
    session.step(&positions(BATCH, WIDTHS[0], 0, 2)).unwrap();
    let error = session.step(&positions(BATCH, WIDTHS[0], 2, 4)).unwrap_err().to_string();
    assert!(error.contains("for one row only, the session has 2; step one position at a time"), "{error}");
    session.step(&positions(BATCH, WIDTHS[0], 2, 3)).unwrap();
}

#[test]
fn attention_over_a_cache_is_attention_over_everything() {
    let (whole, cached) = (load(elaborate(false)), load(elaborate(true)));
    let mut session = cached.session(BATCH, SEQUENCE + 2).unwrap();
    for (from, to) in [(0, 4), (4, 5), (5, 6), (6, 7)] {
        let found = last(&session.step(&elaborate_positions(from, to)).unwrap());
        let expected = last(&whole.run(&elaborate_positions(0, to)).unwrap());
        assert_close(&format!("positions {from}..{to}"), &found, &expected, 1e-6);
    }
}

#[test]
fn only_caches_that_attention_alone_reads_are_written_in_place() {
    let in_place = |graph: &CheckedGraph| {
        let options = WriteOptions { caches: Caches::InPlace, ..WriteOptions::default() };
        write_model(graph, &super::NoWeights, &options).unwrap().in_place().to_vec()
    };
    assert_eq!(in_place(&decoder(true, 8)), [true, true]);
    assert_eq!(in_place(&decoder(true, 4)), [false, false], "the operator takes widths in eights");
    let builder = Builder::new("shared", &Request { cache: true, ..Request::default() });
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 1.into(), Dim::symbol("sequence"), 8.into()]);
    let (key, value) = (g.cached(0, "key", x), g.cached(0, "value", x));
    let attention =
        Attention { scale: 1.0, causal: true, window: None, softcap: None, bias: false, key_mask: false };
    g.output("y", g.apply_attention(attention, [x, key, value], None, None));
    g.output("keys", g.tanh(key));
    assert_eq!(in_place(&builder.finish().unwrap()), [false, false]);
}

#[test]
fn rows_are_reordered() {
    for width in WIDTHS {
        let program = load(decoder(true, width));
        let mut session = program.session(BATCH, SEQUENCE).unwrap();
        session.step(&positions(BATCH, width, 0, 3)).unwrap();
        session.reorder(&[1, 1]).unwrap();
        let next = positions(BATCH, width, 3, 4);
        let row = next["x"].as_f32().unwrap()[..width].to_vec();
        let both = Tensor::new([BATCH, 1, width], [row.clone(), row].concat()).unwrap();
        let outputs = session.step(&Tensors::from([("x".to_owned(), both)])).unwrap();
        let y = last(&outputs);
        assert_eq!(y[..width], y[width..], "both rows continue row 1");
        assert!(session.reorder(&[2]).is_err());
        session.reorder(&[0]).unwrap();
        let error = session.step(&positions(BATCH, width, 4, 5)).unwrap_err().to_string();
        assert!(error.contains("started for 1 rows"), "{error}");
    }
}

#[test]
fn threads_share_a_program() {
    let (graph, tensors) = graph(&[(Floats, &[BATCH, SEQUENCE])], |g, x| g.mul(x[0], x[0]));
    let program: Box<dyn Program> = load(graph);
    let expected = program.run(&tensors).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(program.run(&tensors).unwrap(), expected));
        }
    });
}

#[test]
fn outputs_that_are_inputs_or_equal_are_passed_on() {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch")]);
    let (twice, again) = (g.add(x, x), g.add(x, x));
    g.output("same", x);
    g.output("twice", twice);
    g.output("again", again);
    let x = Tensor::new([2], vec![1.0f32, -2.0]).unwrap();
    let program = load(builder.finish().unwrap());
    let outputs = program.run(&Tensors::from([("x".to_owned(), x.clone())])).unwrap();
    assert_eq!(outputs["same"], x);
    assert_eq!(outputs["twice"].as_f32(), Some(&[2.0, -4.0][..]));
    assert_eq!(outputs["again"], outputs["twice"]);
}

#[test]
fn a_missing_input_is_named() {
    let program = load(decoder(false, 4));
    let error = program.run(&Tensors::new()).unwrap_err().to_string();
    assert_eq!(error, "decoder: input \"x\": it is missing");
}
