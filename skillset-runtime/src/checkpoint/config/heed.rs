//! Errors of some fields only: a graph is built whatever fields say that it does not depend on.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Reader;

/// Keys that are read for a field of another name, whatever the type.
const KEYS: [(&str, &[&str]); 2] = [
    ("labels", &["id2label", "label2id", "num_labels"]),
    (
        "rope_parameters",
        &["rope_scaling", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings"],
    ),
];

/// The fields of one object whose errors count.
#[derive(Clone)]
pub(super) struct Heeded {
    /// The object's JSON pointer.
    object: Rc<str>,
    fields: Rc<BTreeSet<String>>,
}

impl Reader<'_> {
    /// Makes this reader, which [collects](Self::collecting), forget the errors of all other fields of its object. What
    /// was read of those may be a stand-in.
    pub fn heeding<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Self {
        let keys_of =
            |field: &str| KEYS.iter().find(|(name, _)| *name == field).map_or(&[][..], |(_, keys)| keys);
        let keys =
            fields.into_iter().flat_map(|field| std::iter::once(field).chain(keys_of(field).iter().copied()));
        let fields = keys.map(str::to_owned).collect();
        self.heeded = Some(Heeded { object: self.pointer.as_str().into(), fields: Rc::new(fields) });
        self
    }

    /// Whether an error at `pointer` counts.
    pub(super) fn heeds(&self, pointer: &str) -> bool {
        let Some(heeded) = &self.heeded else { return true };
        let Some(rest) = pointer.strip_prefix(&*heeded.object) else { return true };
        let field = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
        heeded.fields.contains(field)
    }

    /// Heeds other spellings of heeded fields, too; those of nested objects are told by the field that these are in.
    pub(super) fn heed_aliases(&mut self, pairs: &[(&str, &str)]) {
        let Some(heeded) = self.heeded.as_mut().filter(|heeded| *heeded.object == self.pointer) else {
            return;
        };
        let is_heeded = |(_, field): &&(&str, &str)| heeded.fields.contains(*field);
        let keys: Vec<String> = pairs.iter().filter(is_heeded).map(|(key, _)| (*key).to_owned()).collect();
        Rc::make_mut(&mut heeded.fields).extend(keys);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checkpoint::CommonConfig;

    #[test]
    fn only_the_errors_of_heeded_fields_count() {
        let config =
            json!({"n_embd": "x", "dropout": "y", "vision_config": {"width": "z"}, "id2label": {"a": 1}});
        let errors = |fields: &[&'static str]| {
            let r = Reader::new(&config, "config.json").unwrap().collecting().heeding(fields.iter().copied());
            let r = r.alias(&[("n_embd", "width")]);
            let _ = (r.usize("width", 1), r.f64("dropout", 0.0));
            let _ = r.config("vision_config", "{}", |nested| nested.usize("width", 1));
            CommonConfig::default().read(&r).unwrap();
            r.finish().map_err(|error| error.to_string().replace("config.json: ", ""))
        };
        assert_eq!(errors(&["depth"]), Ok(()));
        let width = "/n_embd: expected a non-negative integer, found \"x\"";
        assert_eq!(errors(&["width"]), Err(width.to_owned()));
        let nested = "/vision_config/width: expected a non-negative integer, found \"z\"";
        assert_eq!(errors(&["vision_config"]), Err(nested.to_owned()));
        assert_eq!(errors(&["labels"]), Err("/id2label/a: expected a class number as the key".to_owned()));
    }
}
