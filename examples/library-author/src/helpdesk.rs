//! How a conversation goes on.

use skillset::tasks::Message;
use skillset::{SkillError, skillset};

/// Answers questions in short.
///
/// ```no_run
/// let helpdesk = library_author::Helpdesk::from_pretrained("TinyLlama/TinyLlama-1.1B-Chat-v1.0")?;
/// println!("{}", helpdesk.answer("Where is the light switch?")?);
/// # Ok::<(), skillset::SkillError>(())
/// ```
#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cpu, onnx_cpu),
    generation(max_new_tokens = 128, temperature = 0.3, top_p = 0.9, seed = 1)
)]
pub struct Helpdesk;

impl Helpdesk {
    /// The answer to a question.
    ///
    /// # Errors
    /// If the checkpoint has no chat template, the question is too long, or the model fails.
    pub fn answer(&self, question: &str) -> Result<String, SkillError> {
        Ok(self.run(conversation(question))?.text)
    }

    /// The answer piece by piece, as it is written.
    ///
    /// # Errors
    /// As [`answer`](Self::answer); those of later pieces come from the iterator.
    pub fn answer_streaming(
        &self,
        question: &str,
    ) -> Result<impl Iterator<Item = Result<String, SkillError>>, SkillError> {
        Ok(self.stream(conversation(question))?.map(|piece| Ok(piece?)))
    }
}

fn conversation(question: &str) -> Vec<Message> {
    vec![Message::system("Answer in one sentence."), Message::user(question)]
}
