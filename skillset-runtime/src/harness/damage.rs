//! Ways to spoil a checkpoint, for tests of what is said about it.

use std::fs;
use std::io;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;

/// What can be wrong with a checkpoint that was a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// `config.json` names a model type that no skill is for.
    ModelType,
    /// `config.json` is no JSON.
    Config,
    /// Half of `model.safetensors` is missing, as after a broken download.
    Truncation,
    /// Every weight has an axis too many.
    Shapes,
    /// Every weight has another name.
    Names,
    /// Every weight is NaN.
    NotANumber,
}

impl Damage {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ModelType, Self::Config, Self::Truncation, Self::Shapes, Self::Names, Self::NotANumber];

    /// The file that is damaged.
    pub fn file(self) -> &'static str {
        match self {
            Self::ModelType | Self::Config => "config.json",
            _ => "model.safetensors",
        }
    }

    /// Spoils the checkpoint in `dir`.
    ///
    /// # Errors
    /// If the file cannot be read or written, or was damaged before.
    pub fn apply(self, dir: &Path) -> io::Result<()> {
        let path = dir.join(self.file());
        let bytes = fs::read(&path)?;
        let spoiled = match self {
            Self::ModelType => {
                let mut config: Value = serde_json::from_slice(&bytes)?;
                config["model_type"] = "no-such-model-type".into();
                config.to_string().into_bytes()
            }
            Self::Config | Self::Truncation => bytes[..bytes.len() / 2].to_vec(),
            Self::Shapes => rewrite(&bytes, |name, view| {
                let shape = [&[1], view.shape()].concat();
                (name.to_owned(), shape, view.data().to_vec())
            })?,
            Self::Names => rewrite(&bytes, |name, view| {
                (format!("no.such.{name}"), view.shape().to_vec(), view.data().to_vec())
            })?,
            // All ones are NaN in every format of floats.
            Self::NotANumber => rewrite(&bytes, |name, view| {
                (name.to_owned(), view.shape().to_vec(), vec![0xFF; view.data().len()])
            })?,
        };
        fs::write(path, spoiled)
    }
}

/// The file with other names, shapes or bytes.
fn rewrite(
    bytes: &[u8],
    change: impl Fn(&str, &TensorView<'_>) -> (String, Vec<usize>, Vec<u8>),
) -> io::Result<Vec<u8>> {
    let file = SafeTensors::deserialize(bytes).map_err(io::Error::other)?;
    let changed: Vec<_> = file.iter().map(|(name, view)| (view.dtype(), change(name, &view))).collect();
    let mut views = vec![];
    for (dtype, (name, shape, data)) in &changed {
        let view = TensorView::new(*dtype, shape.clone(), data).map_err(io::Error::other)?;
        views.push((name.as_str(), view));
    }
    safetensors::serialize(views, None).map_err(io::Error::other)
}
