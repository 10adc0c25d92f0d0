//! Images to pixel tensors, as `preprocessor_config.json` says.
//!
//! The result is that of transformers' processors with the PIL backend, to the last bit for lossless files:
//! `decode` reads as PIL's `Image.open` does, `resample` is Pillow's own fixed-point resampling, and the
//! arithmetic of `pixels` rounds where transformers' rounds.

mod classes;
mod decode;
mod geometry;
mod pixels;
mod process;
mod resample;
mod settings;
#[cfg(test)]
mod tests;

pub use classes::{DetectionRule, SegmentationRule};
pub use decode::Image;
pub use process::{ImageProcessor, PixelBatch, SizeGroup};
pub use resample::{Filter, resize};
pub use settings::{ImageSettings, Pad, Size};
