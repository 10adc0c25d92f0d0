//! The order inside of each layer: what belongs together stands near, so that few lines cross.

use super::layers::Layers;

/// Sweeps over all layers; more do not change what is drawn.
const SWEEPS: usize = 12;

/// Sorts each layer by where its neighbours are, down and up again, and keeps the best order found.
pub(super) fn order(layers: &mut Layers) {
    let links: Vec<(usize, usize)> =
        layers.edges.iter().flat_map(|edge| edge.path.windows(2).map(|pair| (pair[0], pair[1]))).collect();
    let mut best = (crossings(layers, &links), layers.layers.clone());
    for sweep in 0..SWEEPS {
        let is_down = sweep % 2 == 0;
        let count = layers.layers.len();
        for step in 1..count {
            let rank = if is_down { step } else { count - 1 - step };
            sort_layer(layers, &links, rank, is_down);
        }
        let now = crossings(layers, &links);
        if now < best.0 {
            best = (now, layers.layers.clone());
        }
    }
    layers.layers = best.1;
}

/// Sorts one layer by the mean place of the neighbours above, or below.
fn sort_layer(layers: &mut Layers, links: &[(usize, usize)], rank: usize, is_down: bool) {
    let places = places(layers);
    let mean = |node: usize| {
        let neighbours = links.iter().filter_map(|&(from, to)| match is_down {
            true => (to == node).then_some(from),
            false => (from == node).then_some(to),
        });
        let (sum, count) =
            neighbours.fold((0.0, 0.0), |(sum, count), other| (sum + places[other], count + 1.0));
        if count > 0.0 { sum / count } else { places[node] }
    };
    let mut layer: Vec<(f64, usize)> = layers.layers[rank].iter().map(|&node| (mean(node), node)).collect();
    layer.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers.layers[rank] = layer.into_iter().map(|(_, node)| node).collect();
}

/// Where each node stands in its layer, from 0 to 1.
fn places(layers: &Layers) -> Vec<f64> {
    let mut places = vec![0.0; layers.nodes.len()];
    for layer in &layers.layers {
        for (position, &node) in layer.iter().enumerate() {
            places[node] = (position as f64 + 0.5) / layer.len() as f64;
        }
    }
    places
}

fn crossings(layers: &Layers, links: &[(usize, usize)]) -> usize {
    let places = places(layers);
    let mut count = 0;
    for (position, &(a, b)) in links.iter().enumerate() {
        for &(c, d) in &links[position + 1..] {
            if layers.nodes[a].rank == layers.nodes[c].rank {
                let (above, below) = (places[a].total_cmp(&places[c]), places[b].total_cmp(&places[d]));
                count += usize::from(above != below && above.is_ne() && below.is_ne());
            }
        }
    }
    count
}
