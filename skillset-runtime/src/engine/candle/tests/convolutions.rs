//! Convolutions.

use super::{Noise, compare, floats, graph, tensors};
use crate::ir::{Activation, Conv, ConvTranspose};

/// Compares the convolution of `x` by kernels of `weight`, as it lies and with its channels last.
fn check(conv: &Conv, x: &[usize], weight: &[usize]) {
    let channels = x[1].to_string();
    let spatial = &["h", "w"][..x.len() - 2];
    let graph = graph(|g| {
        let first = floats(g, "x", &[&["n", &channels], spatial].concat());
        let last = floats(g, "last", &[&["n"], spatial, &[channels.as_str()]].concat());
        let order: Vec<usize> = [0, spatial.len() + 1].into_iter().chain(1..=spatial.len()).collect();
        let last = g.transpose(last, &order);
        let (weight, bias) = (g.param("weight", weight), g.param("bias", &weight[..1]));
        g.output("first", g.apply_conv(conv.clone(), first, weight, Some(bias)));
        g.output("last", g.apply_conv(conv.clone(), last, weight, None));
    });
    let last = [&x[..1], &x[2..], &x[1..2]].concat();
    compare(&graph, &tensors([("x", Noise(9).floats(x)), ("last", Noise(10).floats(&last))]));
}

#[test]
fn convolutions_of_images_agree_with_candle() {
    let image = || Conv::new(2);
    let cases = [
        (image(), [6, 4, 3, 3]),
        (image(), [6, 4, 1, 1]),
        (Conv { stride: vec![2, 2], ..image() }, [6, 4, 1, 1]),
        (Conv { stride: vec![3, 3], ..image() }, [6, 4, 3, 3]),
        (Conv { stride: vec![2, 3], ..image() }, [6, 4, 2, 3]),
        (Conv { padding: vec![[1, 1], [1, 1]], stride: vec![2, 2], ..image() }, [6, 4, 3, 3]),
        (Conv { padding: vec![[0, 2], [3, 1]], ..image() }, [6, 4, 3, 5]),
        (Conv { padding: vec![[0, 0], [2, 2]], ..image() }, [6, 4, 1, 5]),
        (Conv { stride: vec![1, 2], padding: vec![[0, 0], [1, 1]], groups: 2, ..image() }, [6, 2, 1, 3]),
        (Conv { dilation: vec![1, 2], padding: vec![[1, 1], [0, 0]], ..image() }, [6, 4, 3, 2]),
        (Conv { dilation: vec![3, 1], activation: Some(Activation::Relu), ..image() }, [6, 4, 3, 2]),
        (Conv { groups: 4, ..image() }, [8, 1, 3, 3]),
    ];
    for (conv, weight) in cases {
        check(&conv, &[2, 4, 10, 12], &weight);
    }
}

#[test]
fn convolutions_of_lines_agree_with_candle() {
    let line = || Conv::new(1);
    let cases = [
        (line(), [6, 4, 1]),
        (Conv { stride: vec![5], ..line() }, [6, 4, 10]),
        (Conv { stride: vec![2], padding: vec![[1, 2]], ..line() }, [33, 4, 3]),
        (Conv { dilation: vec![3], padding: vec![[6, 0]], ..line() }, [6, 4, 3]),
        (Conv { groups: 2, padding: vec![[4, 4]], activation: Some(Activation::Gelu), ..line() }, [6, 2, 8]),
    ];
    for (conv, weight) in cases {
        for length in [10, 57, 1001] {
            check(&conv, &[3, 4, length], &weight);
        }
    }
}

#[test]
fn depthwise_convolutions_agree_with_candle() {
    for channels in [1, 7, 16, 83] {
        let conv = Conv { groups: channels, ..Conv::new(2) };
        check(&conv, &[2, channels, 9, 10], &[channels, 1, 3, 3]);
        let far = Conv { padding: vec![[3, 2], [0, 3]], stride: vec![2, 1], dilation: vec![1, 2], ..conv };
        check(&far, &[2, channels, 9, 10], &[channels, 1, 3, 4]);
        let line = Conv { groups: channels, padding: vec![[3, 0]], ..Conv::new(1) };
        check(&Conv { activation: Some(Activation::Silu), ..line }, &[2, channels, 9], &[channels, 1, 4]);
    }
}

#[test]
fn transposed_convolutions_agree_with_their_decomposition() {
    let image = || ConvTranspose::new(2);
    let cases = [
        (image(), [4, 5, 3, 3]),
        (ConvTranspose { stride: vec![2, 2], ..image() }, [4, 5, 2, 2]),
        (ConvTranspose { stride: vec![2, 3], output_padding: vec![1, 2], ..image() }, [4, 5, 3, 2]),
        (ConvTranspose { padding: vec![[1, 2], [3, 0]], stride: vec![2, 1], ..image() }, [4, 5, 3, 2]),
        (ConvTranspose { dilation: vec![2, 3], groups: 2, ..image() }, [4, 5, 2, 2]),
    ];
    for (conv, kernels) in cases {
        for computed in [false, true] {
            let graph = graph(|g| {
                let x = floats(g, "x", &["n", "4", "h", "w"]);
                let weight = g.param("weight", &kernels);
                let weight = if computed {
                    g.mul(weight, g.mean(g.mean(g.mean(g.mean(x, 3), 2), 1), 0))
                } else {
                    weight
                };
                let bias = g.param("bias", &[5 * conv.groups]);
                g.output("y", g.apply_conv_transpose(conv.clone(), x, weight, Some(bias)));
            });
            compare(&graph, &tensors([("x", Noise(9).floats(&[2, 4, 6, 5]))]));
        }
    }
    let line = ConvTranspose { stride: vec![4], padding: vec![[2, 1]], ..ConvTranspose::new(1) };
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "4", "l"]);
        g.output("y", g.apply_conv_transpose(line.clone(), x, g.param("weight", &[4, 3, 8]), None));
    });
    compare(&graph, &tensors([("x", Noise(9).floats(&[2, 4, 11]))]));
}

#[test]
fn arithmetic_behind_a_convolution_agrees_with_candle() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "4", "h", "7"]);
        let y = g.apply_conv(Conv::new(2), x, g.param("weight", &[6, 4, 1, 1]), None);
        let scaled = g.mul(y, g.param("scale", &[6, 1, 1]));
        g.output("sum", g.add(g.tanh(scaled), y));
        g.output("row", g.sub(g.param("row", &[1, 1, 1, 7]), y));
        g.output("mixed", g.add(y, floats(g, "other", &["n", "6", "h", "7"])));
    });
    let inputs = [("x", Noise(3).floats(&[2, 4, 5, 7])), ("other", Noise(4).floats(&[2, 6, 5, 7]))];
    compare(&graph, &tensors(inputs));
}
