//! Text generation: from prompts to new tokens, one step at a time.
//!
//! A [`Generator`] has a program whose graph keeps its keys and values, and parameters. It starts a
//! [`Generation`], an iterator over decoding steps: the first runs the prompts, padded on the left to the
//! longest of them, each later one runs one token a row. What a step does to the scores is a list of
//! [logits processors](logits), in the order of transformers' `generate`; when a row ends is up to its stop
//! criteria. An [`EncoderDecoder`] has an encoder too, which runs once for a batch; every step of its decoder is
//! given what that made. A [`MultimodalGenerator`] has an encoder of images, whose features stand in the place of tokens of
//! the prompts. Rows do not influence each other: a row becomes the same whatever batch it is in. With beams
//! a prompt has several rows, of which only the end tells which go on ([`Generator::generate`]).

mod batch;
mod beam;
mod config;
mod decoding;
mod encoder_decoder;
mod error;
mod generation;
mod generator;
mod inputs;
pub mod logits;
mod multimodal;
mod recompute;
mod sampler;
mod stop;
#[cfg(test)]
mod tests;
mod unsupported;

pub use config::{EarlyStopping, GenerationConfig};
pub use encoder_decoder::{Encoded, EncoderDecoder};
pub use error::GenerateError;
pub use generation::{Generation, NewToken, Sequence, Step};
pub use generator::Generator;
pub use multimodal::{Features, MultimodalGenerator};
pub use stop::{Detokenize, FinishReason};
