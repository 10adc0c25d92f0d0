//! Model ids: fetching a checkpoint from the Hugging Face hub, or finding it in the hub's cache.
//!
//! The cache is the one that every other tool shares (`HF_HUB_CACHE`, `HF_HOME/hub`, or
//! `~/.cache/huggingface/hub`), in its documented layout: `models--org--name/refs/main` holds a commit, and
//! `snapshots/<commit>/` the files.

mod cache;
mod fetch;

use std::path::{Path, PathBuf};

use super::CheckpointError;

pub use cache::HubCache;
pub use fetch::{Downloads, Quiet, Token, Weights};

/// Where a checkpoint comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A local directory.
    Directory(PathBuf),
    /// A model on the hub: `org/name`, or `name` for the few models without an organisation.
    Hub {
        /// The model id.
        id: String,
        /// Branch, tag or commit; `main` unless given as `org/name@revision`.
        revision: String,
    },
}

impl Source {
    /// Tells directories from model ids. What exists as a directory is one, and so is anything that is written
    /// like a path (`./x`, `/x`, `x/y/z`). Otherwise it must be a valid model id, optionally with `@revision`.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let path = Path::new(text);
        let looks_like_path = path.is_absolute()
            || text.starts_with('.')
            || text.starts_with('~')
            || text.contains('\\')
            || text.matches('/').count() > 1 && !text.contains('@');
        if path.is_dir() || (looks_like_path && !text.is_empty()) {
            return Ok(Self::Directory(path.to_owned()));
        }
        let (id, revision) = text.split_once('@').unwrap_or((text, "main"));
        if !is_model_id(id) || !is_revision(revision) {
            let message = "expected a directory, or a model id such as \"org/name\" or \"org/name@revision\"";
            return Err(CheckpointError::Hub { repo: format!("{text:?}"), message: message.to_owned() });
        }
        Ok(Self::Hub { id: id.to_owned(), revision: revision.to_owned() })
    }

    /// The local directory of the checkpoint, after fetching what is missing. The small files (config, tokenizer, …)
    /// are always fetched, and of the weights those that are named.
    pub fn fetch(
        &self,
        weights: Weights<'_>,
        options: &HubOptions,
        downloads: &mut dyn Downloads,
    ) -> Result<PathBuf, CheckpointError> {
        match self {
            Self::Directory(dir) => Ok(dir.clone()),
            Self::Hub { id, revision } => fetch::fetch(id, revision, weights, options, downloads),
        }
    }
}

/// How to use the hub. [`from_env`](HubOptions::from_env) follows the variables of Hugging Face's own tools.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// The cache directory.
    pub cache: HubCache,
    /// Only read the cache, never the network.
    pub offline: bool,
    /// The access token, for gated and private models.
    pub token: Option<Token>,
    /// The hub's address; `None` for the public one.
    pub endpoint: Option<String>,
}

impl HubOptions {
    /// Reads `HF_HUB_CACHE`, `HF_HOME`, `HF_HUB_OFFLINE`, `HF_TOKEN` (or the token file that logging in
    /// writes) and `HF_ENDPOINT`.
    pub fn from_env() -> Result<Self, CheckpointError> {
        Self::from_vars(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, CheckpointError> {
        let home = cache::hub_home(&var);
        let dir = var("HF_HUB_CACHE").map(PathBuf::from);
        let dir = dir.or_else(|| Some(home.as_ref()?.join("hub"))).ok_or_else(|| {
            let message = "no home directory is known; set HF_HOME to a directory for the hub's cache";
            CheckpointError::Hub { repo: "hub cache".to_owned(), message: message.to_owned() }
        })?;
        let truthy = |value: String| ["1", "true", "yes", "on"].contains(&value.to_lowercase().as_str());
        let token_file = var("HF_TOKEN_PATH").map(PathBuf::from).or_else(|| Some(home?.join("token")));
        let from_file = || std::fs::read_to_string(token_file?).ok();
        Ok(Self {
            cache: HubCache::new(dir),
            offline: var("HF_HUB_OFFLINE").is_some_and(truthy),
            token: var("HF_TOKEN").or_else(from_file).and_then(|text| Token::new(&text)),
            endpoint: var("HF_ENDPOINT"),
        })
    }
}

/// `name` or `org/name`, with the hub's rules for each part.
fn is_model_id(id: &str) -> bool {
    let part = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty()
            && part.len() <= 96
            && part.chars().all(allowed)
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['-', '.'])
            && !part.contains("..")
            && !part.contains("--")
    };
    id.matches('/').count() <= 1 && id.split('/').all(part)
}

/// Revisions become path components in the cache, so they must not climb out of it.
fn is_revision(revision: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let climbs = |part: &str| part.is_empty() || part == "." || part == "..";
    revision.chars().all(allowed) && !revision.split('/').any(climbs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let hub = |id: &str, revision: &str| Source::Hub { id: id.to_owned(), revision: revision.to_owned() };
        assert_eq!(Source::parse("org/name").unwrap(), hub("org/name", "main"));
        assert_eq!(Source::parse("gpt2").unwrap(), hub("gpt2", "main"));
        assert_eq!(Source::parse("org/name@refs/pr/1").unwrap(), hub("org/name", "refs/pr/1"));
        for path in ["./model", "/a/b", "a/b/c", "../x"] {
            assert_eq!(Source::parse(path).unwrap(), Source::Directory(path.into()));
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        assert_eq!(Source::parse(path).unwrap(), Source::Directory(path.into()));
        for bad in ["", "org/na me", "org/name@", "org/name@../../x", "org/..", "a--b", "@main"] {
            let error = Source::parse(bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{bad:?}: expected a directory, or a model id")), "{error}");
        }
    }

    #[test]
    fn options_from_variables() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "hf_file\n").unwrap();
        let home = dir.path().to_str().unwrap().to_owned();
        let read = |vars: &[(&str, &str)]| {
            let vars: Vec<_> = vars.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            HubOptions::from_vars(|name| vars.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()))
        };
        let options = read(&[("HF_HOME", &home), ("HF_HUB_OFFLINE", "1")]).unwrap();
        assert_eq!(options.cache.dir(), dir.path().join("hub"));
        assert!(options.offline);
        assert_eq!(options.token, Token::new("hf_file"));
        let options = read(&[("HF_HOME", &home), ("HF_HUB_CACHE", "/c"), ("HF_TOKEN", "hf_var")]).unwrap();
        assert_eq!(options.cache.dir(), Path::new("/c"));
        assert!(!options.offline);
        assert_eq!(options.token, Token::new("hf_var"));
        assert!(!format!("{options:?}").contains("hf_var"));
        assert!(read(&[]).unwrap_err().to_string().contains("set HF_HOME"));
    }
}
