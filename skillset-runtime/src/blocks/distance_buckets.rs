//! Relative positions, far ones together.

use crate::ir::{Literal, LiteralData, Scope, Value};

/// For each query and key the row of a table of relative positions, `[2 · span, …]`: `span` plus how far the query stands
/// behind the key. Distances beyond the table have its first and last row.
///
/// Follows transformers' `build_relative_position` of DeBERTa: with `buckets` (arXiv:2006.03654, version 2) distances up
/// to half of them have rows of their own and longer ones share rows by their logarithm.
#[derive(Clone, Debug)]
pub struct DistanceBuckets {
    /// Tokens (or anything else) of shape `[batch, sequence, …]`.
    pub of: Value,
    /// The longest distance that is told from others.
    pub max_distance: usize,
    /// The span of the table; none: `max_distance`, and every distance has a row.
    pub buckets: Option<usize>,
}

/// No table of distances is longer.
const MOST_DISTANCES: usize = 1 << 18;

impl DistanceBuckets {
    /// Every distance apart.
    pub fn new(of: Value, max_distance: usize) -> Self {
        Self { of, max_distance, buckets: None }
    }

    /// Adds the rows, `i64[sequence, sequence]`.
    pub fn build(self, g: &Scope) -> Value {
        let table = match self.buckets {
            None if (1..=MOST_DISTANCES).contains(&self.max_distance) => {
                Ok((0..=self.max_distance).collect())
            }
            None => Err(format!(
                "a table of relative positions tells 1 to {MOST_DISTANCES} distances apart, found {}",
                self.max_distance
            )),
            Some(buckets) => log_buckets(buckets, self.max_distance).ok_or_else(|| {
                format!(
                    "{buckets} buckets do not tell distances up to {} apart by their logarithm",
                    self.max_distance
                )
            }),
        };
        let table = match table {
            Ok(table) => table,
            Err(problem) => {
                g.fail(problem);
                return self.of;
            }
        };
        let positions = g.iota(0, g.dim(self.of, 1));
        let distance = g.sub(g.unsqueeze(positions, 1), g.unsqueeze(positions, 0));
        let farthest = table.len() as i64 - 1;
        let span = self.buckets.unwrap_or(self.max_distance) as i64;
        let row = |distance: i64| {
            let bucket = table[distance.unsigned_abs() as usize] as i64 * distance.signum();
            (bucket + span).clamp(0, 2 * span - 1)
        };
        let rows: Vec<i64> = (-farthest..=farthest).map(row).collect();
        let rows = Literal { shape: vec![rows.len()], data: LiteralData::I64(rows.into()) };
        let distance = g.max(g.min(distance, farthest as f64), -farthest as f64);
        g.gather(g.constant(rows), 0, g.add(distance, farthest as f64))
    }
}

/// The buckets of the distances 0, 1, … up to the first that is in the last one; `None` if there is no such.
fn log_buckets(buckets: usize, max_distance: usize) -> Option<Vec<usize>> {
    let middle = buckets / 2;
    if middle == 0 || max_distance <= middle + 1 {
        return None;
    }
    if middle == 1 {
        // All but the shortest distance share a row.
        return Some(vec![0, 1]);
    }
    // As torch computes it, in single precision.
    let log = |x: f32| f64::from(x).ln() as f32;
    let whole = log(((max_distance - 1) as f64 / middle as f64) as f32);
    let bucket = |distance: usize| {
        let share = log(distance as f32 / middle as f32) / whole;
        (share * (middle - 1) as f32).ceil() as usize + middle
    };
    let mut table: Vec<usize> = (0..=middle).collect();
    while table.last().is_none_or(|&last| last < buckets) {
        if table.len() > MOST_DISTANCES {
            return None;
        }
        table.push(bucket(table.len()));
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded by `make_log_bucket_position(torch.arange(40), buckets, 16)` of transformers 5.23.0.
    #[test]
    fn near_distances_are_apart_and_far_ones_together() {
        assert_eq!(log_buckets(8, 16), Some(vec![0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 8]));
        let seven = [vec![0, 1, 2, 3, 4, 4, 4], vec![5; 9], vec![6; 18], vec![7]].concat();
        assert_eq!(log_buckets(7, 16), Some(seven));
        assert_eq!(log_buckets(2, 16), Some(vec![0, 1]));
    }

    #[test]
    fn logarithms_need_room() {
        assert_eq!(log_buckets(8, 5), None);
        assert_eq!(log_buckets(1, 16), None);
        assert_eq!(log_buckets(4, 1 << 20), None);
    }
}
