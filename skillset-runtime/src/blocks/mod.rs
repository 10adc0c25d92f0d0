//! Blocks: functions that add a well-known piece to a graph.
//!
//! A block is a struct of its parameters with `new` (what it must be given; the rest has defaults) and
//! `build` (adds nodes and parameters at a [`Scope`](crate::ir::Scope)). A spec names it in snake case
//! and sets its fields: `{ "do": "attention", "of": "x", "heads": "num_attention_heads" }`.
//! The code generator learns the blocks by reading this folder, so a new block is one new file and a line here.

mod attention;
mod causal_conv;
mod conv;
mod conv_transpose;
mod embedding;
mod gated_rms_norm;
mod last_token;
mod layer_mixture;
mod lengths;
mod linear;
mod masked_scatter;
mod mlp;
mod norm;
mod packed_sequences;
mod padding_mask;
mod parameter;
mod patch_decoder;
mod patch_embeddings;
mod positions;
mod resample;
mod rope_parameters;
mod rotary_embedding;
mod selective_scan;
mod statistics_pooling;
mod tdnn;
mod tied_linear;
mod token_embeddings;
mod zero_padding;

pub use attention::{Attention, AttentionNames};
pub use causal_conv::CausalConv;
pub use conv::{Conv1d, Conv2d};
pub use conv_transpose::ConvTranspose2d;
pub use embedding::Embedding;
pub use gated_rms_norm::GatedRmsNorm;
pub use last_token::LastToken;
pub use layer_mixture::LayerMixture;
pub use lengths::{ConvLength, LengthMask};
pub use linear::Linear;
pub use masked_scatter::MaskedScatter;
pub use mlp::{GatedMlp, GatedMlpNames, Mlp, MlpNames};
pub use norm::{GroupNorm, LayerNorm, RmsNorm};
pub use packed_sequences::PackedSequences;
pub use padding_mask::PaddingMask;
pub use parameter::Parameter;
pub use patch_decoder::PatchDecoder;
pub use patch_embeddings::{PatchEmbeddings, PatchEmbeddingsNames};
pub use positions::{PaddedPositions, Positions, TokenTypes};
pub use rope_parameters::{RopeParameters, RopeScaling};
pub use rotary_embedding::{Rope, RotaryEmbedding};
pub use selective_scan::SelectiveScan;
pub use statistics_pooling::StatisticsPooling;
pub use tdnn::Tdnn;
pub use tied_linear::TiedLinear;
pub use token_embeddings::TokenEmbeddings;
pub use zero_padding::ZeroPadding;
