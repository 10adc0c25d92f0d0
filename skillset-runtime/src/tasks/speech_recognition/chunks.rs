//! Long recordings in overlapping chunks: `chunk_iter` and `rescale_stride` of transformers' pipeline.

use std::ops::Range;

/// How recordings are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunking {
    /// Not at all.
    Whole,
    /// Into chunks of this many samples.
    Chunks {
        /// Samples of a chunk.
        length: usize,
        /// Those of them that are context.
        stride: Stride,
    },
}

/// What of a chunk is context for the rest, in samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stride {
    left: usize,
    right: usize,
}

/// A part of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub samples: Range<usize>,
    /// None in a recording that is not cut.
    pub stride: Option<Stride>,
}

impl Chunking {
    /// Chunks of so many seconds, at boundaries of frames of `frame` samples.
    ///
    /// # Errors
    /// If context leaves nothing of a chunk.
    pub(super) fn new(
        seconds: f64,
        stride: Option<[f64; 2]>,
        rate: usize,
        frame: usize,
    ) -> Result<Self, String> {
        let samples =
            |seconds: f64| (seconds * rate as f64 / frame as f64).round_ties_even() as usize * frame;
        let [left, right] = stride.unwrap_or([seconds / 6.0; 2]);
        let (length, left, right) = (samples(seconds), samples(left), samples(right));
        if length <= left + right {
            return Err(format!(
                "chunk_length_s: expected more than both strides, {} samples, found {length}",
                left + right
            ));
        }
        Ok(Self::Chunks { length, stride: Stride { left, right } })
    }

    /// The chunks of a recording.
    pub(super) fn chunks(self, samples: usize) -> Vec<Chunk> {
        let Self::Chunks { length, stride } = self else {
            return vec![Chunk { samples: 0..samples, stride: None }];
        };
        let mut chunks = vec![];
        for start in (0..samples).step_by(length - stride.left - stride.right) {
            let end = start + length;
            let is_last = end >= samples;
            let left = if start == 0 { 0 } else { stride.left };
            let right = if is_last { 0 } else { stride.right };
            let range = start..end.min(samples);
            if range.len() > left {
                chunks.push(Chunk { samples: range, stride: Some(Stride { left, right }) });
            }
            if is_last {
                break;
            }
        }
        chunks
    }
}

impl Chunk {
    /// How many samples are not context.
    pub(super) fn own_samples(&self) -> usize {
        let context = self.stride.map_or(0, |stride| stride.left + stride.right);
        self.samples.len().saturating_sub(context)
    }
}

impl Stride {
    /// What is context at the left and at the right of a chunk, in seconds.
    pub(super) fn seconds(self, rate: usize) -> [f64; 2] {
        [self.left, self.right].map(|samples| samples as f64 / rate as f64)
    }

    /// The frames that are not context, of `frames` that `samples` became at `frame` samples each.
    pub(super) fn frames(self, samples: usize, frame: usize, frames: usize) -> Range<usize> {
        let count = (samples as f64 * (1.0 / frame as f64)).round_ties_even();
        let part = |stride: usize| (stride as f64 / samples as f64 * count).round_ties_even() as usize;
        let end = (count as usize).saturating_sub(part(self.right)).min(frames);
        part(self.left).min(end)..end
    }
}
