//! Attention and rotary embeddings.

use super::{Noise, compare, dims, floats, graph, tensors};
use crate::engine::Tensors;
use crate::ir::{Attention, CheckedGraph, DType, Rotary, RotaryPairs};
use crate::tensor::Tensor;

/// Sizes of one attention.
#[derive(Clone, Copy)]
struct Sizes {
    batch: usize,
    heads: usize,
    kv_heads: usize,
    queries: usize,
    keys: usize,
    width: usize,
    value_width: usize,
}

const PLAIN: Attention =
    Attention { scale: 0.3, causal: false, window: None, softcap: None, bias: false, key_mask: false };

/// What besides the flags of [`Attention`] is given.
#[derive(Clone, Copy, Default)]
struct Extra {
    /// Shape of the bias.
    bias: Option<[usize; 4]>,
    mask: bool,
    /// Operands come as `[batch, length, heads, width]` and are transposed, as linear layers give them.
    transposed: bool,
}

fn attention(attention: &Attention, sizes: Sizes, extra: Extra) -> CheckedGraph {
    let (heads, kv_heads) = (sizes.heads.to_string(), sizes.kv_heads.to_string());
    let (width, value_width) = (sizes.width.to_string(), sizes.value_width.to_string());
    graph(|g| {
        let operand = |name: &str, heads: &str, length: &str, width: &str| {
            if extra.transposed {
                g.transpose(floats(g, name, &["b", length, heads, width]), &[0, 2, 1, 3])
            } else {
                floats(g, name, &["b", heads, length, width])
            }
        };
        let query = operand("query", &heads, "s", &width);
        let key = operand("key", &kv_heads, "t", &width);
        let value = operand("value", &kv_heads, "t", &value_width);
        let bias = extra.bias.map(|shape| {
            let symbol = |axis: usize| match (shape[axis], ["b", &heads, "s", "t"][axis]) {
                (1, _) => "1".to_owned(),
                (_, name) => name.to_owned(),
            };
            let names: Vec<String> = (0..4).map(symbol).collect();
            floats(g, "bias", &names.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let mask = extra.mask.then(|| g.input("mask", DType::Bool, &dims(&["b", "t"])));
        g.output("y", g.apply_attention(attention.clone(), [query, key, value], bias, mask));
    })
}

fn inputs(sizes: Sizes, extra: Extra) -> Tensors {
    let mut noise = Noise(11);
    let Sizes { batch, heads, kv_heads, queries, keys, width, value_width } = sizes;
    let mut operand = |heads: usize, length: usize, width: usize| {
        let shape =
            if extra.transposed { [batch, length, heads, width] } else { [batch, heads, length, width] };
        noise.floats(&shape)
    };
    let mut inputs = tensors([
        ("query", operand(heads, queries, width)),
        ("key", operand(kv_heads, keys, width)),
        ("value", operand(kv_heads, keys, value_width)),
    ]);
    if let Some(shape) = extra.bias {
        inputs.insert("bias".into(), noise.floats(&shape));
    }
    if extra.mask {
        // Row b is padded on the left by b + 1 keys, the last row altogether.
        let padded = |row: usize| if row + 1 == batch { keys } else { row + 1 };
        let mask: Vec<bool> =
            (0..batch).flat_map(|row| (0..keys).map(move |key| key >= padded(row))).collect();
        inputs.insert("mask".into(), Tensor::new([batch, keys], mask).unwrap());
    }
    inputs
}

fn check(flags: &Attention, sizes: Sizes, extra: Extra) {
    compare(&attention(flags, sizes, extra), &inputs(sizes, extra));
}

fn sizes(queries: usize, keys: usize) -> Sizes {
    Sizes { batch: 2, heads: 4, kv_heads: 2, queries, keys, width: 16, value_width: 16 }
}

#[test]
fn attention_agrees_with_its_decomposition() {
    for (queries, keys) in [(1, 1), (1, 300), (2, 5), (7, 7), (16, 16), (65, 131), (130, 130), (300, 517)] {
        for transposed in [false, true] {
            check(&PLAIN, sizes(queries, keys), Extra { transposed, ..Extra::default() });
        }
    }
}

#[test]
fn odd_widths_and_head_counts_agree() {
    let wide = Sizes { heads: 3, kv_heads: 3, width: 13, value_width: 7, ..sizes(9, 11) };
    check(&PLAIN, wide, Extra::default());
    check(
        &PLAIN,
        Sizes { heads: 6, kv_heads: 1, width: 33, value_width: 130, ..sizes(5, 40) },
        Extra::default(),
    );
    check(
        &PLAIN,
        Sizes { heads: 6, kv_heads: 2, width: 1, value_width: 1, ..sizes(1, 40) },
        Extra::default(),
    );
}

#[test]
fn causal_and_windowed_attention_agree() {
    for (queries, keys) in [(1, 9), (9, 9), (4, 300), (270, 270), (131, 300)] {
        for window in [None, Some(1), Some(3), Some(140)] {
            for causal in [true, false] {
                let flags = Attention { causal, window, ..PLAIN };
                check(&flags, sizes(queries, keys), Extra::default());
            }
        }
    }
}

#[test]
fn padded_rows_and_rows_without_any_key_agree() {
    for (queries, keys) in [(1, 9), (9, 9), (140, 140)] {
        for causal in [false, true] {
            let flags = Attention { causal, ..PLAIN };
            let sizes = Sizes { batch: 3, ..sizes(queries, keys) };
            check(&flags, sizes, Extra { mask: true, ..Extra::default() });
        }
    }
}

#[test]
fn biases_of_every_shape_agree() {
    for bias in [[2, 4, 9, 33], [1, 1, 9, 33], [2, 1, 1, 33], [1, 4, 9, 1], [1, 1, 1, 1]] {
        let extra = Extra { bias: Some(bias), mask: true, transposed: true };
        check(&PLAIN, sizes(9, 33), extra);
        check(&Attention { causal: true, softcap: Some(0.5), ..PLAIN }, sizes(9, 33), extra);
    }
}

#[test]
fn a_bias_of_minus_infinity_masks() {
    let extra = Extra { bias: Some([1, 1, 3, 4]), ..Extra::default() };
    let graph = attention(&PLAIN, sizes(3, 4), extra);
    let mut inputs = inputs(sizes(3, 4), extra);
    let (hidden, lowest) = (f32::NEG_INFINITY, f32::MIN);
    let bias = vec![0.0, hidden, 0.0, hidden, lowest, lowest, lowest, lowest, 0.0, 0.0, lowest, 0.0];
    inputs.insert("bias".into(), Tensor::new([1, 1, 3, 4], bias).unwrap());
    compare(&graph, &inputs);
}

#[test]
fn nothing_attends_and_nothing_is_attended_to() {
    check(&PLAIN, sizes(0, 5), Extra::default());
    check(&PLAIN, Sizes { batch: 0, ..sizes(3, 5) }, Extra::default());
    check(&PLAIN, sizes(3, 0), Extra::default());
}

#[test]
fn rotations_agree_with_their_decomposition() {
    for pairs in [RotaryPairs::Halves, RotaryPairs::Adjacent] {
        for (width, rotated) in [(8, 8), (10, 6), (2, 2)] {
            for batch in [1, 3] {
                let graph = graph(|g| {
                    let x = floats(g, "x", &["b", "s", "2", &width.to_string()]);
                    let table = |name| {
                        let half = (rotated / 2).to_string();
                        floats(g, name, &[if batch == 1 { "1" } else { "b" }, "s", &half])
                    };
                    let (cos, sin) = (table("cos"), table("sin"));
                    let x = g.transpose(x, &[0, 2, 1, 3]);
                    g.output("y", g.apply_rotary(Rotary { pairs }, x, cos, sin));
                });
                let mut noise = Noise(12);
                let table = [batch, 5, rotated / 2];
                compare(
                    &graph,
                    &tensors([
                        ("x", noise.floats(&[3, 5, 2, width])),
                        ("cos", noise.floats(&table)),
                        ("sin", noise.floats(&table)),
                    ]),
                );
            }
        }
    }
}
