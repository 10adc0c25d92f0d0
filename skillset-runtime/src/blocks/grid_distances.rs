//! Scores by how far two tokens of a grid are apart.

use super::linear::fixed_width;
use crate::ir::{Dim, Scope, Value};

/// Queries and keys, `[batch, heads, rows · columns, width]`, so widened that their products times `scale` have
/// `q · rel_pos_h[row − row′] + q · rel_pos_w[column − column′]` added.
///
/// Behind a query stands what it adds for each row and each column of the grid, behind a key the row and the column that
/// it is in, as ones among zeros. So there is no tensor of the scores of all pairs, which images have many of.
pub(super) fn with_distances(
    g: &Scope,
    [query, key]: [Value; 2],
    grid: [usize; 2],
    scale: f64,
) -> [Value; 2] {
    let (Some(width), [batch, heads, ..]) = (fixed_width(g, query), &g.shape(query)[..]) else {
        return [query, key];
    };
    let [rows, columns] = grid.map(Dim::from);
    let (length, both) = (rows.clone() * columns.clone(), rows.clone() + columns.clone());
    let placed = [batch, heads, &rows, &columns, &width.into()].map(Clone::clone);
    let lines = g.reshape(query, &placed);
    let by_row = g.matmul(lines, distances(g, "rel_pos_h", grid[0], width));
    let swap = |x| g.transpose(x, &[0, 1, 3, 2, 4]);
    let by_column = swap(g.matmul(swap(lines), distances(g, "rel_pos_w", grid[1], width)));
    let added = g.div(g.concat(by_row, by_column, 4), scale);
    let added = g.reshape(added, &[batch.clone(), heads.clone(), length.clone(), both.clone()]);

    let row = g.expand(g.unsqueeze(places(g, &rows), 1), &[rows.clone(), columns.clone(), rows.clone()]);
    let column = g.expand(g.unsqueeze(places(g, &columns), 0), &[rows, columns.clone(), columns]);
    let places = g.reshape(g.concat(row, column, 2), &[length.clone(), both.clone()]);
    let places = g.expand(places, &[batch.clone(), heads.clone(), length, both]);
    [g.concat(query, added, 3), g.concat(key, places, 3)]
}

/// The entries of a table of `2 · length − 1` distances for each pair of lines, `[length, width, length]`.
fn distances(g: &Scope, table: &str, length: usize, width: usize) -> Value {
    let table = g.param(table, &[(2 * length).saturating_sub(1), width]);
    let line = g.iota(0, length);
    let distance = g.sub(g.unsqueeze(line, 1), line);
    let entries = g.gather(table, 0, g.add(distance, length.saturating_sub(1)));
    g.transpose(entries, &[0, 2, 1])
}

/// For each line a one at its place among zeros, `[length, length]`.
fn places(g: &Scope, length: &Dim) -> Value {
    let line = g.iota(0, length);
    g.to_float(g.equal(g.unsqueeze(line, 1), line))
}
