//! Defaults of transformers' tokenizer classes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// One class of the table that `tools/processors/harvest_tokenizer_classes.py` writes.
#[derive(Debug, Deserialize)]
pub(super) struct Class {
    /// Special tokens by their field, such as `pad_token`.
    pub special_tokens: BTreeMap<String, String>,
    /// The inputs that encodings have.
    pub model_input_names: Vec<String>,
    /// Where padding goes: "left" or "right".
    pub padding_side: String,
}

static CLASSES: LazyLock<BTreeMap<String, Class>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("classes.json")).expect("the table is checked by a test")
});

/// A class by its name, with or without the suffix `Fast`.
pub(super) fn find(name: &str) -> Option<&'static Class> {
    CLASSES.get(name.strip_suffix("Fast").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_loads() {
        assert_eq!(find("BertTokenizerFast").unwrap().special_tokens["pad_token"], "[PAD]");
        assert_eq!(find("LlamaTokenizer").unwrap().padding_side, "left");
        assert!(find("NoSuchTokenizer").is_none());
    }
}
