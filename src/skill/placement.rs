//! The first backend that works.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use skillset_runtime::engine::{Engine, EngineKind, EngineOptions, probe};
use skillset_runtime::tasks::Watcher;

use super::{Backend, Definition, Origin, SkillError};

/// Where a skill runs, and what was tried before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The backend.
    pub backend: Backend,
    /// The engine's own name for it.
    pub engine: String,
    /// What was preferred, and why it cannot be used.
    pub refused: Vec<Refusal>,
}

/// One engine that cannot be used for a backend. A backend that two engines serve may be refused by both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The backend.
    pub backend: Backend,
    /// The engine, why it does not work, and what helps.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.backend, self.reason)
    }
}

/// Refusals in one line.
pub(super) fn reasons(refused: &[Refusal]) -> String {
    refused.iter().map(Refusal::to_string).collect::<Vec<_>>().join("; ")
}

/// What a user wants otherwise than the skill's definition.
#[derive(Default)]
pub(crate) struct Preferences {
    pub backends: Option<Vec<Backend>>,
    pub strict: Option<bool>,
    /// Which of several devices of a backend.
    pub device: usize,
    pub threads: Option<NonZeroUsize>,
    pub onnx_library: Option<PathBuf>,
    pub batch_size: Option<usize>,
    /// Who is told how far calls are.
    pub watcher: Watcher,
}

/// What shall be placed.
pub(crate) struct Wanted<'a> {
    pub task: &'a str,
    /// In order of preference.
    pub backends: &'a [Backend],
    /// Whether only the first will do.
    pub strict: bool,
    /// The file of a graph that others exported, which only ONNX Runtime reads.
    pub exported: Option<&'a str>,
}

impl From<&Definition> for Wanted<'static> {
    fn from(definition: &Definition) -> Self {
        let Definition { origin, task, backends, strict, .. } = *definition;
        let exported = if let Origin::Exported(file) = origin { Some(file) } else { None };
        Self { task, backends, strict, exported }
    }
}

/// Opens the first backend with an engine that runs a small graph.
pub(crate) fn place(
    wanted: &Wanted<'_>,
    preferences: &Preferences,
) -> Result<(Arc<dyn Engine>, Placement), SkillError> {
    let backends = preferences.backends.as_deref().unwrap_or(wanted.backends);
    let is_strict = preferences.strict.unwrap_or(wanted.strict);
    let mut refused = vec![];
    for &backend in backends {
        let mut candidates = backend.candidates(preferences.device);
        candidates.retain(|(kind, _)| *kind == EngineKind::Onnx || wanted.exported.is_none());
        if let (true, Some(file)) = (candidates.is_empty(), wanted.exported) {
            let reason =
                format!("candle cannot run {file}: only ONNX Runtime reads ONNX files; name onnx_cpu");
            refused.push(Refusal { backend, reason });
        }
        for (kind, device) in candidates {
            let library = preferences.onnx_library.clone();
            let options = EngineOptions { kind, device, library, threads: preferences.threads };
            match probe::open(&options) {
                Ok(engine) => {
                    let placement = Placement { backend, engine: engine.name(), refused };
                    return Ok((engine, placement));
                }
                Err(error) => {
                    let refusal = Refusal { backend, reason: error.to_string() };
                    tracing::warn!("skill for {}: {refusal}", wanted.task);
                    refused.push(refusal);
                }
            }
        }
        if is_strict {
            return Err(SkillError::Strict(refused));
        }
    }
    Err(SkillError::NoBackend(refused))
}
