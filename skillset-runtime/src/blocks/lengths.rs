//! How much of each row is real, behind layers that shorten it.

use crate::ir::{Compare, Dim, Scope, Value};

/// What a convolution without padding makes of the lengths of rows, `⌊(length − kernel) / stride⌋ + 1`.
#[derive(Clone, Debug)]
pub struct ConvLength {
    /// Lengths, `i64[batch]`, or a mask `i64[batch, length]` that has a 1 where something is real; none: no row is padded.
    pub of: Option<Value>,
    /// Taps of a kernel.
    pub kernel: usize,
    /// Steps between the places that a kernel is put.
    pub stride: usize,
}

impl ConvLength {
    /// Lengths behind a convolution of step 1.
    pub fn new(of: Option<Value>, kernel: usize) -> Self {
        Self { of, kernel, stride: 1 }
    }

    /// Adds the lengths, `i64[batch]`.
    pub fn build(self, g: &Scope) -> Option<Value> {
        // Engines divide integers towards zero, so lengths below the kernel's are divided far above it.
        const LIFT: usize = 1 << 20;
        let of = self.of?;
        if self.stride == 0 {
            g.fail("a stride is at least 1, found 0");
            return Some(of);
        }
        let lengths = if g.shape(of).len() > 1 { g.sum(of, -1) } else { of };
        let lifted = g.sub(g.add(lengths, LIFT * self.stride), self.kernel);
        Some(g.sub(g.div(lifted, self.stride), LIFT - 1))
    }
}

/// Which places of each row are real, from lengths.
///
/// As transformers' `_get_feature_vector_attention_mask` does: a row of length 0 is real to the end.
#[derive(Clone, Debug)]
pub struct LengthMask {
    /// Lengths, `i64[batch]`; none: every row is real to the end.
    pub of: Option<Value>,
    /// Places of a row.
    pub length: Dim,
}

impl LengthMask {
    /// A mask.
    pub fn new(of: Option<Value>, length: Dim) -> Self {
        Self { of, length }
    }

    /// Adds the mask, `bool[batch, length]`.
    pub fn build(self, g: &Scope) -> Option<Value> {
        let lengths = self.of?;
        // The last real place, counted from the end where that is before the first one.
        let last = g.sub(lengths, 1usize);
        let from_end = g.add(last, g.size(self.length.clone()));
        let last = g.where_(g.compare(Compare::Less, last, 0.0), from_end, last);
        let places = g.unsqueeze(g.iota(0, self.length), 0);
        Some(g.compare(Compare::LessOrEqual, places, g.unsqueeze(last, 1)))
    }
}
