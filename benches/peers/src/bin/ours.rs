//! This project as a contestant: `ours candle|onnx CHECKPOINT`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use skillset::runtime::checkpoint::Checkpoint;
use skillset::runtime::engine::{EngineKind, EngineOptions, Program, Tensors};
use skillset::runtime::generate::{EncoderDecoder, GenerationConfig, Generator};
use skillset::runtime::ir::Request;
use skillset::runtime::load::Model;
use skillset::runtime::tensor::file::{read_tensors, write_tensors};
use skillset_peers::{Contestant, Result, serve};

/// A checkpoint by what its class is for.
enum Skill {
    Features(Arc<dyn Program>),
    Generation(Box<Generator>),
    Translation(Box<EncoderDecoder>),
}

impl Skill {
    fn load(kind: EngineKind, checkpoint: &Path) -> Result<Self> {
        let engine = EngineOptions { kind, ..EngineOptions::default() }.open()?;
        let checkpoint = Arc::new(Checkpoint::open(checkpoint)?);
        let model_type = skillset::registry::architecture(&checkpoint.model_type()?)?;
        let model = Model::new(model_type, checkpoint, engine);
        let own = model.task_or_own(None)?;
        if own.generates && own.class.ends_with("ForCausalLM") {
            return Ok(Self::Generation(Box::new(model.generator()?)));
        }
        if own.generates {
            return Ok(Self::Translation(Box::new(model.encoder_decoder(own.name)?)));
        }
        // A tokenizer gives a mask, an image processor gives none.
        let is_text = model.model_type()?.inputs.iter().any(|input| input.name == "input_ids");
        let request = Request {
            inputs: is_text.then(|| "attention_mask".to_owned()).into_iter().collect(),
            outputs: vec!["last_hidden_state".to_owned()],
            ..Request::default()
        };
        Ok(Self::Features(model.program("base", &request)?))
    }
}

impl Contestant for Skill {
    type Inputs = Tensors;
    type Output = Tensors;

    fn read(&self, path: &Path) -> Result<Tensors> {
        Ok(read_tensors(path)?)
    }

    fn forward(&self, inputs: &Tensors) -> Result<Tensors> {
        match self {
            Self::Features(program) => Ok(program.run(inputs)?),
            Self::Generation(_) | Self::Translation(_) => {
                Err("this checkpoint is measured by generation".into())
            }
        }
    }

    fn write(&self, output: Tensors, path: &Path) -> Result<()> {
        Ok(write_tensors(path, &output)?)
    }

    fn generate(&self, inputs: &Tensors, new_tokens: usize, on_token: &mut dyn FnMut(i64)) -> Result<()> {
        let options = GenerationConfig::greedy(new_tokens);
        let generation = match self {
            Self::Features(_) => return Err("this checkpoint is measured by its last hidden state".into()),
            Self::Translation(model) => model.start(model.encode(inputs)?, &[], &options)?,
            Self::Generation(generator) => {
                let prompt = inputs.get("input_ids").and_then(|ids| ids.as_i64());
                generator.start(&[prompt.ok_or("no integers \"input_ids\"")?.to_vec()], &options)?
            }
        };
        for step in generation {
            step?.tokens.iter().for_each(|token| on_token(token.id));
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(engine), Some(checkpoint)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ours candle|onnx CHECKPOINT".into());
    };
    let engine: EngineKind = engine.to_string_lossy().parse()?;
    let checkpoint = PathBuf::from(checkpoint);
    serve(|| Skill::load(engine, &checkpoint))
}
