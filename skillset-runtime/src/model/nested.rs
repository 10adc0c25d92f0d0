//! Models inside of others whose type a nested config chooses.

use crate::checkpoint::{AnyConfig, ConfigError, Reader};
use crate::ir::Scope;

use super::{ModelType, Task};

/// The model types that a nested config can choose from, in lists by where they come from.
pub type Types = &'static [&'static [&'static ModelType]];

/// A model inside of another one, of the type that its own config says.
#[derive(Clone, Copy, Debug)]
pub struct Nested<'c> {
    types: Types,
    config: &'c AnyConfig,
}

/// What a model needs of one inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The task; `base` is the base model.
    pub task: &'static str,
    /// The inputs that it must take.
    pub inputs: &'static [&'static str],
    /// The outputs that it must have, if only on request.
    pub outputs: &'static [&'static str],
}

impl Need {
    /// The task of `model`, if that has what is needed.
    fn find(&self, model: &'static ModelType) -> Option<&'static Task> {
        let task = model.task(self.task).ok()?;
        let takes = |name: &&str| model.inputs.iter().any(|input| input.name == *name);
        let gives = |name: &&str| task.outputs.contains(name) || task.offers.contains(name);
        (self.inputs.iter().all(takes) && self.outputs.iter().all(gives)).then_some(task)
    }
}

impl<'c> Nested<'c> {
    /// The model of `config`, if it is one of `types`.
    pub fn new(types: Types, config: &'c AnyConfig) -> Self {
        Self { types, config }
    }

    /// Refuses a type that is none of those there are, or lacks what is needed; `field` of `r` is the config.
    ///
    /// # Errors
    /// At the nested `model_type`, with the types that would do.
    pub fn require(self, r: &Reader<'_>, field: &str, need: &Need) -> Result<(), ConfigError> {
        if self.model().is_some_and(|model| need.find(model).is_some()) {
            return Ok(());
        }
        let mut fitting: Vec<&str> =
            self.all().filter(|model| need.find(model).is_some()).map(|model| model.model_type).collect();
        fitting.sort_unstable();
        let fitting = if fitting.is_empty() { "there is none".to_owned() } else { fitting.join(", ") };
        let expected = format!("a type of this build that fits in here ({fitting})");
        r.object(field)?.require(false, "model_type", expected)
    }

    /// Adds the graph of `task`; `base` is the base model. What is wrong with the config is recorded.
    pub fn graph(self, task: &str, g: &Scope<'_>) {
        let Some(model) = self.model() else {
            g.fail(format_args!("there is no model type {:?} in this build", self.config.model_type));
            return;
        };
        let reader = self.config.reader().collecting().heeding(model.config.iter().map(|field| field.name));
        let built = model
            .task(task)
            .map_err(|error| vec![error.to_string()])
            .and_then(|task| (task.graph)(g, &reader).map_err(|error| error.messages().to_vec()));
        if let Err(messages) = built {
            g.refuse(&messages);
        }
    }

    /// A size in the config, by the default of its type where it is missing; what is wrong with it is recorded.
    pub fn usize(self, g: &Scope<'_>, field: &str) -> usize {
        let known = self.model().and_then(|model| model.config.iter().find(|known| known.name == field));
        let default = known.and_then(|known| known.default.parse::<usize>().ok());
        self.config.reader().usize(field, default).unwrap_or_else(|error| {
            g.refuse(error.messages());
            0
        })
    }

    fn model(self) -> Option<&'static ModelType> {
        self.all().find(|model| model.model_type == self.config.model_type)
    }

    fn all(self) -> impl Iterator<Item = &'static ModelType> {
        self.types.iter().copied().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ir::{Builder, DType, Dim, Request, Submodel};
    use crate::model::{FieldInfo, InputInfo, InputKind, Modality, Processor};

    static TEXT: ModelType = ModelType {
        model_type: "text",
        title: "Text",
        description: "",
        modality: Modality::Text,
        paper: None,
        class: "TextModel",
        prefix: None,
        paths: &[],
        config: &[FieldInfo { name: "width", kind: "usize", default: "3", doc: "" }],
        inputs: &[InputInfo { name: "x", kind: InputKind::Required }],
        tasks: &[Task {
            name: "feature-extraction",
            class: "TextModel",
            serves: None,
            prefix: None,
            is_base: true,
            outputs: &["y"],
            offers: &["hidden_states"],
            processor: Processor::Text,
            generates: false,
            support: &[],
            graph: |g, r| {
                let width = r.positive("width", 3)?;
                r.f64("dropout", 0.0)?;
                r.finish()?;
                let x = g.input("x", DType::F32, &[width.into()]);
                g.output("y", g.tanh(x));
                Ok(())
            },
        }],
    };

    static TYPES: Types = &[&[&TEXT]];

    fn build(config: serde_json::Value, need: &Need) -> Result<String, String> {
        let r = Reader::new(&config, "config.json").unwrap().collecting();
        let text = r.any_config("text_config", r#"{"model_type": "text"}"#).unwrap();
        let nested = Nested::new(TYPES, &text);
        nested.require(&r, "text_config", need).map_err(|error| error.to_string())?;
        r.finish().map_err(|error| error.to_string())?;
        let builder = Builder::new("whole", &Request::default());
        let g = builder.root();
        let x = g.input("x", DType::F32, &[Dim::symbol("width")]);
        let text = Submodel::new(&[("x", x.into())]).build(&g.at("text"), |g| nested.graph(need.task, g));
        g.output("y", g.mul(text.value(&g, "y"), nested.usize(&g, "width")));
        builder.finish().map(|graph| graph.inputs[0].fact.to_string()).map_err(|error| error.to_string())
    }

    const NEED: Need = Need { task: "base", inputs: &["x"], outputs: &["y", "hidden_states"] };

    #[test]
    fn the_config_chooses_the_model() {
        assert_eq!(build(json!({}), &NEED).unwrap(), "f32[3]");
        let config = json!({"text_config": {"model_type": "text", "width": 5, "dropout": "none"}});
        assert_eq!(build(config, &NEED).unwrap(), "f32[5]");
    }

    #[test]
    fn a_type_that_does_not_fit_is_an_error_at_the_nested_field() {
        let other = json!({"text_config": {"model_type": "other"}});
        assert_eq!(
            build(other, &NEED).unwrap_err(),
            "config.json: /text_config/model_type: expected a type of this build that fits in here (text), found \"other\""
        );
        let text = json!({"text_config": {"model_type": "text"}});
        let error = build(text, &Need { outputs: &["pooled"], ..NEED }).unwrap_err();
        assert!(error.ends_with("fits in here (there is none), found \"text\""), "{error}");
    }

    #[test]
    fn wrong_fields_of_the_nested_config_are_named_where_they_stand() {
        let config = json!({"text_config": {"width": -1}});
        let expected = "config.json: /text_config/width: expected a non-negative integer, found -1";
        let error = build(config, &NEED).unwrap_err();
        assert_eq!(error.lines().next(), Some(expected), "{error}");
    }
}
