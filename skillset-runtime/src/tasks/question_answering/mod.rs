//! `question-answering`: the part of a text that answers a question.
//!
//! transformers 5.3 dropped this pipeline; the semantics here are those of its last release, 5.2.0.

mod answers;
mod spans;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use answers::Answer;
use answers::{AnswerFinder, collect_answers};
use spans::Spans;

use super::error::TaskError;
use super::options::TaskOptions;
use super::pipeline::{JsonPipeline, Pipeline, to_json};
use super::settings::{Adjustable, TextSettings};
use super::text::{CharText, TextModel};
use super::text_input::string_fields;
use crate::checkpoint::{ConfigError, Reader};
use crate::load::Model;
use crate::processors::text::{EncodeOptions, EncodedText, Role, Truncation};

/// Answers questions; transformers' `QuestionAnsweringPipeline`.
///
/// The question always stands first. transformers puts the context first for tokenizers that pad on the left,
/// and then takes spans of the question for answers too, which is not followed here.
pub struct QuestionAnswerer {
    model: TextModel,
}

/// A question and the text that may answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub question: String,
    /// The text.
    pub context: String,
}

impl From<(&str, &str)> for Question {
    fn from((question, context): (&str, &str)) -> Self {
        Self { question: question.to_owned(), context: context.to_owned() }
    }
}

/// What a call to a [`QuestionAnswerer`] can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionAnsweringOptions {
    /// How many answers to return, best first; there may be fewer. Default: 1.
    pub top_k: usize,
    /// How many tokens question and text have together at most; a longer text is cut into windows.
    /// Default: 384, or what the model takes if that is less.
    pub max_seq_len: Option<usize>,
    /// How many tokens neighbouring windows share. Default: 128, or half of `max_seq_len` if that is less.
    pub doc_stride: Option<usize>,
    /// How many tokens an answer has at most. Default: 15.
    pub max_answer_len: usize,
    /// Whether the empty answer competes with the others. Default: false.
    pub handle_impossible_answer: bool,
    /// Whether answers are extended to whole words. Default: true.
    pub align_to_words: bool,
}

impl Default for QuestionAnsweringOptions {
    fn default() -> Self {
        Self {
            top_k: 1,
            max_seq_len: None,
            doc_stride: None,
            max_answer_len: 15,
            handle_impossible_answer: false,
            align_to_words: true,
        }
    }
}

impl TaskOptions for QuestionAnsweringOptions {
    // The pipeline knows `max_question_len` too, and does nothing with it for the tokenizers that there are here.
    const FIELDS: &'static [&'static str] = &[
        "top_k",
        "max_seq_len",
        "doc_stride",
        "max_answer_len",
        "max_question_len",
        "handle_impossible_answer",
        "align_to_words",
    ];

    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        let options = Self {
            top_k: r.opt_usize("top_k")?.unwrap_or(defaults.top_k),
            max_seq_len: r.opt_usize("max_seq_len")?,
            doc_stride: r.opt_usize("doc_stride")?,
            max_answer_len: r.opt_usize("max_answer_len")?.unwrap_or(defaults.max_answer_len),
            handle_impossible_answer: r.opt_bool("handle_impossible_answer")?.unwrap_or(false),
            align_to_words: r.opt_bool("align_to_words")?.unwrap_or(true),
        };
        for (field, value) in [("top_k", options.top_k), ("max_answer_len", options.max_answer_len)] {
            if value == 0 {
                return Err(r.error(field, "expected at least 1, found 0"));
            }
        }
        Ok(options)
    }
}

impl QuestionAnswerer {
    /// How contexts are cut into windows, each with the whole question.
    fn windows(&self, options: &QuestionAnsweringOptions) -> Result<EncodeOptions, TaskError> {
        let length = options.max_seq_len.unwrap_or_else(|| self.model.max_length().unwrap_or(384).min(384));
        let stride = options.doc_stride.unwrap_or((length / 2).min(128));
        if stride > length {
            let problem =
                format!("doc_stride: expected at most max_seq_len, which is {length}, found {stride}");
            return Err(TaskError::Model { task: Self::NAME, problem });
        }
        Ok(EncodeOptions {
            truncation: Truncation::OnlySecond,
            max_length: Some(length),
            stride,
            overflow: true,
            ..EncodeOptions::default()
        })
    }
}

impl Pipeline for QuestionAnswerer {
    const NAME: &'static str = "question-answering";
    type Input = Question;
    type Options = QuestionAnsweringOptions;
    type Settings = TextSettings;
    type Output = Vec<Answer>;

    fn load(model: &Model) -> Result<Self, TaskError> {
        Ok(Self { model: TextModel::load(Self::NAME, model, &["start_logits", "end_logits"])? })
    }

    fn adjustable(&mut self) -> &mut dyn Adjustable<Self::Settings> {
        &mut self.model
    }

    fn run_batch(
        &self,
        inputs: &[Question],
        options: &QuestionAnsweringOptions,
    ) -> Result<Vec<Vec<Answer>>, TaskError> {
        for (index, Question { question, context }) in inputs.iter().enumerate() {
            for (text, field) in [(question, "question"), (context, "context")] {
                if text.trim().is_empty() {
                    let problem = format!("{field}: expected a text, found an empty one");
                    return Err(TaskError::Input { task: Self::NAME, index, problem });
                }
            }
        }
        // All windows of all questions run together; a window's `sample` is its question.
        let pairs = inputs.iter().map(|input| (input.question.as_str(), input.context.as_str()));
        let windows = self.model.encode(pairs, &self.windows(options)?)?;
        let finder = AnswerFinder { options, cls: self.model.processor().special_id(Role::Cls) };
        let spans = self.model.run(&windows, |index, outputs| {
            let (start, end) = (outputs.tokens("start_logits", 1)?, outputs.tokens("end_logits", 1)?);
            Ok(finder.spans(&windows[index], start.values, end.values))
        })?;
        let found: Vec<(&EncodedText, &Spans)> = windows.iter().zip(&spans).collect();
        // Windows come in the order of their questions, and every question has at least one.
        let answers = found.chunk_by(|(a, _), (b, _)| a.sample == b.sample).zip(inputs);
        Ok(answers
            .map(|(found, input)| collect_answers(options, &CharText::new(&input.context), found))
            .collect())
    }
}

impl JsonPipeline for QuestionAnswerer {
    fn parse_input(value: &Value) -> Result<Question, String> {
        match string_fields(value, ["question", "context"])? {
            [Some(question), Some(context)] => Ok(Question { question, context }),
            _ => Err("expected an object with the keys question and context".to_owned()),
        }
    }

    fn output_json(output: Vec<Answer>) -> Value {
        to_json(output)
    }
}
