//! candle-transformers as a contestant: `candle_transformers CHECKPOINT`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Module, Tensor, safetensors};
use candle_nn::{LayerNorm, VarBuilder, layer_norm};
use candle_transformers::models::{bert, vit};
use serde_json::Value;
use skillset_peers::{Contestant, Result, serve};

type Tensors = HashMap<String, Tensor>;

/// The models, as far as their last hidden state.
enum Model {
    Bert(bert::BertModel),
    Vit { embeddings: vit::Embeddings, encoder: vit::Encoder, norm: LayerNorm },
}

impl Model {
    fn load(checkpoint: &Path) -> Result<Self> {
        let config: Value = serde_json::from_slice(&fs::read(checkpoint.join("config.json"))?)?;
        let weights = [checkpoint.join("model.safetensors")];
        // SAFETY: nobody writes to the file while the benchmark runs.
        let vb = unsafe { VarBuilder::from_mmaped_safetensors(&weights, DType::F32, &Device::Cpu)? };
        match config["model_type"].as_str() {
            Some("bert") => Ok(Self::Bert(bert::BertModel::load(vb, &serde_json::from_value(config)?)?)),
            Some("vit") => {
                let config: vit::Config = serde_json::from_value(config)?;
                Ok(Self::Vit {
                    embeddings: vit::Embeddings::new(&config, false, vb.pp("embeddings"))?,
                    encoder: vit::Encoder::new(&config, vb.pp("encoder"))?,
                    norm: layer_norm(config.hidden_size, config.layer_norm_eps, vb.pp("layernorm"))?,
                })
            }
            other => Err(format!("no contestant for model type {other:?}").into()),
        }
    }
}

impl Contestant for Model {
    type Inputs = Tensors;
    type Output = Tensor;

    fn read(&self, path: &Path) -> Result<Tensors> {
        Ok(safetensors::load(path, &Device::Cpu)?)
    }

    fn forward(&self, inputs: &Tensors) -> Result<Tensor> {
        let input = |name: &str| inputs.get(name).ok_or_else(|| format!("no input {name:?}"));
        Ok(match self {
            Self::Bert(model) => {
                let ids = input("input_ids")?;
                model.forward(ids, &ids.zeros_like()?, Some(input("attention_mask")?))?
            }
            Self::Vit { embeddings, encoder, norm } => {
                let x = embeddings.forward(input("pixel_values")?, None, false)?;
                norm.forward(&encoder.forward(&x)?)?
            }
        })
    }

    fn write(&self, output: Tensor, path: &Path) -> Result<()> {
        Ok(safetensors::save(&HashMap::from([("last_hidden_state", output)]), path)?)
    }
}

fn main() -> Result<()> {
    let checkpoint =
        PathBuf::from(std::env::args_os().nth(1).ok_or("usage: candle_transformers CHECKPOINT")?);
    serve(|| Model::load(&checkpoint))
}
