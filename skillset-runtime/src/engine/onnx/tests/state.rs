//! Graphs with caches, and programs shared by threads.

use super::Kind::Floats;
use super::{BATCH, SEQUENCE, assert_close, graph, input, load};
use crate::engine::{Program, Tensors};
use crate::ir::{Attention, Builder, CheckedGraph, DType, Dim, Request};
use crate::tensor::Tensor;

const WIDTH: usize = 4;

/// Causal self-attention of one head; with a cache, of what came before too.
pub(super) fn decoder(cache: bool) -> CheckedGraph {
    let builder = Builder::new("decoder", &Request { cache, ..Request::default() });
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), Dim::symbol("sequence"), WIDTH.into()]);
    let x = g.unsqueeze(x, 1);
    let (key, value) = (g.cached(0, "key", g.mul(x, 2.0)), g.cached(0, "value", g.tanh(x)));
    let attention =
        Attention { scale: 1.0, causal: true, window: None, softcap: None, bias: false, key_mask: false };
    g.output("y", g.apply_attention(attention, [x, key, value], None, None));
    builder.finish().unwrap()
}

/// Positions `from..to` of the input, of both rows.
fn positions(from: usize, to: usize) -> Tensors {
    let all = input(Floats, 0, &[BATCH, SEQUENCE, WIDTH]);
    let rows = all.as_f32().unwrap().chunks(SEQUENCE * WIDTH);
    let values: Vec<f32> = rows.flat_map(|row| &row[from * WIDTH..to * WIDTH]).copied().collect();
    Tensors::from([("x".to_owned(), Tensor::new([BATCH, to - from, WIDTH], values).unwrap())])
}

/// The last position of each row.
fn last(outputs: &Tensors) -> Vec<f32> {
    let y = &outputs["y"];
    let row = y.shape()[2] * WIDTH;
    y.as_f32().unwrap().chunks(row).flat_map(|row| &row[row.len() - WIDTH..]).copied().collect()
}

#[test]
fn steps_continue_what_came_before() {
    let (whole, cached) = (load(decoder(false)), load(decoder(true)));
    let expected = last(&whole.run(&positions(0, SEQUENCE)).unwrap());
    assert_close("fresh state", &last(&cached.run(&positions(0, SEQUENCE)).unwrap()), &expected, 1e-6);

    let mut session = cached.session(BATCH, SEQUENCE).unwrap();
    session.step(&positions(0, 4)).unwrap();
    assert_eq!(session.past(), 4);
    session.step(&positions(4, 6)).unwrap();
    let outputs = session.step(&positions(6, 7)).unwrap();
    assert_eq!(session.past(), SEQUENCE);
    assert_close("steps", &last(&outputs), &expected, 1e-6);

    let error = session.step(&positions(0, 1)).unwrap_err().to_string();
    assert!(error.contains("holds 7 positions, 8 would come together"), "{error}");
    assert_eq!(session.past(), SEQUENCE, "a refused step changes nothing");
}

#[test]
fn rows_are_reordered() {
    let program = load(decoder(true));
    let mut session = program.session(BATCH, SEQUENCE).unwrap();
    session.step(&positions(0, 3)).unwrap();
    session.reorder(&[1, 1]).unwrap();
    let next = positions(3, 4);
    let row = next["x"].as_f32().unwrap()[..WIDTH].to_vec();
    let both = Tensor::new([BATCH, 1, WIDTH], [row.clone(), row].concat()).unwrap();
    let outputs = session.step(&Tensors::from([("x".to_owned(), both)])).unwrap();
    let y = last(&outputs);
    assert_eq!(y[..WIDTH], y[WIDTH..], "both rows continue row 1");
    assert!(session.reorder(&[2]).is_err());
    session.reorder(&[0]).unwrap();
    let error = session.step(&positions(4, 5)).unwrap_err().to_string();
    assert!(error.contains("started for 1 rows"), "{error}");
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
    let program = load(decoder(false));
    let error = program.run(&Tensors::new()).unwrap_err().to_string();
    assert_eq!(error, "decoder: input \"x\": it is missing");
}
