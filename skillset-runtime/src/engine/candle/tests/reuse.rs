//! Values large enough for their memory to be used again.

use super::{Noise, assert_close, engine, floats, graph, plain, tensors};
use crate::engine::{Engine, Program};
use crate::ir::{Activation, CheckedGraph, Dim, Linear};

/// Elements of a row.
const WIDTH: usize = 128;

/// Views outlive the values that they are of, and results lie between values that die.
fn network() -> CheckedGraph {
    graph(|g| {
        let width = WIDTH.to_string();
        let x = floats(g, "x", &["n", &width]);
        let first = g.activation(x, Activation::Relu);
        let heads = g.reshape(first, &[g.dim(x, 0), 4.into(), Dim::from(WIDTH / 4)]);
        let turned = g.transpose(heads, &[1, 0, 2]);
        let mut hidden = first;
        for layer in 0..3 {
            let weight = g.param(&format!("{layer}.weight"), &[WIDTH, WIDTH]);
            let inner = g.apply_linear(Linear::default(), hidden, weight, None);
            hidden = g.tanh(g.add(inner, hidden));
            g.output(&format!("{layer}"), g.softmax(hidden, -1));
        }
        let back = g.reshape(g.transpose(turned, &[1, 0, 2]), &g.shape(x));
        g.output("sum", g.add(back, hidden));
        g.output("view", g.slice(turned, 1, 0, 2));
    })
}

fn assert_right(program: &dyn Program, expected: &dyn Program, rows: usize) {
    let inputs = tensors([("x", Noise(rows as u64).floats(&[rows, WIDTH]))]);
    assert_close(&program.run(&inputs).unwrap(), &expected.run(&inputs).unwrap());
}

#[test]
fn no_value_is_overwritten_before_its_last_reader() {
    let weights = Noise(3).weights(&network());
    let program = engine().load(network(), &weights).unwrap();
    let expected = plain().load(network(), &weights).unwrap();
    for rows in [300, 300, 600, 260, 2, 300] {
        assert_right(&*program, &*expected, rows);
    }
}

#[test]
fn runs_at_once_have_their_own_memory() {
    let weights = Noise(3).weights(&network());
    let program = engine().load(network(), &weights).unwrap();
    let expected = plain().load(network(), &weights).unwrap();
    std::thread::scope(|scope| {
        for rows in [260, 300, 400] {
            let (program, expected) = (&program, &expected);
            scope.spawn(move || (0..3).for_each(|_| assert_right(&**program, &**expected, rows)));
        }
    });
}
