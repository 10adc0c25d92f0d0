//! Pooling, sampling and batch normalisation.

use super::{Noise, compare, dims, floats, graph, tensors};
use crate::ir::{Conv, DeformableAttention, Dim, MaxPool, Op, Value};

#[test]
fn pools_agree_with_candle() {
    let pools = [
        MaxPool { kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
        MaxPool { kernel: [2, 3], stride: [1, 3], padding: [0, 1] },
        MaxPool { kernel: [1, 1], stride: [2, 1], padding: [0, 0] },
    ];
    for pool in pools {
        for channels in [1, 5, 32] {
            let graph = graph(|g| {
                let x = floats(g, "x", &["n", "h", "w", &channels.to_string()]);
                // As a convolution leaves it, and as a caller gives it.
                g.output("last", g.apply_max_pool(pool.clone(), g.transpose(x, &[0, 3, 1, 2])));
                g.output("first", g.apply_max_pool(pool.clone(), g.tanh(g.transpose(x, &[0, 3, 1, 2]))));
            });
            compare(&graph, &tensors([("x", Noise(3).floats(&[2, 7, 10, channels]))]));
        }
    }
}

#[test]
fn a_pool_looks_at_the_image_alone() {
    let pool = MaxPool { kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
    let graph = graph(|g| {
        // Below zero, so that zeros around the image would be seen.
        let x = g.sub(floats(g, "x", &["n", "2", "h", "w"]), 5.0);
        g.output("y", g.apply_max_pool(pool, x));
    });
    compare(&graph, &tensors([("x", Noise(4).floats(&[1, 2, 6, 5]))]));
}

#[test]
fn samples_agree_with_candle() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "5", "h", "w"]);
        // Some places are outside of the image, some in between.
        let grid = g.mul(floats(g, "grid", &["n", "r", "c", "2"]), 1.4);
        g.output("y", g.apply_grid_sample(x, grid));
    });
    let inputs = [("x", Noise(5).floats(&[2, 5, 6, 4])), ("grid", Noise(6).floats(&[2, 9, 3, 2]))];
    compare(&graph, &tensors(inputs));
}

#[test]
fn attention_to_places_of_maps_agrees_with_samples_of_each() {
    let graph = graph(|g| {
        let maps = [("fine", "h", "w"), ("coarse", "2", "h")];
        let levels = maps.map(|(_, rows, columns)| <[Dim; 2]>::try_from(dims(&[rows, columns])).unwrap());
        let [fine, coarse] = maps.map(|(name, rows, columns)| {
            let map = floats(g, name, &["n", rows, columns, "15"]);
            let pixels = g.dim(map, 1) * g.dim(map, 2);
            g.reshape(map, &[g.dim(map, 0), pixels, 3.into(), 5.into()])
        });
        // Some places are outside of the maps.
        let places = g.add(floats(g, "places", &["n", "q", "3", "2", "4", "2"]), 0.5);
        let weights = floats(g, "weights", &["n", "q", "3", "2", "4"]);
        let inputs = [g.concat(fine, coarse, 1), places, weights];
        let attention = DeformableAttention { levels: levels.to_vec() };
        g.output("y", g.apply_deformable_attention(attention, inputs));
    });
    let shapes: [(&str, &[usize]); 4] = [
        ("fine", &[2, 5, 3, 15]),
        ("coarse", &[2, 2, 5, 15]),
        ("places", &[2, 7, 3, 2, 4, 2]),
        ("weights", &[2, 7, 3, 2, 4]),
    ];
    let mut noise = Noise(8);
    compare(&graph, &tensors(shapes.map(|(name, shape)| (name, noise.floats(shape)))));
}

#[test]
fn batch_norms_become_part_of_convolutions_that_nothing_else_reads() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "4", "h", "w"]);
        let norm = |x: Value, name: &str| {
            let g = g.at(name);
            let variance = g.mul(g.param("deviation", &[6]), g.param("deviation", &[6]));
            let [weight, bias, mean] = ["weight", "bias", "mean"].map(|name| g.param(name, &[6]));
            g.apply_batch_norm(x, [weight, bias, mean, variance], 1e-3)
        };
        let conv = |name: &str, bias: bool| {
            let g = g.at(name);
            let bias = bias.then(|| g.param("bias", &[6]));
            let conv = Conv { stride: vec![2, 1], padding: vec![[1, 1]; 2], groups: 2, ..Conv::new(2) };
            g.apply_conv(conv, x, g.param("weight", &[6, 2, 3, 3]), bias)
        };
        g.output("plain", norm(conv("a", false), "a.norm"));
        g.output("biased", norm(conv("b", true), "b.norm"));
        let both = conv("c", true);
        g.output("before", both);
        g.output("after", norm(both, "c.norm"));
    });
    compare(&graph, &tensors([("x", Noise(9).floats(&[2, 4, 9, 10]))]));
    let folded = crate::ir::pass::fold(graph).check().unwrap();
    let norms = folded.nodes.iter().filter(|node| matches!(node.op, Op::BatchNorm(_))).count();
    assert_eq!(norms, 1, "the one whose convolution is an output, too");
}
