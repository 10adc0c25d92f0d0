//! `rope_parameters`, in today's spelling and in those before.

use serde_json::{Map, Value};

use super::{ConfigError, Reader};

/// Kinds of scaling that need to know the context length of pretraining.
const STRETCHED: [&str; 3] = ["llama3", "yarn", "longrope"];

impl Reader<'_> {
    /// Reads the rotary parameters as transformers' `convert_rope_params_to_dict` does, into the object that it makes:
    /// `rope_scaling` wins over `rope_parameters` unless it is empty, entries that are missing come from beside it or
    /// from `default` (JSON: what the type has where nothing is given; `null`: nothing).
    ///
    /// Parameters by kind of layer are an object of such objects.
    ///
    /// # Errors
    /// If the field is no object.
    pub fn rope_parameters(&self, default: &str) -> Result<Value, ConfigError> {
        let default = self.default_json("rope_parameters", default)?;
        let is_given =
            |field: &&str| matches!(self.value(field), Some(Value::Object(object)) if !object.is_empty());
        let Some(field) = ["rope_scaling", "rope_parameters"].into_iter().find(is_given) else {
            // An error for what is neither an object nor null.
            self.opt_object("rope_parameters")?;
            return Ok(self.beside(default));
        };
        let mut given = self.value(field).cloned().unwrap_or_default();
        for entry in entries(&mut given) {
            self.complete(entry, &default);
        }
        Ok(given)
    }

    /// The default, with what stands beside it in the file.
    fn beside(&self, mut parameters: Value) -> Value {
        for entry in entries(&mut parameters) {
            for key in ["rope_theta", "partial_rotary_factor"] {
                if let Some(value) = self.value(key).filter(|value| value.is_number()) {
                    entry.insert(key.to_owned(), value.clone());
                }
            }
        }
        parameters
    }

    fn complete(&self, entry: &mut Map<String, Value>, default: &Value) {
        let kind = entry.get("type").cloned().unwrap_or_else(|| "default".into());
        entry.entry("rope_type").or_insert(kind);
        for key in ["rope_theta", "partial_rotary_factor"] {
            let beside = self.value(key).filter(|value| value.is_number());
            if let Some(value) = beside.or_else(|| default.get(key)) {
                entry.entry(key).or_insert_with(|| value.clone());
            }
        }
        let is_stretched =
            entry.get("rope_type").and_then(Value::as_str).is_some_and(|kind| STRETCHED.contains(&kind));
        let r = self.untracked();
        if let Some(length) = r.value("max_position_embeddings").filter(|_| is_stretched) {
            entry.entry("original_max_position_embeddings").or_insert_with(|| length.clone());
        }
    }
}

/// The object itself, or its members where it has parameters by kind of layer.
fn entries(parameters: &mut Value) -> Vec<&mut Map<String, Value>> {
    let Value::Object(object) = parameters else { return vec![] };
    let is_nested = !object.is_empty() && object.values().all(|value| value.is_object() || value.is_null());
    if is_nested { object.values_mut().filter_map(Value::as_object_mut).collect() } else { vec![object] }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEFAULT: &str = r#"{"rope_theta": 10000.0, "rope_type": "default"}"#;

    fn read(config: Value) -> Value {
        Reader::new(&config, "config.json").unwrap().rope_parameters(DEFAULT).unwrap()
    }

    #[test]
    fn old_and_new_spellings_mean_the_same() {
        let new = json!({"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5e5}});
        let old = json!({"rope_theta": 5e5, "rope_scaling": {"rope_type": "linear", "factor": 2.0}});
        assert_eq!(read(new), read(old));
        assert_eq!(read(json!({"rope_theta": 5e5})), json!({"rope_theta": 5e5, "rope_type": "default"}));
        assert_eq!(read(json!({})), serde_json::from_str::<Value>(DEFAULT).unwrap());
    }

    #[test]
    fn layers_may_differ() {
        let config = json!({"rope_theta": 7.0, "rope_parameters": {"full": {}, "sliding": {"rope_theta": 3.0}, "none": null}});
        let expected = json!({
            "full": {"rope_type": "default", "rope_theta": 7.0},
            "sliding": {"rope_type": "default", "rope_theta": 3.0},
            "none": null,
        });
        assert_eq!(read(config), expected);
    }
}
