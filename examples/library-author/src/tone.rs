//! How texts sound.

use skillset::{Labels, SkillError, skillset};

/// How a text sounds, by the classes of the checkpoint, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
pub enum Tone {
    /// It is annoyed or sad.
    #[label = "NEG"]
    Negative,
    /// It is matter-of-fact.
    #[label = "NEU"]
    Neutral,
    /// It is pleased.
    #[label = "POS"]
    Positive,
}

/// Tells how texts sound. A struct may have fields of its own.
#[skillset(model = "bert", task = "text-classification", backends(onnx_cpu, cpu), labels = Tone)]
pub struct ToneReader {
    /// Tones with a smaller probability than this do not count.
    pub least: f32,
}

impl ToneReader {
    /// The tone of a text; none if the model is not sure enough.
    ///
    /// # Errors
    /// If the text is empty or too long, or the model fails.
    pub fn tone(&self, text: &str) -> Result<Option<Tone>, SkillError> {
        let best = self.run(text)?.into_iter().next();
        Ok(best.filter(|class| class.score >= self.least).map(|class| class.label))
    }
}
