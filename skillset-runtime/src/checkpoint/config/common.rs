//! The fields that every config has.

use serde_json::{Map, Value};

use super::{ConfigError, Reader, ToJson};
use crate::checkpoint::{Labels, ProblemType};

/// The fields of transformers' `PreTrainedConfig`, which the configs of all model types share.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonConfig {
    /// The type that the file says it is of.
    pub model_type: Option<String>,
    /// The classes of the checkpoint's model, such as `BertForMaskedLM`.
    pub architectures: Option<Vec<String>>,
    /// The number type of the weights, such as `bfloat16` (`dtype`, formerly `torch_dtype`).
    pub dtype: Option<String>,
    /// The version of transformers that wrote the file.
    pub transformers_version: Option<String>,
    /// The classes of a classifier (`id2label`, `label2id`, `num_labels`).
    pub labels: Labels,
    /// What the scores of a classifier mean.
    pub problem_type: Option<ProblemType>,
    /// Whether an encoder and a decoder make the model.
    pub is_encoder_decoder: bool,
    /// Tokens that a feed-forward network takes at a time; 0: all.
    pub chunk_size_feed_forward: usize,
    /// Whether the model returns the hidden states of all layers.
    pub output_hidden_states: Option<bool>,
    /// Whether the model returns the weights of attention.
    pub output_attentions: Option<bool>,
    /// Whether the model returns named outputs.
    pub return_dict: Option<bool>,
}

impl Default for CommonConfig {
    fn default() -> Self {
        Self {
            model_type: None,
            architectures: None,
            dtype: None,
            transformers_version: None,
            labels: Labels::default(),
            problem_type: None,
            is_encoder_decoder: false,
            chunk_size_feed_forward: 0,
            output_hidden_states: Some(false),
            output_attentions: Some(false),
            return_dict: Some(true),
        }
    }
}

impl CommonConfig {
    /// Reads the fields; those that are missing stay as they are here.
    ///
    /// # Errors
    /// If a field has a value that it cannot have.
    pub fn read(self, r: &Reader<'_>) -> Result<Self, ConfigError> {
        let flag = |field: &str, default: Option<bool>| match r.has(field) {
            true => r.opt_bool(field),
            false => Ok(default),
        };
        // `dtype` wins unless it is null. Both are read, as both mean the same.
        let (dtype, torch_dtype) = (r.opt_string("dtype")?, r.opt_string("torch_dtype")?);
        let common = Self {
            model_type: r.opt_string("model_type")?.or(self.model_type),
            architectures: r.opt_list_string("architectures")?.or(self.architectures),
            dtype: dtype.or(torch_dtype).or(self.dtype),
            transformers_version: r.opt_string("transformers_version")?.or(self.transformers_version),
            labels: r.settle(Labels::from_config(r))?,
            problem_type: r.opt_parsed("problem_type")?.or(self.problem_type),
            is_encoder_decoder: r.opt_bool("is_encoder_decoder")?.unwrap_or(self.is_encoder_decoder),
            chunk_size_feed_forward: r.usize("chunk_size_feed_forward", self.chunk_size_feed_forward)?,
            output_hidden_states: flag("output_hidden_states", self.output_hidden_states)?,
            output_attentions: flag("output_attentions", self.output_attentions)?,
            return_dict: flag("return_dict", self.return_dict)?,
        };
        let is_single_of_one =
            common.problem_type == Some(ProblemType::SingleLabel) && common.labels.len() == 1;
        r.require(!is_single_of_one, "problem_type", "another one for a single class (regression)")?;
        Ok(common)
    }
}

/// Under the keys of today's files.
impl ToJson for CommonConfig {
    fn to_json(&self) -> Value {
        let problem_type = self.problem_type.map(|kind| kind.name().to_owned());
        super::object(&[
            ("model_type", &self.model_type),
            ("architectures", &self.architectures),
            ("dtype", &self.dtype),
            ("transformers_version", &self.transformers_version),
            ("id2label", &self.labels.id2label()),
            ("label2id", &self.labels.label2id()),
            ("problem_type", &problem_type),
            ("is_encoder_decoder", &self.is_encoder_decoder),
            ("chunk_size_feed_forward", &self.chunk_size_feed_forward),
            ("output_hidden_states", &self.output_hidden_states),
            ("output_attentions", &self.output_attentions),
            ("return_dict", &self.return_dict),
        ])
    }
}

/// A whole config as JSON: its own fields, the common ones, and what no field claims.
pub fn config_to_json(
    own: &[(&str, &dyn ToJson)],
    common: &CommonConfig,
    extra: &Map<String, Value>,
) -> Value {
    let parts = [super::object(own), common.to_json(), Value::Object(extra.clone())];
    let members = parts.into_iter().filter_map(|part| match part {
        Value::Object(members) => Some(members),
        _ => None,
    });
    Value::Object(members.flatten().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(config: Value) -> Result<CommonConfig, String> {
        let r = Reader::new(&config, "config.json").unwrap();
        CommonConfig::default().read(&r).map_err(|error| error.to_string())
    }

    #[test]
    fn missing_fields_have_the_defaults_of_the_type() {
        let common = CommonConfig { is_encoder_decoder: true, ..CommonConfig::default() };
        let config = json!({"return_dict": null});
        let read = common.read(&Reader::new(&config, "config.json").unwrap()).unwrap();
        assert_eq!((read.is_encoder_decoder, read.return_dict, read.labels.len()), (true, None, 2));
    }

    #[test]
    fn the_earlier_name_of_dtype_counts_where_the_new_one_is_unset() {
        let dtype = |config| read(config).unwrap().dtype;
        assert_eq!(dtype(json!({"torch_dtype": "float16"})).as_deref(), Some("float16"));
        assert_eq!(dtype(json!({"torch_dtype": "float16", "dtype": null})).as_deref(), Some("float16"));
        assert_eq!(
            dtype(json!({"torch_dtype": "float16", "dtype": "bfloat16"})).as_deref(),
            Some("bfloat16")
        );
    }

    #[test]
    fn one_class_has_no_softmax() {
        let config = json!({"problem_type": "single_label_classification", "num_labels": 1});
        let expected = "config.json: /problem_type: expected another one for a single class (regression), found \
                        \"single_label_classification\"";
        assert_eq!(read(config), Err(expected.to_owned()));
    }
}
