//! What can go wrong while generating.

use crate::engine::EngineError;

/// Why nothing more was generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A parameter has a value that makes no sense.
    #[error("generation option {field}: {problem}")]
    Option {
        /// The parameter, as `generation_config.json` spells it.
        field: &'static str,
        /// Expected and found.
        problem: String,
    },
    /// A prompt cannot be continued.
    #[error("prompt {row}: {problem}")]
    Prompt {
        /// The prompt's position in the batch.
        row: usize,
        /// What is wrong, and what helps.
        problem: String,
    },
    /// The graph is not one that generates.
    #[error("{graph}: {problem}")]
    Graph {
        /// The graph.
        graph: String,
        /// What it lacks.
        problem: String,
    },
    /// The model computed something that is not a number.
    #[error(
        "the model produced {found} in output \"logits\" of row {row} after {generated} new tokens; its weights \
         are damaged, or too large for the precision it runs in"
    )]
    NotFinite {
        /// The row of the batch.
        row: usize,
        /// The tokens that were generated before.
        generated: usize,
        /// NaN or infinity.
        found: f32,
    },
    /// All tokens were excluded, by stop conditions and n-gram limits together.
    #[error(
        "row {row}: every token is excluded after {generated} new tokens; relax min_new_tokens, min_length or \
         no_repeat_ngram_size"
    )]
    NothingLeft {
        /// The row of the batch.
        row: usize,
        /// The tokens that were generated before.
        generated: usize,
    },
    /// Tokens could not be turned into text, to look for stop strings.
    #[error("the generated tokens cannot be decoded: {0}")]
    Decode(String),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
