//! `skillset generate`: text from text and images, or token ids from token ids.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use skillset_runtime::generate::{EarlyStopping, GenerationConfig};
use skillset_runtime::load::Model;
use skillset_runtime::tasks::{
    self, Generated, Image, ImagePrompt, ImageTextGenerator, Message, Part, Pipeline, TextGenerationOptions,
    TextGenerator, TextStream,
};

use super::open::{EngineArgs, ModelArgs};
use super::{Error, print};

/// Continue a prompt.
#[derive(Debug, Args)]
pub(super) struct Generate {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    prompt: Prompt,
    /// Answer the prompt, by the checkpoint's chat template, instead of continuing it
    #[arg(long, requires = "prompt")]
    chat: bool,
    /// Image of the prompt, which has the checkpoint's token for images (such as <image>) in its place, unless --chat
    /// places it; may be given more than once
    #[arg(long, value_name = "FILE", requires = "prompt")]
    image: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Prompt {
    /// Text to continue
    #[arg(long)]
    prompt: Option<String>,
    /// Token ids to continue, as JSON: [[1, 2, 3]]; rows of one length
    #[arg(long, value_name = "JSON")]
    input_ids: Option<String>,
}

#[derive(Debug, Args)]
struct Options {
    /// Tokens to add at most
    #[arg(long, value_name = "N")]
    max_new_tokens: Option<usize>,
    /// Take the likeliest token at each step
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "seed"])]
    greedy: bool,
    /// Go on after an end-of-sequence token
    #[arg(long)]
    ignore_eos: bool,
    /// Flatten (> 1) or sharpen (< 1) the distribution that tokens are drawn from
    #[arg(long)]
    temperature: Option<f64>,
    /// Draw from the K likeliest tokens
    #[arg(long)]
    top_k: Option<usize>,
    /// Draw from the likeliest tokens that together have this probability
    #[arg(long)]
    top_p: Option<f64>,
    /// Draw from tokens with at least this share of the likeliest one's probability
    #[arg(long)]
    min_p: Option<f64>,
    /// Search with that many beams for continuations that are likely as a whole
    #[arg(long, value_name = "N")]
    num_beams: Option<usize>,
    /// Give that many continuations: drawn ones, or the best of the beams
    #[arg(long, value_name = "N")]
    num_return_sequences: Option<usize>,
    /// Rank beams by their score over their length to the power of this
    #[arg(long, value_name = "POWER", allow_negative_numbers = true)]
    length_penalty: Option<f64>,
    /// When beam search ends
    #[arg(long, value_name = "WHEN", value_parser = ["true", "false", "never"])]
    early_stopping: Option<String>,
    /// Divide the scores of tokens that occurred
    #[arg(long)]
    repetition_penalty: Option<f64>,
    /// Seed of the draw
    #[arg(long)]
    seed: Option<i64>,
    /// Stop once this text occurs; may be given more than once
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
}

impl Generate {
    pub(super) fn run(self) -> Result<(), Error> {
        let config = self.options.config();
        let model = self.model.open(&self.engine)?;
        match (&self.prompt.input_ids, &self.prompt.prompt) {
            (Some(ids), _) => self.continue_ids(&model, ids, &config),
            (None, prompt) => self.continue_text(&model, prompt.as_deref().unwrap_or_default(), &config),
        }
    }

    fn continue_ids(&self, model: &Model, ids: &str, config: &GenerationConfig) -> Result<(), Error> {
        let prompts: Vec<Vec<i64>> = serde_json::from_str(ids).map_err(|error| {
            format!("--input-ids: expected rows of token ids such as [[1, 2, 3]]: {error}")
        })?;
        if prompts.windows(2).any(|rows| rows[0].len() != rows[1].len()) {
            return Err("--input-ids: expected rows of one length".into());
        }
        let sequences = model.generator()?.generate(&prompts, config)?;
        let sequences: Vec<_> = sequences.into_iter().map(|sequence| sequence.tokens).collect();
        if self.json {
            return print::json(&json!({ "sequences": sequences }));
        }
        sequences.iter().try_for_each(|tokens| print::line(&json!(tokens).to_string()))
    }

    fn continue_text(&self, model: &Model, prompt: &str, config: &GenerationConfig) -> Result<(), Error> {
        let options = TextGenerationOptions {
            generation: config.clone(),
            return_full_text: !self.chat,
            ..TextGenerationOptions::default()
        };
        // Which tokens beams keep is known at the end, and several continuations come one after another.
        let is_whole =
            self.json || [config.num_beams, config.num_return_sequences].iter().any(Option::is_some);
        let reads_images = model.model_type().is_ok_and(|of| of.task(ImageTextGenerator::NAME).is_ok());
        if self.image.is_empty() && !reads_images {
            let generator = TextGenerator::load(model)?;
            let input =
                if self.chat { vec![Message::user(prompt)].into() } else { tasks::Prompt::from(prompt) };
            return match is_whole {
                true => self.print_whole(&generator.run(input, &options)?),
                false => self.print_stream(prompt, generator.stream(input, &options)?),
            };
        }
        let images: Vec<Image> = self.image.iter().map(open_image).collect::<Result<_, Error>>()?;
        let generator = ImageTextGenerator::load(model)?;
        let input = match self.chat {
            true => {
                let parts = images.into_iter().map(Part::from).chain([Part::from(prompt)]);
                vec![Message::user(parts.collect::<Vec<_>>())].into()
            }
            false => ImagePrompt::from((images, prompt)),
        };
        match is_whole {
            true => self.print_whole(&generator.run(input, &options)?),
            false => self.print_stream(prompt, generator.stream(input, &options)?),
        }
    }

    fn print_whole(&self, generated: &Generated) -> Result<(), Error> {
        let others = generated.others.iter().map(|other| &other.text);
        let texts: Vec<&String> = std::iter::once(&generated.text).chain(others).collect();
        match (self.json, &texts[..]) {
            (true, [text]) => print::json(&json!({ "text": text })),
            (true, texts) => print::json(&json!({ "texts": texts })),
            (false, texts) => texts.iter().try_for_each(|text| print::line(text)),
        }
    }

    fn print_stream(&self, prompt: &str, stream: TextStream<'_>) -> Result<(), Error> {
        if !self.chat {
            print::write(prompt)?;
        }
        for piece in stream {
            print::write(&piece?)?;
        }
        print::line("")
    }
}

/// Reads an image as pipelines do.
fn open_image(path: &PathBuf) -> Result<Image, Error> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|error| named(&error))?;
    Ok(Image::from_bytes_upright(&bytes).map_err(|error| named(&error))?)
}

impl Options {
    /// Drawing is asked for by any option that shapes the draw, or for several continuations without beams.
    fn config(&self) -> GenerationConfig {
        let drawn = self.seed.is_some()
            || [self.temperature, self.top_p, self.min_p].iter().any(Option::is_some)
            || self.top_k.is_some()
            || (self.num_return_sequences.is_some() && self.num_beams.is_none());
        GenerationConfig {
            max_new_tokens: self.max_new_tokens,
            num_beams: self.num_beams,
            num_return_sequences: self.num_return_sequences,
            length_penalty: self.length_penalty,
            early_stopping: self.early_stopping.as_deref().map(|when| match when {
                "true" => EarlyStopping::Full,
                "never" => EarlyStopping::Never,
                _ => EarlyStopping::Heuristic,
            }),
            do_sample: match self.greedy || (self.num_beams.is_some() && !drawn) {
                true => Some(false),
                false => drawn.then_some(true),
            },
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            eos_token_id: self.ignore_eos.then(Vec::new),
            stop_strings: (!self.stop.is_empty()).then(|| self.stop.clone()),
            seed: self.seed,
            ..GenerationConfig::default()
        }
    }
}
