//! The model types of this build.

use crate::models;
use crate::runtime::model::{ModelType, did_you_mean, nearest};

/// A `model_type` that this build does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown model type {model_type:?}{}; this build has {} model types (see `skillset list`)", did_you_mean(*suggestion), models::ALL.len())]
pub struct UnknownModelType {
    /// The name asked for.
    pub model_type: String,
    /// The nearest name there is.
    pub suggestion: Option<&'static str>,
}

/// Every model type, in order of their names.
pub fn all() -> &'static [&'static ModelType] {
    models::ALL
}

/// The model type called `model_type` in a `config.json`.
pub fn find(model_type: &str) -> Option<&'static ModelType> {
    models::ALL.iter().find(|model| model.model_type == model_type).copied()
}

/// As [`find`], with an error that suggests the nearest name.
///
/// # Errors
/// If this build has no such model type.
pub fn get(model_type: &str) -> Result<&'static ModelType, UnknownModelType> {
    find(model_type).ok_or_else(|| UnknownModelType {
        model_type: model_type.to_owned(),
        suggestion: nearest(model_type, models::ALL.iter().map(|model| model.model_type)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_types_are_found_by_name() {
        assert!(
            all().iter().all(|model| find(model.model_type).is_some_and(|found| std::ptr::eq(found, *model)))
        );
        assert_eq!(find("no such type").map(|model| model.title), None);
    }

    #[test]
    fn a_near_miss_is_suggested() {
        let error = get("brt").unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "unknown model type \"brt\" (did you mean \"bert\"?); this build has {} model types (see `skillset list`)",
                all().len()
            )
        );
    }
}
