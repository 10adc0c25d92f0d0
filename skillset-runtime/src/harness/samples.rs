//! Inputs for a task on a completed checkpoint.

use std::path::{Path, PathBuf};

use image::{ImageError, RgbImage};
use serde_json::{Value, json};

use super::complete::IMAGE;
use super::weights;
use crate::checkpoint::{CheckpointError, Reader, read_json};
use crate::model::{Processor, Task};
use crate::processors::ProcessorError;
use crate::processors::audio::FeatureExtractor;
use crate::processors::text::{Role, TextProcessor};

/// Inputs of different lengths or sizes in the JSON form of a task, and options under which equal inputs have
/// equal results.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The inputs.
    pub inputs: Vec<Value>,
    /// The options.
    pub options: Value,
}

/// Why no inputs can be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The tokenizer cannot be read.
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    /// The config is unusable.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An image cannot be written.
    #[error("{}: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ImageError,
    },
}

/// Of the words that a made tokenizer knows, few enough for a model of 16 positions.
const TEXTS: [&str; 5] = [
    "the river is calm",
    "we see a boat near the old town today",
    "today",
    "a calm town",
    "is the boat near a river",
];

impl Samples {
    /// Inputs for `task`. Images are written to `dir`, the folder of the completed checkpoint.
    ///
    /// # Errors
    /// If the config or the tokenizer is unusable, or an image cannot be written.
    pub fn of(task: &Task, dir: &Path) -> Result<Self, SampleError> {
        let inputs = match (task.processor, task.name) {
            (Processor::Image, _) => images(dir)?,
            (Processor::Text, "fill-mask") => {
                let processor = TextProcessor::from_dir(dir)?;
                let mask = processor.special_token(Role::Mask).unwrap_or_default();
                TEXTS.iter().map(|text| json!(format!("{mask} {text}"))).collect()
            }
            (Processor::Text, "question-answering") => {
                let question = |context: &&str| json!({ "question": "is the town old", "context": context });
                TEXTS.iter().map(question).collect()
            }
            (Processor::Text, _) => TEXTS.iter().map(|text| json!(text)).collect(),
            (Processor::Multimodal, _) if task.generates => {
                let image = |(image, text): (Value, &str)| json!({ "images": image, "text": format!("{IMAGE} {text}") });
                let texts = TEXTS.iter().skip(3).map(|text| json!(text));
                images(dir)?.into_iter().zip(TEXTS).map(image).chain(texts).collect()
            }
            (Processor::Series, _) => series(dir)?,
            (Processor::Multimodal, _) => images(dir)?,
            (Processor::Audio, _) => recordings(dir)?,
        };
        let options = match task.name {
            _ if task.generates => json!({ "do_sample": false, "max_new_tokens": 6 }),
            // A model of random weights is sure of nothing.
            "object-detection" => json!({ "threshold": 0.0 }),
            "image-segmentation" => {
                json!({ "threshold": 0.0, "mask_threshold": 0.0, "overlap_mask_area_threshold": 0.0 })
            }
            "zero-shot-image-classification" => {
                json!({ "candidate_labels": ["river", "boat", "town"], "hypothesis_template": "a {}" })
            }
            "mask-generation" => {
                json!({ "points_per_crop": 3, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0 })
            }
            _ => Value::Null,
        };
        Ok(Self { inputs, options })
    }
}

/// Recordings of different lengths.
fn recordings(dir: &Path) -> Result<Vec<Value>, SampleError> {
    let rate = FeatureExtractor::from_dir(dir)?.rate();
    let of = |length: usize| json!({ "sampling_rate": rate, "raw": weights::generate("recording", length as u64, 0.0, 0.5, length) });
    Ok([2400, 1600, 3100].map(of).into())
}

/// Two series of as many rows and channels as the model sees, and a longer one in which something was not observed.
fn series(dir: &Path) -> Result<Vec<Value>, SampleError> {
    let config = read_json(&dir.join("config.json"), "the checkpoint has to be written first")?;
    let config = Reader::new(&config, "config.json").map_err(CheckpointError::from)?;
    let size = |field: &str| config.usize(field, None).map_err(CheckpointError::from);
    let (rows, channels) = (size("context_length")?, size("num_input_channels")?);
    let of = |(number, rows): (u64, usize)| {
        let values = weights::generate("series", number, 0.0, 4.0, rows * channels);
        json!(values.chunks(channels.max(1)).collect::<Vec<_>>())
    };
    let mut inputs: Vec<Value> = [(0, rows), (1, rows), (2, rows + 3)].map(of).into();
    inputs[2][rows / 2][0] = Value::Null;
    Ok(inputs)
}

/// Three images of different sizes, of the same noise on every machine.
fn images(dir: &Path) -> Result<Vec<Value>, SampleError> {
    let mut inputs = vec![];
    for (width, height) in [(24, 24), (40, 17), (9, 32)] {
        let noise = weights::generate("image", u64::from(width), 0.5, 0.5, (width * height * 3) as usize);
        let bytes = noise.into_iter().map(|value| (value * 256.0) as u8).collect();
        let path = dir.join(format!("sample_{width}x{height}.png"));
        let image = RgbImage::from_raw(width, height, bytes).expect("there is a byte for every channel");
        image.save(&path).map_err(|source| SampleError::Image { path: path.clone(), source })?;
        inputs.push(json!(path));
    }
    Ok(inputs)
}
