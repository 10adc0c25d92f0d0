//! The registry in numbers.

use std::collections::BTreeSet;
use std::fmt;

use super::Entry;
use crate::runtime::model::Modality;

/// How many model types there are, of what kind, and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Model types.
    pub total: usize,
    /// Model types of each modality.
    pub modalities: Vec<(Modality, usize)>,
    /// Model types with a task that was measured against transformers.
    pub verified: usize,
    /// Different tasks.
    pub tasks: usize,
    /// Different tasks that were measured, of any model type.
    pub verified_tasks: usize,
}

impl Summary {
    /// Counts `entries`.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let count = |modality| entries.iter().filter(|entry| entry.modality() == Some(modality)).count();
        let tasks: Vec<_> = entries.iter().flat_map(|entry| entry.tasks()).collect();
        let names: BTreeSet<&str> = tasks.iter().map(|task| task.name).collect();
        let measured = tasks.iter().filter(|task| !task.support.is_empty());
        let verified: BTreeSet<&str> = measured.map(|task| task.name).collect();
        Self {
            total: entries.len(),
            modalities: Modality::ALL.map(|modality| (modality, count(modality))).to_vec(),
            verified: entries.iter().filter(|entry| entry.is_verified()).count(),
            tasks: names.len(),
            verified_tasks: verified.len(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modalities = self.modalities.iter().filter(|(_, count)| *count > 0);
        let modalities: Vec<String> =
            modalities.map(|(modality, count)| format!("{modality} {count}")).collect();
        let Self { total, verified, tasks, verified_tasks, .. } = self;
        write!(f, "{total} model types ({}), {verified} verified; ", modalities.join(", "))?;
        write!(f, "{tasks} tasks, {verified_tasks} verified")
    }
}
