//! Learned biases by the distance of two tokens.

use crate::ir::{Compare, DType, Dim, Literal, LiteralData, Scope, Value};

/// Biases of attention scores by how far a key stands from its query, in buckets that widen with the distance (T5,
/// arXiv:1910.10683): the parameter `weight`, `[buckets, heads]`.
///
/// Half of the buckets are for one distance each, the others for logarithmically growing ranges up to `max_distance`, the
/// last for all beyond. In both directions, keys behind the query have the other half of the buckets.
#[derive(Clone, Debug)]
pub struct RelativePositionBias {
    /// Hidden states of the tokens that attend to each other, `[batch, sequence, …]`.
    pub of: Value,
    /// Heads of the attention.
    pub heads: usize,
    /// Rows of the table.
    pub buckets: usize,
    /// The distance from which on all share a bucket.
    pub max_distance: usize,
    /// Whether keys may stand behind the query; if not, they start with those of the cache.
    pub bidirectional: bool,
}

impl RelativePositionBias {
    /// Biases in both directions.
    pub fn new(of: Value, heads: usize, buckets: usize, max_distance: usize) -> Self {
        Self { of, heads, buckets, max_distance, bidirectional: true }
    }

    /// Adds the biases; the result is `[1, heads, sequence, length]`.
    pub fn build(self, g: &Scope) -> Value {
        let buckets = if self.bidirectional { self.buckets / 2 } else { self.buckets };
        if self.max_distance > MOST_DISTANCES {
            g.fail(format_args!(
                "expected distances up to {MOST_DISTANCES} at most, found {}",
                self.max_distance
            ));
            return self.of;
        }
        if buckets < 2 || self.max_distance <= buckets / 2 {
            g.fail(format_args!(
                "{} buckets of distances up to {} are too few of one or the other",
                self.buckets, self.max_distance
            ));
            return self.of;
        }
        let queries = g.dim(self.of, 1);
        let past = if self.bidirectional { Dim::from(0) } else { g.past() };
        let keys = past.clone() + queries.clone();

        // There are as many distances as both together: of the last query to the first key up to the opposite.
        let farthest = keys.clone() - Dim::from(1);
        let ahead = g.sub(g.iota(0, farthest.clone() + queries.clone()), g.size(farthest));
        let table = g.transpose(g.param("weight", &[self.buckets, self.heads]), &[1, 0]);
        let biases = g.gather(table, 1, self.bucket(g, ahead, buckets));

        let last = g.size(queries.clone() - Dim::from(1));
        let row = g.unsqueeze(g.sub(last, g.iota(0, queries)), 1);
        g.unsqueeze(g.gather(biases, 1, g.add(row, g.iota(0, keys))), 0)
    }

    /// The bucket of keys that stand so far ahead of their query.
    fn bucket(&self, g: &Scope, ahead: Value, buckets: usize) -> Value {
        let behind = g.sub(g.size(0), ahead);
        let distance = if self.bidirectional { g.max(ahead, behind) } else { g.max(behind, 0) };
        let of_distance = Literal {
            shape: vec![self.max_distance + 1],
            data: LiteralData::I64(buckets_of_distances(buckets, self.max_distance).into()),
        };
        let bucket = g.gather(g.constant(of_distance), 0, g.min(distance, self.max_distance));
        if !self.bidirectional {
            return bucket;
        }
        let is_ahead = g.cast(g.compare(Compare::Greater, ahead, 0), DType::I64);
        g.add(bucket, g.mul(is_ahead, buckets))
    }
}

/// No table of distances is longer.
const MOST_DISTANCES: usize = 1 << 18;

/// The bucket of each distance up to `max`, computed in single precision as transformers does.
fn buckets_of_distances(buckets: usize, max: usize) -> Vec<i64> {
    let exact = buckets / 2;
    let range = (max as f64 / exact as f64).ln() as f32;
    let bucket = |distance: usize| {
        if distance < exact {
            return distance as i64;
        }
        let wide = (distance as f32 / exact as f32).ln() / range * (buckets - exact) as f32;
        (exact + wide as usize).min(buckets - 1) as i64
    };
    (0..=max).map(bucket).collect()
}
