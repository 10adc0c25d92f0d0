//! Choosing an engine by name.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::candle::{CandleEngine, CandleOptions};
use super::onnx::{OnnxEngine, OnnxOptions};
use super::{Device, Engine, EngineError};

/// What executes graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// The native engine; nothing to install.
    #[default]
    Candle,
    /// ONNX Runtime.
    Onnx,
}

impl EngineKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Candle, Self::Onnx];

    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candle => "candle",
            Self::Onnx => "onnx",
        }
    }
}

/// A name that is no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown engine {0:?}; the engines are candle and onnx")]
pub struct UnknownEngine(String);

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}

/// How to open an engine.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// Which one.
    pub kind: EngineKind,
    /// What it runs on.
    pub device: Device,
    /// The ONNX Runtime library; none: it is searched for.
    pub library: Option<PathBuf>,
    /// Threads to use; none: all cores.
    pub threads: Option<NonZeroUsize>,
}

impl EngineOptions {
    /// Opens the engine.
    ///
    /// # Errors
    /// If its library is missing or unusable, or it does not run on the device.
    pub fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(match self.kind {
            EngineKind::Candle => {
                let options = CandleOptions { threads: self.threads, ..CandleOptions::default() };
                Arc::new(CandleEngine::with_options(self.device.for_candle()?, options)?)
            }
            EngineKind::Onnx => {
                let (provider, device) = self.device.for_onnx()?;
                let (library, threads) = (self.library.clone(), self.threads.map(NonZeroUsize::get));
                Arc::new(OnnxEngine::new(OnnxOptions { library, provider, device, threads })?)
            }
        })
    }
}
