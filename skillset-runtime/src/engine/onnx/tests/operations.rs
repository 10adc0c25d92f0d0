//! Each operation against what torch computes (record.py), and composites against their decompositions.

use std::collections::BTreeMap;

use super::Kind::{Bools, Floats, Ints};
use super::{BATCH as B, SEQUENCE as S, Spec, assert_close, dim, graph, load};
use crate::ir::{
    Activation, Attention, Compare, Conv, ConvTranspose, DType, Dim, Experts, GroupNorm, Linear, MaxPool,
    Reduce, Rotary, RotaryPairs, Scope, Unary, Value, decompose,
};
use crate::tensor::TensorData;

#[derive(serde::Deserialize)]
struct Recorded {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Runs the graph, and the graph of primitives alone, and compares both with the recorded result.
fn check(case: &str, inputs: &[Spec<'_>], build: impl Fn(&Scope, &[Value]) -> Value) {
    let mut all: BTreeMap<String, Recorded> = serde_json::from_str(include_str!("expected.json")).unwrap();
    let expected = all.remove(case).unwrap_or_else(|| panic!("record.py records no case {case:?}"));
    let (graph, tensors) = graph(inputs, build);
    let primitive = decompose(graph.clone(), |_, _| false).unwrap();
    for graph in [graph, primitive] {
        let outputs = load(graph).run(&tensors).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(outputs["y"].shape(), expected.shape, "{case}");
        let values: Vec<f32> = match outputs["y"].data() {
            TensorData::F32(values) => values.clone(),
            TensorData::I64(values) => values.iter().map(|&value| value as f32).collect(),
            TensorData::Bool(values) => values.iter().map(|&value| f32::from(u8::from(value))).collect(),
        };
        assert_close(case, &values, &expected.values, 2e-5);
    }
}

#[test]
fn activations() {
    for name in [
        "gelu",
        "gelu_10",
        "gelu_new",
        "gelu_fast",
        "hardswish",
        "laplace",
        "leaky_relu",
        "linear",
        "mish",
        "quick_gelu",
        "relu",
        "relu2",
        "relu6",
        "sigmoid",
        "silu",
        "sqrtsoftplus",
        "tanh",
    ] {
        let activation: Activation = name.parse().unwrap();
        check(&format!("activation {name}"), &[(Floats, &[B, 8])], |g, x| {
            let x = g.mul(x[0], 4.0);
            g.unary(Unary::Activation(activation), x)
        });
    }
}

#[test]
fn linear_layers() {
    let gelu = Linear { transposed: false, activation: Some(Activation::Gelu) };
    check("linear", &[(Floats, &[B, S, 4]), (Floats, &[6, 4]), (Floats, &[6])], |g, x| {
        g.apply_linear(gelu.clone(), x[0], x[1], Some(x[2]))
    });
    check("linear transposed", &[(Floats, &[B, 4]), (Floats, &[4, 6])], |g, x| {
        g.apply_linear(Linear { transposed: true, activation: None }, x[0], x[1], None)
    });
}

#[test]
fn normalisations() {
    let x: Spec = (Floats, &[B, S, 8]);
    check("layer norm", &[x, (Floats, &[8]), (Floats, &[8])], |g, x| {
        g.apply_layer_norm(x[0], Some(x[1]), Some(x[2]), 1e-5)
    });
    check("layer norm without scale", &[x], |g, x| g.apply_layer_norm(x[0], None, None, 1e-5));
    for (case, groups) in [("group norm", 2), ("instance norm", 8)] {
        check(case, &[(Floats, &[B, 8, S, 3]), (Floats, &[8]), (Floats, &[8])], |g, x| {
            g.apply_group_norm(GroupNorm { groups, eps: 1e-5 }, x[0], x[1], x[2])
        });
    }
    check("rms norm", &[x, (Floats, &[8])], |g, x| g.apply_rms_norm(x[0], Some(x[1]), 1e-6));
}

#[test]
fn convolution() {
    let conv = Conv {
        stride: vec![2, 1],
        padding: vec![[1, 1], [0, 0]],
        dilation: vec![1, 3],
        groups: 2,
        activation: None,
    };
    check("convolution", &[(Floats, &[B, 4, 9, 11]), (Floats, &[6, 1, 3, 3]), (Floats, &[6])], |g, x| {
        let weight = g.concat(x[1], x[1], 1);
        g.apply_conv(conv.clone(), x[0], weight, Some(x[2]))
    });
    let gelu = Conv { padding: vec![[1, 2]], activation: Some(Activation::Gelu), ..Conv::new(1) };
    check("convolution of a line", &[(Floats, &[B, 4, S]), (Floats, &[6, 4, 3]), (Floats, &[6])], |g, x| {
        let steps = Conv { stride: vec![2], ..gelu.clone() };
        g.apply_conv(steps, x[0], x[1], Some(x[2]))
    });
}

#[test]
fn transposed_convolution() {
    let conv = ConvTranspose {
        stride: vec![2, 3],
        padding: vec![[1, 1], [0, 0]],
        output_padding: vec![1, 0],
        dilation: vec![1, 2],
        groups: 2,
    };
    let (image, kernels): (Spec, Spec) = ((Floats, &[B, 4, 5, S]), (Floats, &[4, 3, 3, 4]));
    check("transposed convolution", &[image, kernels, (Floats, &[6])], |g, x| {
        g.apply_conv_transpose(conv.clone(), x[0], x[1], Some(x[2]))
    });
    let line: [Spec; 3] = [(Floats, &[B, 4, S]), (Floats, &[4, 3, 5]), (Floats, &[3])];
    check("transposed convolution of a line", &line, |g, x| {
        let conv = ConvTranspose { stride: vec![2], ..ConvTranspose::new(1) };
        g.apply_conv_transpose(conv, x[0], x[1], Some(x[2]))
    });
}

#[test]
fn images() {
    let channels: Spec = (Floats, &[4]);
    check("batch norm", &[(Floats, &[B, 4, 3, 5]), channels, channels, channels, channels], |g, x| {
        g.apply_batch_norm(x[0], [x[3], x[4], x[1], g.mul(x[2], x[2])], 1e-3)
    });
    let pool = MaxPool { kernel: [3, 2], stride: [2, 1], padding: [1, 0] };
    check("max pool", &[(Floats, &[B, 2, 5, 6])], |g, x| g.apply_max_pool(pool.clone(), x[0]));
    check("grid sample", &[(Floats, &[B, 3, 5, 4]), (Floats, &[B, S, 6])], |g, x| {
        let shape = [dim(B), dim(S), 3.into(), 2.into()];
        g.apply_grid_sample(x[0], g.mul(g.reshape(x[1], &shape), 1.3))
    });
}

const PLAIN: Attention =
    Attention { scale: 0.5, causal: false, window: None, softcap: None, bias: false, key_mask: false };

#[test]
fn attention() {
    let heads: Spec = (Floats, &[B, 4, S, 8]);
    let mask: Spec = (Bools, &[B, S]);
    check("attention", &[heads; 3], |g, x| g.apply_attention(PLAIN, [x[0], x[1], x[2]], None, None));
    check("attention key mask", &[heads, heads, heads, mask], |g, x| {
        g.apply_attention(PLAIN, [x[0], x[1], x[2]], None, Some(x[3]))
    });
    check("attention all masked", &[heads, heads, heads, mask], |g, x| {
        let nothing = g.and(x[3], g.unary(Unary::Not, x[3]));
        g.apply_attention(PLAIN, [x[0], x[1], x[2]], None, Some(nothing))
    });
    let bias: Spec = (Floats, &[1, 4, S, S]);
    check("attention bias", &[heads, heads, heads, bias, mask], |g, x| {
        let attention = Attention { softcap: Some(1.5), causal: true, ..PLAIN };
        g.apply_attention(attention, [x[0], x[1], x[2]], Some(x[3]), Some(x[4]))
    });
}

#[test]
fn attention_with_shared_keys() {
    let (key, value): (Spec, Spec) = ((Floats, &[B, 1, S, 8]), (Floats, &[B, 1, S, 6]));
    check("attention shared keys", &[(Floats, &[B, 4, S, 8]), key, value, (Bools, &[B, S])], |g, x| {
        let attention = Attention { causal: true, window: Some(3), ..PLAIN };
        g.apply_attention(attention, [x[0], x[1], x[2]], None, Some(x[3]))
    });
    check("attention window on both sides", &[(Floats, &[B, 4, S, 8]), key, value], |g, x| {
        let attention = Attention { window: Some(2), ..PLAIN };
        g.apply_attention(attention, [x[0], x[1], x[2]], None, None)
    });
    check("attention last rows", &[(Floats, &[B, 4, 1, 8]), key, value], |g, x| {
        g.apply_attention(Attention { causal: true, ..PLAIN }, [x[0], x[1], x[2]], None, None)
    });
}

#[test]
fn rotation() {
    for (case, pairs) in [("rotary halves", RotaryPairs::Halves), ("rotary adjacent", RotaryPairs::Adjacent)]
    {
        let angles: Spec = (Floats, &[1, S, 4]);
        check(case, &[(Floats, &[B, 4, S, 10]), angles, angles], |g, x| {
            g.apply_rotary(Rotary { pairs }, x[0], x[1], x[2])
        });
    }
}

#[test]
fn selective_scans() {
    let (x, step, map): (Spec, Spec, Spec) =
        ((Floats, &[B, S, 6, 4]), (Floats, &[B, S, 6]), (Floats, &[B, S, 3, 5]));
    let decays: [(&str, Spec); 2] = [("", (Floats, &[6])), (" of diagonal decay", (Floats, &[6, 5]))];
    let scan = |g: &Scope, x: &[Value], state: Option<Value>| {
        let (step, decay) = (g.unary(Unary::Abs, x[1]), g.unary(Unary::Neg, g.unary(Unary::Abs, x[2])));
        g.apply_selective_scan(x[0], step, decay, [x[3], x[4]], state)
    };
    for (name, decay) in decays {
        let state: Spec = (Floats, &[B, 6, 4, 5]);
        check(&format!("selective scan{name}"), &[x, step, decay, map, map, state], |g, x| {
            let (y, next) = scan(g, x, Some(x[5]));
            g.concat(y, next.unwrap(), 3)
        });
        check(&format!("selective scan without state{name}"), &[x, step, decay, map, map], |g, x| {
            scan(g, x, None).0
        });
    }
}

#[test]
fn softplus_keeps_the_digits_of_small_results() {
    check("softplus", &[(Floats, &[B, 8])], |g, x| g.unary(Unary::Log, g.softplus(g.mul(x[0], 12.0))));
}

#[test]
fn picking() {
    check("gather", &[(Floats, &[9, 4]), (Ints(9), &[B, S])], |g, x| g.gather(x[0], 0, x[1]));
    check("gather elements", &[(Floats, &[B, 9]), (Ints(9), &[B, S])], |g, x| {
        g.gather_elements(x[0], 1, x[1])
    });
    check("largest", &[(Floats, &[B, S, 5])], |g, x| g.arg_max(x[0], 1));
    check("largest first", &[(Floats, &[B, S, 5])], |g, x| g.top_k(x[0], 3));
    check("select", &[(Bools, &[B, S]), (Floats, &[B, S])], |g, x| g.where_(x[0], x[1], -1.0));
}

#[test]
fn mixtures_of_experts() {
    let (rows, choice): (Spec, Spec) = ((Floats, &[B, S, 4]), (Ints(3), &[B, S, 2]));
    let [gate, up, down]: [Spec; 3] = [(Floats, &[3, 6, 4]), (Floats, &[3, 6, 4]), (Floats, &[3, 4, 6])];
    check("experts", &[rows, choice, (Floats, &[B, S, 2]), gate, up, down], |g, x| {
        let silu = Experts { activation: Activation::Silu };
        g.apply_experts(silu, x[0], [x[1], x[2]], [x[3], x[4], x[5]])
    });
}

#[test]
fn reductions() {
    check("cumulative sum", &[(Ints(9), &[B, S])], |g, x| g.cumsum(x[0], 1));
    check("softmax", &[(Floats, &[B, S, 5])], |g, x| g.softmax(x[0], 1));
    check("means", &[(Floats, &[B, S, 5])], |g, x| g.mean(g.mean(x[0], 2), 1));
    check("extremes", &[(Floats, &[B, S])], |g, x| {
        let range = g.sub(g.reduce(Reduce::Max, x[0], 1), g.reduce(Reduce::Min, x[0], 1));
        g.add(range, g.sum(x[0], 1))
    });
}

#[test]
fn arithmetic() {
    let x: Spec = (Floats, &[B, S]);
    check("powers", &[x; 2], |g, x| {
        let power = g.pow(g.unary(Unary::Abs, x[0]), 1.5);
        let least = g.min(g.unary(Unary::Sin, x[1]), x[0]);
        g.add(power, g.mul(g.unary(Unary::Exp, x[0]), least))
    });
    check("comparison", &[x; 2], |g, x| {
        let ordered = g.compare(Compare::LessOrEqual, x[0], x[1]);
        let positive = g.compare(Compare::Greater, x[0], 0.0);
        let both = g.and(ordered, positive);
        g.and(g.unary(Unary::Not, both), g.not_equal(x[0], x[1]))
    });
}

#[test]
fn shapes() {
    let (batch, sequence) = (Dim::symbol("batch"), Dim::symbol("sequence"));
    let x: Spec = (Floats, &[B, S, 6]);
    check("merged axes", &[x], |g, x| g.reshape(x[0], &[batch.clone() * sequence.clone(), 6.into()]));
    check("split axes", &[x], |g, x| {
        let split = g.reshape(x[0], &[batch.clone(), sequence.clone(), 3.into(), 2.into()]);
        let turned = g.transpose(split, &[0, 2, 1, 3]);
        g.reshape(turned, &[batch.clone() * 3.into(), sequence.clone() * 2.into()])
    });
    let grown = [batch.clone(), sequence.clone(), 4.into()];
    // The batch is read from an input of its own, for the one that grows does not have it.
    check("broadcast", &[(Floats, &[1, S, 4]), (Bools, &[B])], |g, x| g.expand(x[0], &grown));
    check("positions", &[(Bools, &[B, S])], |g, _| {
        let positions = g.iota(sequence.clone() - 3.into(), sequence.clone());
        g.mul(positions, g.size(batch.clone()))
    });
    let frames = (sequence - 3.into()).floor_div(2);
    check("frames", &[(Floats, &[B, 4]), (Bools, &[S])], |g, x| {
        let columns = g.gather(x[0], 1, g.iota(0, frames.clone() + 2.into()));
        g.slice(columns, 1, 1, frames.clone() + 1.into())
    });
}

#[test]
fn casts() {
    let (graph, tensors) = graph(&[(Bools, &[B, S])], |g, x| g.cast(g.cast(x[0], DType::I64), DType::F32));
    let outputs = load(graph).run(&tensors).unwrap();
    let TensorData::Bool(before) = tensors["x0"].data() else { panic!("the input is bool") };
    let after: Vec<bool> = outputs["y"].as_f32().unwrap().iter().map(|&value| value == 1.0).collect();
    assert_eq!(after, *before);
}
