//! The model types of this build, by name.
//!
//! Every type that transformers knows is here as an [`Entry`]: what transformers says of it, and, where somebody
//! has written one, the architecture that runs it.
//!
//! ```
//! # #[cfg(feature = "text")] {
//! use skillset::registry;
//!
//! let entry = registry::get("bert")?;
//! assert!(entry.is_verified());
//! assert!(registry::architecture("bert")?.task("fill-mask").is_ok());
//! assert_eq!(registry::resolve("bigbird")?.entry.model_type(), "big_bird");
//! # }
//! # Ok::<(), skillset::registry::RegistryError>(())
//! ```

mod entry;
mod error;
mod summary;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryTask};
pub use error::RegistryError;
pub use summary::Summary;

use crate::models;
use crate::runtime::model::{EarlierName, Meaning, ModelType, nearest};

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub struct Resolved {
    /// The model type.
    pub entry: Entry,
    /// Why the name stands for it, where it is not its own.
    pub why: Option<&'static str>,
}

/// Every model type, in order of their names.
pub fn all() -> impl ExactSizeIterator<Item = Entry> {
    models::METADATA.iter().map(|metadata| Entry::new(metadata))
}

/// The model type called `model_type` in a `config.json`.
pub fn find(model_type: &str) -> Option<Entry> {
    let found = models::METADATA.binary_search_by(|metadata| metadata.model_type.cmp(model_type)).ok()?;
    Some(Entry::new(models::METADATA[found]))
}

/// As [`find`], with an error that suggests what could be meant.
///
/// # Errors
/// If this build has no such model type.
pub fn get(model_type: &str) -> Result<Entry, RegistryError> {
    find(model_type).ok_or_else(|| unknown(model_type))
}

/// What runs the model type called `model_type` in a `config.json`.
///
/// # Errors
/// If this build has no such model type, or no architecture for it.
pub fn architecture(model_type: &str) -> Result<&'static ModelType, RegistryError> {
    get(model_type)?.architecture()
}

/// The model type that `name` stands for: its own name, another spelling, or the name of checkpoints of it.
///
/// # Errors
/// If there is no such model type; says why, where that is known.
pub fn resolve(name: &str) -> Result<Resolved, RegistryError> {
    if let Some(entry) = find(name) {
        return Ok(Resolved { entry, why: None });
    }
    match earlier_name(name) {
        Some(Meaning::Alias { model_type, why }) => Ok(Resolved { entry: get(model_type)?, why: Some(why) }),
        _ => Err(unknown(name)),
    }
}

/// What was found out about a name that is no model type.
fn earlier_name(name: &str) -> Option<Meaning> {
    models::EARLIER_NAMES.iter().find(|known| known.name == name).map(|EarlierName { means, .. }| *means)
}

/// Why there is no model type called `name`.
fn unknown(name: &str) -> RegistryError {
    let name = name.to_owned();
    match earlier_name(&name) {
        Some(Meaning::Alias { model_type, why }) => RegistryError::Alias { name, model_type, why },
        Some(Meaning::Note(note)) => RegistryError::Absent { name, note },
        None => RegistryError::Unknown { suggestion: suggest(&name), model_type: name },
    }
}

/// The name that was most likely meant: one that differs in case and separators only, else the nearest.
fn suggest(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '.', ' '], "-");
    let names = || models::METADATA.iter().map(|metadata| metadata.model_type);
    names().find(|known| plain(known) == plain(name)).or_else(|| nearest(name, names()))
}
