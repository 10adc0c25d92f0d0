//! What the inputs of a decoder are for.

use super::error::GenerateError;
use crate::engine::Signature;

/// The names that a decoder's graph has for what a step is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InputNames {
    /// The tokens, which every decoder takes.
    pub tokens: &'static str,
    /// 1 where there is a token and not padding; with those of the past.
    pub mask: Option<&'static str>,
    /// The positions of the tokens.
    pub positions: Option<&'static str>,
    /// What it is told of the encoder, the same at every step.
    pub context: Vec<String>,
    /// What stands in the place of some of the tokens, for the run of these only.
    pub placed: Vec<String>,
}

/// Tokens, mask and positions of a decoder that stands alone; exported ones have these names behind an encoder too.
pub(super) const ALONE: [&str; 3] = ["input_ids", "attention_mask", "position_ids"];
/// The same in transformers' `forward` of a model that has an encoder, where the names above are the encoder's.
const BEHIND: [&str; 3] = ["decoder_input_ids", "decoder_attention_mask", "decoder_position_ids"];

impl InputNames {
    /// Reads them from what a graph takes.
    ///
    /// # Errors
    /// If it takes no tokens or gives no `logits`.
    pub(super) fn of(signature: &Signature) -> Result<Self, GenerateError> {
        let lacks = |what: &str| GenerateError::Graph {
            graph: signature.name.clone(),
            problem: format!("it has no {what}, so it cannot generate text"),
        };
        let sets = [BEHIND, ALONE];
        let set = sets.into_iter().find(|[tokens, ..]| signature.takes(tokens));
        let names = set.ok_or_else(|| lacks("input \"input_ids\""))?;
        if !signature.gives("logits") {
            return Err(lacks("output \"logits\""));
        }
        let [tokens, mask, positions] = names;
        let given = |name: &'static str| Some(name).filter(|name| signature.takes(name));
        let others = signature.inputs.iter().filter(|input| !names.contains(&&*input.name));
        let context = others.map(|input| input.name.clone()).collect();
        Ok(Self { tokens, mask: given(mask), positions: given(positions), context, placed: vec![] })
    }

    /// Checks that an encoder fits to the decoder that these are the names of; `gives` says whether it makes what the
    /// decoder calls so.
    ///
    /// # Errors
    /// If the decoder takes what the encoder does not give, or nothing of it.
    pub(super) fn check_fit(
        &self,
        encoder: &Signature,
        decoder: &Signature,
        gives: impl Fn(&str) -> bool,
    ) -> Result<(), GenerateError> {
        let of_encoder = || self.context.iter().chain(&self.placed);
        let problem = if of_encoder().next().is_none() {
            format!("it takes nothing of an encoder; its inputs are {}", decoder.list_inputs())
        } else if let Some(missing) = of_encoder().find(|name| !gives(name)) {
            format!(
                "it takes {missing:?}, which the encoder {} does not give; its outputs are {}",
                encoder.name,
                encoder.outputs.join(", ")
            )
        } else {
            return Ok(());
        };
        Err(GenerateError::Graph { graph: decoder.name.clone(), problem })
    }

    /// The same, where what is neither tokens, mask nor positions stands in the place of tokens.
    pub(super) fn placing(self) -> Self {
        Self { placed: self.context, context: vec![], ..self }
    }

    /// Whether an input of the context is the mask of the encoder's positions.
    pub(super) fn is_encoder_mask(name: &str) -> bool {
        // Beside `decoder_attention_mask` it is the `attention_mask`; beside that one, it says whose it is.
        ["attention_mask", "encoder_attention_mask"].contains(&name)
    }
}
