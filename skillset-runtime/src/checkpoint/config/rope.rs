//! `rope_parameters`, in today's spelling and in those before.

use serde_json::{Map, Value, json};

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

    /// Reads rotary parameters by kind of layer as Gemma 3's and other configs do: an object of objects, each kind of
    /// `thetas` among them with the base where the file has none.
    ///
    /// `beside` are keys of older files, with the entry that each fills in (`full_attention.rope_theta`), or the object
    /// that it overrides (`full_attention`).
    ///
    /// # Errors
    /// If the field is no object.
    pub fn layer_rope_parameters(
        &self,
        thetas: &[(&str, f64)],
        beside: &[(&str, &str)],
    ) -> Result<Map<String, Value>, ConfigError> {
        self.opt_object("rope_parameters")?;
        let mut layers = match self.value("rope_parameters") {
            Some(Value::Object(layers)) => layers.clone(),
            _ => Map::new(),
        };
        for &(kind, theta) in thetas {
            let layer = layers.entry(kind).or_insert(Value::Null);
            if layer.is_null() {
                // `type`, as scalings spelled it once, does not win over this.
                *layer = json!({"rope_type": "default"});
            }
            let Value::Object(layer) = layer else { continue };
            let given = beside.iter().filter_map(|&(key, target)| Some((target, self.value(key)?)));
            for (target, value) in given.filter(|(_, value)| !value.is_null()) {
                match (target.split_once('.'), value) {
                    (Some((of, entry)), _) if of == kind => {
                        layer.entry(entry).or_insert_with(|| value.clone());
                    }
                    (None, Value::Object(scaling)) if target == kind => layer.extend(scaling.clone()),
                    _ => {}
                }
            }
            layer.entry("rope_theta").or_insert_with(|| theta.into());
            self.complete(layer, &Value::Null);
        }
        Ok(layers)
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
    fn older_keys_are_of_one_kind_of_layer() {
        let thetas = [("full_attention", 1e6), ("sliding_attention", 1e4)];
        let beside = [("rope_theta", "full_attention.rope_theta"), ("rope_scaling", "full_attention")];
        let layers = |config: Value| {
            let r = Reader::new(&config, "config.json").unwrap();
            Value::Object(r.layer_rope_parameters(&thetas, &beside).unwrap())
        };
        let expected = |full: Value| {
            json!({
                "full_attention": full,
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            })
        };
        assert_eq!(layers(json!({})), expected(json!({"rope_type": "default", "rope_theta": 1e6})));
        let old = json!({"rope_theta": 3.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}});
        assert_eq!(layers(old), expected(json!({"rope_type": "linear", "factor": 8.0, "rope_theta": 3.0})));
        let older = json!({"rope_scaling": {"type": "linear"}});
        let default = json!({"rope_type": "default", "type": "linear", "rope_theta": 1e6});
        assert_eq!(layers(older), expected(default));
        let new = json!({"rope_theta": 3.0, "rope_parameters": {"full_attention": {"rope_theta": 5.0}}});
        assert_eq!(layers(new), expected(json!({"rope_type": "default", "rope_theta": 5.0})));
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
