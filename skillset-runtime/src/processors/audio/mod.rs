//! Recordings to the tensors of an audio model, as `preprocessor_config.json` says.
//!
//! Each class of transformers' feature extractors is a file of its own over pieces that follow `audio_utils`:
//! windows, mel filters, spectrograms, padding.

mod ast;
mod decode;
mod extract;
mod mel;
mod normalize;
mod pad;
mod resample;
mod seamless;
mod settings;
mod spectrogram;
mod sum;
#[cfg(test)]
mod tests;
mod waveform;
mod whisper;
mod window;

pub use decode::Audio;
pub use extract::{FeatureBatch, FeatureExtractor};
