//! Where in its layer each node stands: under what it belongs to, with lines as straight as they can be.

use super::layers::{Layers, Node, What};

/// Sweeps over all layers; more do not change what is drawn.
const SWEEPS: usize = 24;
/// Room between neighbours, and beside a passing line.
const GAP: f64 = 22.0;
const BEND_GAP: f64 = 14.0;

/// The middle of each node; left of all of them may be anywhere.
pub(super) fn place(layers: &Layers) -> Vec<f64> {
    let mut centres = vec![0.0; layers.nodes.len()];
    for layer in &layers.layers {
        let wanted = vec![0.0; layer.len()];
        arrange(layers, layer, &wanted, &vec![1.0; layer.len()], &mut centres);
    }
    for sweep in 0..SWEEPS {
        let count = layers.layers.len();
        for step in 0..count {
            let rank = if sweep % 2 == 0 { step } else { count - 1 - step };
            let layer = &layers.layers[rank];
            let (wanted, weights): (Vec<f64>, Vec<f64>) =
                layer.iter().map(|&node| wish(layers, node, &centres)).unzip();
            arrange(layers, layer, &wanted, &weights, &mut centres);
        }
    }
    centres
}

/// Where a node would have straight lines, and how much that matters.
fn wish(layers: &Layers, node: usize, centres: &[f64]) -> (f64, f64) {
    let (mut sum, mut total) = (0.0, 0.0);
    for edge in &layers.edges {
        for (position, pair) in edge.path.windows(2).enumerate() {
            if pair[0] != node && pair[1] != node {
                continue;
            }
            let (out_at, in_at) = (edge.offset_out(layers, position), edge.offset_in(layers, position + 1));
            let wanted = if pair[1] == node {
                centres[pair[0]] + out_at - in_at
            } else {
                centres[pair[1]] + in_at - out_at
            };
            // A long line should be straight before all else.
            let is_bend = |node: usize| layers.nodes[node].what == What::Bend;
            let weight = match (is_bend(pair[0]), is_bend(pair[1])) {
                (true, true) => 8.0,
                (false, false) => {
                    if edge.is_direct {
                        2.0
                    } else {
                        0.5
                    }
                }
                _ => 1.0,
            };
            sum += weight * wanted;
            total += weight;
        }
    }
    if total > 0.0 { (sum / total, total) } else { (centres[node], 0.1) }
}

/// Puts the nodes of a layer as near as can be to where they are wanted, in their order and apart: the least sum of
/// weighted squares, by pooling neighbours that would overlap.
fn arrange(layers: &Layers, layer: &[usize], wanted: &[f64], weights: &[f64], centres: &mut [f64]) {
    // Distances from the first node if all stood as near as they may.
    let mut near = vec![0.0];
    for pair in layer.windows(2) {
        near.push(near[near.len() - 1] + distance(&layers.nodes[pair[0]], &layers.nodes[pair[1]]));
    }
    // Pools of nodes that touch: the weighted mean of where their first would be wanted, weight, count.
    let mut pools: Vec<(f64, f64, usize)> = vec![];
    for position in 0..layer.len() {
        let mut pool = (wanted[position] - near[position], weights[position], 1);
        while let Some(&(mean, weight, count)) = pools.last().filter(|last| last.0 >= pool.0) {
            let total = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / total, total, count + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let starts = pools.iter().flat_map(|&(mean, _, count)| std::iter::repeat_n(mean, count));
    for ((&node, start), near) in layer.iter().zip(starts).zip(&near) {
        centres[node] = start + near;
    }
}

fn distance(left: &Node, right: &Node) -> f64 {
    let is_line = |node: &Node| !matches!(node.what, What::Item(_));
    let gap = if is_line(left) || is_line(right) { BEND_GAP } else { GAP };
    (left.width + right.width) / 2.0 + gap
}
