//! Encoded texts, and the tensors that a model takes.

use crate::processors::ProcessorError;

/// One encoded row: all vectors have one element per token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedText {
    /// Which input the row belongs to; several rows of one input are its windows, in order.
    pub sample: usize,
    /// Token ids.
    pub ids: Vec<u32>,
    /// Token types: which text of a pair a token belongs to, as the model counts.
    pub type_ids: Vec<u32>,
    /// 1 for tokens, 0 for padding.
    pub attention_mask: Vec<u32>,
    /// 1 for special tokens and padding.
    pub special_tokens_mask: Vec<u32>,
    /// Start and end of each token in its text, in characters; (0, 0) for special tokens.
    pub char_offsets: Vec<(usize, usize)>,
    /// The same in bytes.
    pub byte_offsets: Vec<(usize, usize)>,
    /// The word of each token, counted per text; `None` for special tokens.
    pub word_ids: Vec<Option<u32>>,
    /// The text of each token, 0 or 1; `None` for special tokens.
    pub sequence_ids: Vec<Option<usize>>,
    /// The tokens as the vocabulary writes them.
    pub tokens: Vec<String>,
}

/// The rows of one call of [`encode`](super::TextProcessor::encode).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    rows: Vec<EncodedText>,
    input_names: Vec<String>,
}

/// One input of a model, `[rows, tokens]`, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputTensor {
    /// The input's name: `input_ids`, `token_type_ids`, `attention_mask` or `special_tokens_mask`.
    pub name: String,
    /// The values.
    pub values: Vec<i64>,
    /// Rows and tokens.
    pub shape: [usize; 2],
}

impl Batch {
    pub(super) fn new(rows: Vec<EncodedText>, input_names: Vec<String>) -> Self {
        Self { rows, input_names }
    }

    /// The rows: one for every input, or more where inputs overflowed into windows.
    pub fn rows(&self) -> &[EncodedText] {
        &self.rows
    }

    /// The rows, owned.
    pub fn into_rows(self) -> Vec<EncodedText> {
        self.rows
    }

    /// The inputs that the model takes (`model_input_names` of the checkpoint). All rows must be of one length,
    /// which padding sees to.
    pub fn model_inputs(&self) -> Result<Vec<InputTensor>, ProcessorError> {
        let known = |name: &&String| column(name).is_some();
        self.input_names.iter().filter(known).map(|name| self.input(name)).collect()
    }

    /// One input by its name, whether the checkpoint names it or not.
    pub fn input(&self, name: &str) -> Result<InputTensor, ProcessorError> {
        let column = column(name).ok_or_else(|| {
            ProcessorError::Text(format!(
                "{name}: a text processor makes input_ids, token_type_ids, attention_mask and special_tokens_mask"
            ))
        })?;
        let width = self.rows.first().map_or(0, |row| row.ids.len());
        if let Some(other) = self.rows.iter().find(|row| row.ids.len() != width) {
            return Err(ProcessorError::Text(format!(
                "expected rows of one length for a tensor, found {width} and {} tokens; turn padding on",
                other.ids.len()
            )));
        }
        let values = self.rows.iter().flat_map(column).map(|&value| i64::from(value)).collect();
        Ok(InputTensor { name: name.to_owned(), values, shape: [self.rows.len(), width] })
    }
}

fn column(name: &str) -> Option<fn(&EncodedText) -> &Vec<u32>> {
    match name {
        "input_ids" => Some(|row| &row.ids),
        "token_type_ids" => Some(|row| &row.type_ids),
        "attention_mask" => Some(|row| &row.attention_mask),
        "special_tokens_mask" => Some(|row| &row.special_tokens_mask),
        _ => None,
    }
}
