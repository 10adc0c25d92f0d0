//! From texts to texts.

use std::ops::Range;
use std::sync::Arc;

use super::super::batch::{check_inputs, text_inputs};
use super::super::detokenize::{WithSpecialTokens, to_ids};
use super::super::error::TaskError;
use super::super::generation::{GenerationSettings, with_defaults};
use super::super::text_encoder::TextEncoder;
use super::languages::{Languages, Pair};
use super::parameters::{TaskParameter, TaskParameters};
use super::{TranslationOptions, WrittenText};
use crate::checkpoint::CheckpointError;
use crate::generate::{EncoderDecoder, FinishReason, GenerationConfig, Sequence};
use crate::load::Model;
use crate::processors::text::{EncodeOptions, EncodedText};

/// The task under which specs have the class that all of these tasks share.
const CLASS_TASK: &str = "text2text-generation";

/// A model that makes texts of texts, with its tokenizer.
pub(super) struct Writer {
    task: &'static str,
    model: EncoderDecoder,
    text: TextEncoder,
    parameters: TaskParameters,
    languages: Option<Languages>,
    pub(super) settings: GenerationSettings,
}

/// How the texts of one call are told what to become.
struct Instruction {
    parameter: TaskParameter,
    languages: Option<Pair>,
}

impl Writer {
    pub(super) fn load(task: &'static str, model: &Model) -> Result<Self, TaskError> {
        let text = TextEncoder::load(task, model)?;
        let parameters = TaskParameters::of_checkpoint(model.checkpoint());
        let languages = Languages::from_dir(model.checkpoint().dir())?.filter(|_| task == "translation");
        let detokenize = WithSpecialTokens(Arc::clone(text.processor()));
        let model = model.encoder_decoder(CLASS_TASK)?.with_text(Arc::new(detokenize));
        check_inputs(task, model.encoder(), &["input_ids", "attention_mask"])?;
        let settings = GenerationSettings::default();
        Ok(Self { task, model, text, parameters, languages, settings })
    }

    /// The texts that `inputs` become, in their order.
    pub(super) fn run(
        &self,
        inputs: &[String],
        options: &TranslationOptions,
    ) -> Result<Vec<WrittenText>, TaskError> {
        let instruction = self.instruction(options)?;
        let texts = self.encode(inputs, &instruction, options.text2text.truncation)?;
        let generate = |batch: Range<usize>, config: &GenerationConfig| {
            let batch: Vec<usize> = batch.collect();
            let inputs = text_inputs(self.model.encoder(), &texts, &batch, self.text.pad());
            Ok(self.model.generate(self.model.encode(&inputs)?, &[], config)?)
        };
        let config = self.config(options, &instruction);
        let finish = |_, sequence| self.finish(&sequence);
        let results = self.settings.in_batches(texts.len(), config, generate, finish)?;
        Ok(results.into_iter().map(|(best, others)| WrittenText { others, ..best }).collect())
    }

    fn instruction(&self, options: &TranslationOptions) -> Result<Instruction, TaskError> {
        let problem = |problem| TaskError::Model { task: self.task, problem };
        let (source, target) = (options.src_lang.as_deref(), options.tgt_lang.as_deref());
        if let Some(languages) = &self.languages {
            let pair = languages.pair(self.text.processor(), source, target).map_err(problem)?;
            let parameter = TaskParameter::default();
            return Ok(Instruction { parameter, languages: Some(pair) });
        }
        let parameter = match (source, target) {
            (None, None) => self.parameters.of(self.task),
            (Some(source), Some(target)) => self.parameters.of_pair(source, target),
            _ => return Err(problem("expected both of src_lang and tgt_lang, found one".to_owned())),
        };
        let parameter = parameter.map_err(CheckpointError::from)?;
        Ok(Instruction { parameter, languages: None })
    }

    fn encode(
        &self,
        inputs: &[String],
        instruction: &Instruction,
        truncate: bool,
    ) -> Result<Vec<EncodedText>, TaskError> {
        let cutting = self.text.cutting(truncate);
        let Some(pair) = instruction.languages else {
            let prefix = &instruction.parameter.prefix;
            let texts: Vec<String> = inputs.iter().map(|text| format!("{prefix}{text}")).collect();
            return self.text.encode(&texts, &cutting);
        };
        let max_length = cutting.max_length.map(|length| length.saturating_sub(Pair::ADDED));
        let bare = EncodeOptions { add_special_tokens: false, max_length, ..cutting };
        self.text.encode_marked(inputs, &bare, |text| pair.mark(text))
    }

    /// A call's parameters, then those that were set, then the config's for the task, then the checkpoint's, then
    /// those of the pipeline.
    fn config(&self, options: &TranslationOptions, instruction: &Instruction) -> GenerationConfig {
        let set = options.text2text.generation.clone().or(&self.settings.config);
        let set = set.or(&instruction.parameter.generation).or(self.model.defaults());
        let first = instruction.languages.map(|pair| i64::from(pair.target));
        let set = GenerationConfig { forced_bos_token_id: first, ..GenerationConfig::default() }.or(&set);
        let beams = GenerationConfig { num_beams: Some(4), ..GenerationConfig::default() };
        with_defaults(set, self.text.processor()).or(&beams)
    }

    fn finish(&self, sequence: &Sequence) -> Result<WrittenText, TaskError> {
        let token_ids = to_ids(sequence.new_tokens());
        let text = self.text.processor().decode(&token_ids, true)?;
        // A sequence without a reason was not run to its end, which none is here.
        let finish_reason = sequence.finish.unwrap_or(FinishReason::Length);
        Ok(WrittenText { text, token_ids, finish_reason, others: vec![] })
    }
}
