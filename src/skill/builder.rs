//! Opening a skill with more to say than where its checkpoint is.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use skillset_runtime::checkpoint::CheckpointError;
use skillset_runtime::checkpoint::hub::{Downloads, HubCache, HubOptions, Quiet, Source, Token, Weights};
use skillset_runtime::tasks::{Progress, Watcher};

use super::placement::Preferences;
use super::{Assemble, Backend, Skill, SkillError};

/// Opens a skill `S`, whose own fields are `F`.
///
/// What is not set is as the attribute says, else as the environment says (`HF_HOME`, `HF_TOKEN`,
/// `HF_HUB_OFFLINE` and so on).
#[must_use = "a builder opens nothing before `from_pretrained`, `from_dir` or `load`"]
pub struct SkillBuilder<S, F = ()> {
    pub(super) fields: F,
    pub(super) preferences: Preferences,
    pub(super) hub: Hub,
    skill: PhantomData<fn() -> S>,
}

/// What is said about the hub.
#[derive(Default)]
pub(super) struct Hub {
    cache_dir: Option<PathBuf>,
    is_offline: Option<bool>,
    revision: Option<String>,
    token: Option<Token>,
    progress: Option<Box<dyn Downloads>>,
}

impl<S, F> SkillBuilder<S, F> {
    /// A builder with the author's own fields.
    pub fn new(fields: F) -> Self {
        Self { fields, preferences: Preferences::default(), hub: Hub::default(), skill: PhantomData }
    }

    /// Which of several devices of a backend to use, such as the second GPU. Default: 0, the first.
    pub fn device(mut self, number: usize) -> Self {
        self.preferences.device = number;
        self
    }

    /// How many threads to compute with; 0: all cores, the default.
    pub fn threads(mut self, count: usize) -> Self {
        self.preferences.threads = NonZeroUsize::new(count);
        self
    }

    /// The backends to try, in order, instead of the attribute's.
    pub fn backends(mut self, backends: impl IntoIterator<Item = Backend>) -> Self {
        self.preferences.backends = Some(backends.into_iter().collect());
        self
    }

    /// Whether only the first backend will do.
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.preferences.strict = Some(is_strict);
        self
    }

    /// The ONNX Runtime library, instead of the one that is found.
    pub fn onnx_library(mut self, path: impl Into<PathBuf>) -> Self {
        self.preferences.onnx_library = Some(path.into());
        self
    }

    /// How many inputs run together at most.
    pub fn batch_size(mut self, size: usize) -> Self {
        self.preferences.batch_size = Some(size);
        self
    }

    /// Is told how far calls are, as far as the task tells: speech recognition does, in seconds of sound.
    pub fn watch(mut self, told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.preferences.watcher = Watcher::new(told);
        self
    }

    /// The hub's cache directory.
    pub fn cache_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.hub.cache_dir = Some(path.into());
        self
    }

    /// Whether to read the cache only and never ask the hub.
    pub fn offline(mut self, is_offline: bool) -> Self {
        self.hub.is_offline = Some(is_offline);
        self
    }

    /// The branch, tag or commit of the checkpoint on the hub.
    pub fn revision(mut self, revision: impl Into<String>) -> Self {
        self.hub.revision = Some(revision.into());
        self
    }

    /// The access token of the hub; a blank one is none.
    pub fn token(mut self, token: &str) -> Self {
        self.hub.token = Token::new(token);
        self
    }

    /// Is told about downloads.
    pub fn progress(mut self, progress: impl Downloads + 'static) -> Self {
        self.hub.progress = Some(Box::new(progress));
        self
    }
}

impl<F, S: Assemble<F>> SkillBuilder<S, F> {
    /// Opens a checkpoint: a directory, or an id on the Hugging Face hub.
    ///
    /// # Errors
    /// If the checkpoint cannot be had, is damaged or of another model type, or no backend works.
    pub fn from_pretrained(mut self, source: &str) -> Result<S, SkillError> {
        let dir = self.hub.fetch(source, S::DEFINITION.origin.weights())?;
        self.from_dir(dir)
    }

    /// Opens a checkpoint directory.
    ///
    /// # Errors
    /// As [`from_pretrained`](Self::from_pretrained).
    pub fn from_dir(self, dir: impl AsRef<Path>) -> Result<S, SkillError> {
        let skill = Skill::place(&S::DEFINITION, &S::settings(), &self.preferences, dir.as_ref())?;
        Ok(S::assemble(skill, self.fields))
    }

    /// Opens the default checkpoint, which the attribute names.
    ///
    /// # Errors
    /// As [`from_pretrained`](Self::from_pretrained), or if there is no default checkpoint.
    pub fn load(mut self) -> Result<S, SkillError> {
        let source = S::DEFINITION.checkpoint.ok_or(SkillError::NoCheckpoint)?;
        if self.hub.revision.is_none() {
            self.hub.revision = S::DEFINITION.revision.map(str::to_owned);
        }
        self.from_pretrained(source)
    }
}

impl Hub {
    /// The checkpoint's directory, after fetching what is missing.
    pub(super) fn fetch(&mut self, source: &str, weights: Weights<'_>) -> Result<PathBuf, CheckpointError> {
        let source = match (Source::parse(source)?, self.revision.take()) {
            (Source::Hub { id, .. }, Some(revision)) => Source::parse(&format!("{id}@{revision}"))?,
            (source, _) => source,
        };
        if let Source::Directory(dir) = source {
            return Ok(dir);
        }
        let mut options = self.options()?;
        options.offline = self.is_offline.unwrap_or(options.offline);
        options.token = self.token.take().or(options.token);
        source.fetch(weights, &options, self.progress.as_deref_mut().unwrap_or(&mut Quiet))
    }

    /// The environment's options; it need not know a cache where one is given.
    fn options(&mut self) -> Result<HubOptions, CheckpointError> {
        match (HubOptions::from_env(), self.cache_dir.take()) {
            (Ok(options), Some(dir)) => Ok(HubOptions { cache: HubCache::new(dir), ..options }),
            (options, _) => options,
        }
    }
}

impl<S, F> fmt::Debug for SkillBuilder<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkillBuilder").finish_non_exhaustive()
    }
}
