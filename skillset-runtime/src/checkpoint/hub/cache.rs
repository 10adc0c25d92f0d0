//! The hub's cache on disk.

use std::path::{Path, PathBuf};

/// A hub cache directory; see the module's documentation for the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubCache {
    dir: PathBuf,
}

impl HubCache {
    /// The cache in this directory, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The snapshot directory of a model at a revision (branch, tag or full commit), if the cache has one.
    pub fn snapshot(&self, id: &str, revision: &str) -> Option<PathBuf> {
        let model = self.dir.join(format!("models--{}", id.replace('/', "--")));
        let commit = std::fs::read_to_string(model.join("refs").join(revision));
        let commit = commit.map_or_else(|_| revision.to_owned(), |text| text.trim().to_owned());
        let plain = !commit.is_empty() && commit.chars().all(|c| c.is_ascii_alphanumeric());
        Some(model.join("snapshots").join(commit)).filter(|dir| plain && dir.is_dir())
    }
}

/// The directory that holds the token file and, by default, the cache: `HF_HOME`, else a folder of the user's
/// cache directory.
pub(super) fn hub_home(var: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let in_cache = |cache: PathBuf| cache.join("huggingface");
    let home = || var("HOME").or_else(|| var("USERPROFILE")).map(|home| PathBuf::from(home).join(".cache"));
    var("HF_HOME")
        .map(PathBuf::from)
        .or_else(|| var("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).map(in_cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_by_branch_and_commit() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("models--org--name");
        std::fs::create_dir_all(model.join("refs")).unwrap();
        std::fs::create_dir_all(model.join("snapshots/abc123")).unwrap();
        std::fs::write(model.join("refs/main"), "abc123\n").unwrap();
        std::fs::write(model.join("refs/evil"), "../../elsewhere").unwrap();
        let cache = HubCache::new(dir.path());
        assert_eq!(cache.snapshot("org/name", "main"), Some(model.join("snapshots/abc123")));
        assert_eq!(cache.snapshot("org/name", "abc123"), Some(model.join("snapshots/abc123")));
        assert_eq!(cache.snapshot("org/name", "evil"), None);
        assert_eq!(cache.snapshot("org/name", "v1"), None);
        assert_eq!(cache.snapshot("org/other", "main"), None);
    }
}
