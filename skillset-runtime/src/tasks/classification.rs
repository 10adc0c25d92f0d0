//! Classes and their scores, of texts, images and recordings.

use std::str::FromStr;

use serde::Serialize;

use super::error::TaskError;
use crate::checkpoint::{Checkpoint, Labels, ProblemType};
use crate::scores::{sigmoid, softmax, top_k};

/// A class and its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Classification<L = String> {
    /// The class, by its name in the config (`id2label`) or a type of one's own.
    pub label: L,
    /// Its score: a probability, or the logit where no function was applied.
    pub score: f32,
}

impl<L> Classification<L> {
    /// The same score for another kind of label.
    ///
    /// # Errors
    /// As `label` does.
    pub fn try_map<M, E>(self, label: impl FnOnce(L) -> Result<M, E>) -> Result<Classification<M>, E> {
        Ok(Classification { label: label(self.label)?, score: self.score })
    }
}

/// What makes scores of logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreFunction {
    /// Exactly one class holds.
    Softmax,
    /// Each class holds or not.
    Sigmoid,
    /// The logits are the scores.
    None,
}

impl FromStr for ScoreFunction {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.to_ascii_lowercase().as_str() {
            "softmax" => Ok(Self::Softmax),
            "sigmoid" => Ok(Self::Sigmoid),
            "none" => Ok(Self::None),
            _ => Err(format!("expected softmax, sigmoid or none, found {name:?}")),
        }
    }
}

impl ScoreFunction {
    /// Replaces logits by scores.
    pub(super) fn apply(self, logits: &mut [f32]) {
        match self {
            Self::Softmax => softmax(logits),
            Self::Sigmoid => logits.iter_mut().for_each(|logit| *logit = sigmoid(*logit)),
            Self::None => {}
        }
    }
}

/// What a classifier's config says about its logits.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    labels: Labels,
    function: ScoreFunction,
}

impl Classes {
    /// Reads a checkpoint's config. Without an option, the function follows from `problem_type` and the number
    /// of classes, as in transformers' pipelines.
    pub(super) fn of(checkpoint: &Checkpoint) -> Result<Self, TaskError> {
        Self::read(checkpoint, ScoreFunction::Sigmoid)
    }

    /// As [`of`](Self::of), but softmax even where there is a single class, as in transformers' audio pipeline.
    pub(super) fn of_recordings(checkpoint: &Checkpoint) -> Result<Self, TaskError> {
        Self::read(checkpoint, ScoreFunction::Softmax)
    }

    /// `of_one` is the function of a single class.
    fn read(checkpoint: &Checkpoint, of_one: ScoreFunction) -> Result<Self, TaskError> {
        let labels = checkpoint.labels()?;
        let problem = ProblemType::from_config(&checkpoint.config_reader()?)?;
        Ok(Self::new(labels, problem, of_one))
    }

    fn new(labels: Labels, problem: Option<ProblemType>, of_one: ScoreFunction) -> Self {
        let function = match problem {
            Some(ProblemType::Regression) => ScoreFunction::None,
            Some(ProblemType::MultiLabel) => ScoreFunction::Sigmoid,
            _ if labels.len() == 1 => of_one,
            _ => ScoreFunction::Softmax,
        };
        Self { labels, function }
    }

    /// The number of classes.
    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The best `k` classes (all without a `k`), best first, by logits of which there is one for each class.
    pub(super) fn rank(
        &self,
        logits: &[f32],
        function: Option<ScoreFunction>,
        k: Option<usize>,
    ) -> Vec<Classification> {
        let mut scores = logits.to_vec();
        function.unwrap_or(self.function).apply(&mut scores);
        let class = |id: usize| {
            // The ids of a table with gaps are not those of the logits; transformers has no name for them either.
            let label = self.labels.get(id).map_or_else(|| format!("LABEL_{id}"), str::to_owned);
            Classification { label, score: scores[id] }
        };
        top_k(&scores, k.unwrap_or(scores.len())).into_iter().map(class).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checkpoint::Reader;

    fn classes(config: Value) -> Classes {
        let r = Reader::new(&config, "config.json").unwrap();
        let problem = ProblemType::from_config(&r).unwrap();
        Classes::new(Labels::from_config(&r).unwrap(), problem, ScoreFunction::Sigmoid)
    }

    #[test]
    fn the_config_chooses_the_function() {
        let function = |config| classes(config).function;
        assert_eq!(function(json!({"num_labels": 3})), ScoreFunction::Softmax);
        assert_eq!(function(json!({"num_labels": 1})), ScoreFunction::Sigmoid);
        assert_eq!(function(json!({"num_labels": 1, "problem_type": "regression"})), ScoreFunction::None);
        let multi = json!({"num_labels": 3, "problem_type": "multi_label_classification"});
        assert_eq!(function(multi), ScoreFunction::Sigmoid);
    }

    #[test]
    fn best_first() {
        let classes = classes(json!({"id2label": {"0": "a", "1": "b", "2": "c"}}));
        let labels = |k| -> String {
            classes.rank(&[0.5, -1.0, 2.0], None, k).into_iter().map(|class| class.label).collect()
        };
        assert_eq!(labels(None), "cab");
        assert_eq!(labels(Some(1)), "c");
        assert_eq!(classes.rank(&[0.5, -1.0, 2.0], Some(ScoreFunction::None), Some(1))[0].score, 2.0);
    }
}
