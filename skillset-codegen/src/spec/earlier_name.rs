//! Names that other lists use for model types: `earlier_names.json`.

use crate::decode::object;

object! {
    /// What a name stands for: one of a model type, an alias and a note.
    pub struct EarlierName {
        /// The model type that is called so.
        model_type = "type": Option<String>,
        /// The model type that it is another name of.
        alias = "alias": Option<String>,
        /// Why it is.
        why = "why": Option<String>,
        /// What it is, where transformers has no model type for it.
        note = "note": Option<String>,
    }
}
