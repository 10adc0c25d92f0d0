//! Class labels of a config.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value;

use super::{ConfigError, Reader};

/// The names of a classifier's classes, from `id2label`, `num_labels` and transformers' defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    names: BTreeMap<usize, String>,
    /// `label2id`, where the file has one beside its `id2label`.
    ids: Option<BTreeMap<String, usize>>,
}

impl Labels {
    /// Reads the labels as transformers' `PreTrainedConfig` does: `id2label` names the classes, unless
    /// `num_labels` contradicts its length; then, and without a table, the classes (2 unless `num_labels` says
    /// otherwise) are called `LABEL_0`, `LABEL_1`, …, and `label2id` is the reverse of that.
    pub fn from_config(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let table = r.opt_object("id2label")?;
        let count = r.opt_usize("num_labels")?;
        let ids = r.opt_object("label2id")?;
        if let Some(table) = &table
            && count.is_none_or(|count| count == table.keys().count())
        {
            let name = |key: &str| {
                let id = key.parse().map_err(|_| table.error(key, "expected a class number as the key"))?;
                Ok((id, table.string(key, None)?))
            };
            let names = table.keys().map(name).collect::<Result<_, _>>()?;
            let ids =
                ids.map(|ids| ids.keys().map(|name| Ok((name.to_owned(), class_id(&ids, name)?))).collect());
            return Ok(Self { names, ids: ids.transpose()? });
        }
        const MAX_CLASSES: usize = 1 << 24;
        let count = count.unwrap_or(2);
        if count > MAX_CLASSES {
            return Err(
                r.error("num_labels", format!("expected at most {MAX_CLASSES} classes, found {count}"))
            );
        }
        let names: BTreeMap<_, _> = (0..count).map(|id| (id, format!("LABEL_{id}"))).collect();
        let ids = Some(names.iter().map(|(&id, name)| (name.clone(), id)).collect());
        Ok(Self { names, ids })
    }

    /// The number of classes (`num_labels`).
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no classes.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The name of a class.
    pub fn get(&self, id: usize) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The class of a name; the first one where names repeat.
    pub fn id(&self, name: &str) -> Option<usize> {
        self.iter().find_map(|(id, own)| (own == name).then_some(id))
    }

    /// All classes with their names, by class.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.names.iter().map(|(&id, name)| (id, name.as_str()))
    }

    /// `id2label` as `config.json` has it.
    pub fn id2label(&self) -> Value {
        Value::Object(self.iter().map(|(id, name)| (id.to_string(), name.into())).collect())
    }

    /// `label2id` as `config.json` has it; null where a file has names of its own without it.
    pub fn label2id(&self) -> Value {
        let ids =
            self.ids.as_ref().map(|ids| ids.iter().map(|(name, &id)| (name.clone(), id.into())).collect());
        ids.map_or(Value::Null, Value::Object)
    }
}

/// The number of a class; some files have it as a string.
fn class_id(ids: &Reader<'_>, name: &str) -> Result<usize, ConfigError> {
    match ids.value(name).and_then(Value::as_str).and_then(|text| text.parse().ok()) {
        Some(id) => Ok(id),
        None => ids.usize(name, None),
    }
}

/// What the scores of a classifier mean (`problem_type` of the config).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// One real number (or several): no function is applied.
    Regression,
    /// Exactly one class holds: softmax.
    SingleLabel,
    /// Any number of classes hold: sigmoid.
    MultiLabel,
}

impl ProblemType {
    /// Reads `problem_type`; `None` where the config does not say.
    pub fn from_config(r: &Reader<'_>) -> Result<Option<Self>, ConfigError> {
        r.opt_parsed("problem_type")
    }

    /// `problem_type` as a config spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::SingleLabel => "single_label_classification",
            Self::MultiLabel => "multi_label_classification",
        }
    }
}

impl FromStr for ProblemType {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "regression" => Ok(Self::Regression),
            "single_label_classification" => Ok(Self::SingleLabel),
            "multi_label_classification" => Ok(Self::MultiLabel),
            other => Err(format!(
                "expected regression, single_label_classification or multi_label_classification, found {other:?}"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(config: Value) -> Result<Labels, ConfigError> {
        Labels::from_config(&Reader::new(&config, "config.json").unwrap())
    }

    #[test]
    fn names_and_defaults() {
        let names = |config| labels(config).unwrap().names.into_values().collect::<Vec<_>>();
        let read = labels(json!({"id2label": {"1": "POSITIVE", "0": "NEGATIVE"}})).unwrap();
        assert_eq!((read.len(), read.get(0), read.get(2)), (2, Some("NEGATIVE"), None));
        assert_eq!((read.id("POSITIVE"), read.id("x")), (Some(1), None));
        assert_eq!(names(json!({})), ["LABEL_0", "LABEL_1"]);
        assert_eq!(names(json!({"num_labels": 1})), ["LABEL_0"]);
        assert_eq!(names(json!({"num_labels": 1, "id2label": {"0": "a"}})), ["a"]);
        assert_eq!(names(json!({"num_labels": 1, "id2label": {"0": "a", "1": "b"}})), ["LABEL_0"]);
    }

    #[test]
    fn classes_by_name_are_as_the_file_has_them() {
        let ids = |config| labels(config).unwrap().label2id();
        assert_eq!(ids(json!({"num_labels": 1})), json!({"LABEL_0": 0}));
        assert_eq!(ids(json!({"id2label": {"0": "a"}})), Value::Null);
        assert_eq!(
            ids(json!({"id2label": {"0": "a"}, "label2id": {"a": "0", "b": 1}})),
            json!({"a": 0, "b": 1})
        );
    }

    #[test]
    fn bad_tables() {
        let error = |config| labels(config).unwrap_err().to_string();
        assert_eq!(
            error(json!({"id2label": {"one": "a"}})),
            "config.json: /id2label/one: expected a class number as the key"
        );
        assert_eq!(
            error(json!({"id2label": {"0": 3}})),
            "config.json: /id2label/0: expected a string, found 3"
        );
        assert_eq!(
            error(json!({"num_labels": 1u64 << 30})),
            "config.json: /num_labels: expected at most 16777216 classes, found 1073741824"
        );
    }

    #[test]
    fn problem_types() {
        let config = json!({"problem_type": "regression"});
        let r = Reader::new(&config, "config.json").unwrap();
        assert_eq!(ProblemType::from_config(&r), Ok(Some(ProblemType::Regression)));
        let config = json!({"problem_type": "other"});
        let r = Reader::new(&config, "config.json").unwrap();
        assert!(ProblemType::from_config(&r).unwrap_err().to_string().contains("found \"other\""));
    }
}
