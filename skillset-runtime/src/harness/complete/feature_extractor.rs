//! A feature extractor that fits a config.

use std::path::Path;

use serde_json::json;

use super::write_json;
use crate::checkpoint::{CheckpointError, Reader};
use crate::model::ModelType;

/// Samples from one frame of a spectrogram to the next.
const HOP: usize = 160;
/// Frames that an encoder of spectrograms makes one position of.
const FRAMES: usize = 2;
/// Samples a second, where a model does not ask for others.
const RATE: usize = 16_000;

/// Writes `preprocessor_config.json`: samples as they are where those are the model's input, else spectrograms of as many
/// frames as the encoder has positions for.
pub(super) fn write(model_type: &ModelType, config: &Reader<'_>, dir: &Path) -> Result<(), CheckpointError> {
    let is_waveform = model_type.inputs.iter().any(|input| input.name == "input_values");
    let settings = if is_waveform {
        json!({
            "feature_extractor_type": "Wav2Vec2FeatureExtractor",
            "feature_size": 1,
            "sampling_rate": RATE,
            "padding_value": 0.0,
            "do_normalize": true,
            "return_attention_mask": true,
        })
    } else {
        let samples = config.positive("max_source_positions", None)? * FRAMES * HOP;
        // A window is whole seconds: that of a tiny model is one of a slow clock.
        let (rate, seconds) =
            if samples.is_multiple_of(RATE) { (RATE, samples / RATE) } else { (samples, 1) };
        json!({
            "feature_extractor_type": "WhisperFeatureExtractor",
            "feature_size": config.positive("num_mel_bins", None)?,
            "sampling_rate": rate,
            "chunk_length": seconds,
            "hop_length": HOP,
            "n_fft": 400,
            "padding_value": 0.0,
            "return_attention_mask": false,
        })
    };
    write_json(&dir.join("preprocessor_config.json"), &settings)
}
