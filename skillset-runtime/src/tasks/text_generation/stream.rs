//! The text of a running generation.

use super::TextGenerationOptions;
use crate::generate::{GenerateError, Generation, GenerationConfig, Sequence};
use crate::processors::text::{self, TextProcessor};
use crate::tasks::TaskError;
use crate::tasks::detokenize::to_ids;

/// The text of one prompt's continuation, piece by piece: an iterator over what each token adds.
///
/// A token that ends in the middle of a character adds nothing; the one that completes it adds the character.
pub struct TextStream<'g> {
    generation: Generation<'g>,
    /// `None` at the end, and after an error.
    decoder: Option<text::TextStream<'g>>,
}

impl<'g> TextStream<'g> {
    /// The text of a generation of one row by `config`, behind its `prompt`.
    pub(in crate::tasks) fn of_one(
        generation: Generation<'g>,
        prompt: &[i64],
        config: &GenerationConfig,
        processor: &'g TextProcessor,
        options: &TextGenerationOptions,
    ) -> Result<Self, TaskError> {
        if config.num_return_sequences() > 1 {
            let problem = format!("expected 1 for a stream, found {}", config.num_return_sequences());
            return Err(GenerateError::Option { field: "num_return_sequences", problem }.into());
        }
        let decoder = processor.stream_behind(&to_ids(prompt), options.skip_special_tokens)?;
        Ok(Self { generation, decoder: Some(decoder) })
    }

    /// Hands all of the text to `on_text`, piece by piece, and gives the tokens.
    pub(in crate::tasks) fn run_to_end(
        mut self,
        mut on_text: impl FnMut(&str),
    ) -> Result<Sequence, TaskError> {
        for piece in &mut self {
            on_text(&piece?);
        }
        Ok(self.into_sequence())
    }

    /// The tokens so far.
    pub fn into_sequence(self) -> Sequence {
        self.generation.into_sequences().swap_remove(0)
    }

    /// What the next token adds, and the decoder if there may be more.
    fn advance(
        &mut self,
        mut decoder: text::TextStream<'g>,
    ) -> Result<(Option<String>, Option<text::TextStream<'g>>), TaskError> {
        for step in &mut self.generation {
            for token in step?.tokens {
                if let Some(piece) = decoder.push(token.id as u32)? {
                    return Ok((Some(piece), Some(decoder)));
                }
            }
        }
        // What is left are bytes that never became a character.
        Ok((decoder.finish()?, None))
    }
}

impl Iterator for TextStream<'_> {
    type Item = Result<String, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decoder = self.decoder.take()?;
        match self.advance(decoder) {
            Ok((piece, decoder)) => {
                self.decoder = decoder;
                piece.map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }
}
