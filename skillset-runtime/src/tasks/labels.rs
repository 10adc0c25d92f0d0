//! A classifier's classes as a type.

use std::fmt::Debug;

use super::error::TaskError;
use crate::checkpoint::{Checkpoint, ConfigError, Labels as ConfigLabels};

/// The classes of a classifier, as an enum without fields: `#[derive(skillset::Labels)]` implements it.
///
/// A class id is the place of the variant. The names are held against `id2label` of the config when a checkpoint
/// is opened, see [`Labelled`](super::Labelled).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the classes of a classifier",
    label = "it is no enum that derives `Labels`",
    note = "add `#[derive(Clone, Copy, Debug, PartialEq, Eq, skillset::Labels)]` to the enum"
)]
pub trait Labels: Copy + Eq + Debug + Send + Sync + 'static {
    /// The classes' names, by id.
    const NAMES: &'static [&'static str];
    /// Which of the names are the config's to the letter; those of the others may differ in ASCII case.
    const EXACT: &'static [bool];

    /// The class of an id.
    fn from_id(id: usize) -> Option<Self>;

    /// The class's id.
    fn id(self) -> usize;

    /// The class's name.
    fn name(self) -> &'static str {
        Self::NAMES[self.id()]
    }
}

/// The name of a class that a model of `task` gave.
///
/// # Errors
/// If the config does not name it.
pub(super) fn name_of(task: &'static str, labels: &ConfigLabels, class: usize) -> Result<String, TaskError> {
    labels.get(class).map(str::to_owned).ok_or_else(|| TaskError::Model {
        task,
        problem: format!("the model gave class {class}, which id2label of its config does not name"),
    })
}

/// What differs between the classes of an enum and those of a config.
#[derive(Default)]
struct Differences {
    missing: Vec<String>,
    unknown: Vec<String>,
    misplaced: Vec<String>,
}

/// So many of a kind are listed in a message.
const MOST_LISTED: usize = 8;

/// Checks that the checkpoint has exactly the classes of `L`, in their order.
///
/// # Errors
/// Lists the classes that it lacks, those that the enum lacks, and those that have another id.
pub(super) fn check<L: Labels>(checkpoint: &Checkpoint) -> Result<(), ConfigError> {
    let labels = checkpoint.labels()?;
    match Differences::between::<L>(&labels) {
        None => Ok(()),
        Some(differences) => {
            let path = std::any::type_name::<L>();
            let name = path.rsplit("::").next().unwrap_or(path);
            let found: Vec<String> = labels.iter().map(|(_, name)| format!("{name:?}")).collect();
            let message = format!(
                "expected the classes of the enum `{name}`, found {}: {differences}; name the variants after \
                 the config's classes, in their order, with `#[label = \"…\"]` where a name is no identifier",
                shortened(&found)
            );
            Err(checkpoint.config_reader()?.error("id2label", message))
        }
    }
}

/// Whether class `id` of the enum is called `found`.
fn is_called<L: Labels>(id: usize, found: &str) -> bool {
    L::NAMES.get(id).is_some_and(|name| match L::EXACT.get(id) {
        Some(true) => *name == found,
        _ => name.eq_ignore_ascii_case(found),
    })
}

impl Differences {
    fn between<L: Labels>(labels: &ConfigLabels) -> Option<Self> {
        let mut differences = Self::default();
        let is_in_place = |id: usize| labels.get(id).is_some_and(|found| is_called::<L>(id, found));
        for (id, found) in labels.iter().filter(|(id, _)| !is_in_place(*id)) {
            match (0..L::NAMES.len()).find(|&own| is_called::<L>(own, found)) {
                Some(own) if !is_in_place(own) => {
                    differences.misplaced.push(format!("{found:?} ({id}, expected {own})"));
                }
                // A name that the enum has once may stand in a config twice.
                _ => differences.unknown.push(format!("{found:?}")),
            }
        }
        for (id, name) in L::NAMES.iter().enumerate() {
            if !labels.iter().any(|(_, found)| is_called::<L>(id, found)) {
                differences.missing.push(format!("{name:?}"));
            }
        }
        let Self { missing, unknown, misplaced } = &differences;
        let none = missing.is_empty() && unknown.is_empty() && misplaced.is_empty();
        (!none).then_some(differences)
    }
}

impl std::fmt::Display for Differences {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds = [("missing", &self.missing), ("unknown", &self.unknown), ("misplaced", &self.misplaced)];
        let kinds = kinds.into_iter().filter(|(_, names)| !names.is_empty());
        let kinds: Vec<String> = kinds.map(|(what, names)| format!("{what} {}", shortened(names))).collect();
        f.write_str(&kinds.join("; "))
    }
}

/// The first names of a list that may be long.
fn shortened(names: &[String]) -> String {
    let listed = names.iter().take(MOST_LISTED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checkpoint::Reader;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Mood {
        Bad,
        Good,
    }

    impl Labels for Mood {
        const NAMES: &'static [&'static str] = &["Bad", "very good"];
        const EXACT: &'static [bool] = &[false, true];

        fn from_id(id: usize) -> Option<Self> {
            [Self::Bad, Self::Good].get(id).copied()
        }

        fn id(self) -> usize {
            self as usize
        }
    }

    fn differences(id2label: Value) -> Option<String> {
        let config = json!({ "id2label": id2label });
        let labels = ConfigLabels::from_config(&Reader::new(&config, "config.json").unwrap()).unwrap();
        Differences::between::<Mood>(&labels).map(|differences| differences.to_string())
    }

    #[test]
    fn case_counts_only_where_a_name_is_given() {
        assert_eq!(differences(json!({"0": "BAD", "1": "very good"})), None);
        assert_eq!(
            differences(json!({"0": "bad", "1": "Very Good"})).unwrap(),
            "missing \"very good\"; unknown \"Very Good\""
        );
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        assert_eq!(
            differences(json!({"0": "very good", "1": "bad"})).unwrap(),
            "misplaced \"very good\" (0, expected 1), \"bad\" (1, expected 0)"
        );
        assert_eq!(
            differences(json!({"0": "bad", "1": "very good", "2": "bad"})).unwrap(),
            "unknown \"bad\""
        );
        assert_eq!(differences(json!({"0": "bad"})).unwrap(), "missing \"very good\"");
    }
}
