//! A classifier with labels of a type of one's own.

use std::collections::HashMap;

use serde_json::Value;

use super::classification::Classification;
use super::error::TaskError;
use super::labels::{self, Labels};
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::Adjustable;
use crate::load::Model;

/// The classifier `P` with labels of type `L`.
///
/// A checkpoint is refused when its classes are not those of `L`, in the same order.
pub struct Labelled<P, L> {
    pipeline: P,
    /// The config's names of the classes.
    classes: HashMap<String, L>,
}

impl<P, L> Pipeline for Labelled<P, L>
where
    P: Pipeline<Output = Vec<Classification>>,
    L: Labels,
{
    const NAME: &'static str = P::NAME;
    type Input = P::Input;
    type Options = P::Options;
    type Settings = P::Settings;
    type Output = Vec<Classification<L>>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        labels::check::<L>(model.checkpoint()).map_err(crate::checkpoint::CheckpointError::from)?;
        let names = model.checkpoint().labels().map_err(crate::checkpoint::CheckpointError::from)?;
        let classes = names.iter().filter_map(|(id, name)| Some((name.to_owned(), L::from_id(id)?)));
        Ok(Self { classes: classes.collect(), pipeline: P::load(model)? })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<P::Settings> {
        self.pipeline.adjustable()
    }

    fn run_batch(&self, inputs: &[P::Input], options: &P::Options) -> Result<Vec<Self::Output>, TaskError> {
        let label = |name: String| {
            self.classes.get(&name).copied().ok_or_else(|| TaskError::Model {
                task: Self::NAME,
                problem: format!("the model gave the class {name:?}, which its config does not name"),
            })
        };
        let typed = |classes: Vec<Classification>| {
            classes.into_iter().map(|class| class.try_map(label)).collect::<Result<Vec<_>, _>>()
        };
        self.pipeline.run_batch(inputs, options)?.into_iter().map(typed).collect()
    }
}

impl<P, L> JsonPipeline for Labelled<P, L>
where
    P: JsonPipeline<Output = Vec<Classification>>,
    L: Labels,
{
    fn parse_input(value: &Value) -> Result<P::Input, String> {
        P::parse_input(value)
    }

    /// With the names of the enum.
    fn output_json(output: Vec<Classification<L>>) -> Value {
        let named =
            |class: Classification<L>| Classification { label: class.label.name(), score: class.score };
        to_json(output.into_iter().map(named).collect::<Vec<_>>())
    }
}
