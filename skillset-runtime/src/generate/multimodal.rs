//! Generation from prompts in which images stand in the place of tokens.

use std::sync::Arc;

use super::GenerationConfig;
use super::error::GenerateError;
use super::generation::{Generation, Sequence};
use super::generator::{Context, Generator};
use super::stop::Detokenize;
use crate::engine::{Program, Signature, Tensors};
use crate::ir::Input;
use crate::tensor::Tensor;

/// An encoder of images, and the decoder that reads their features where a prompt has tokens for them.
///
/// An image is encoded once, whatever the number of steps, beams and sequences. Only the run of the prompts is given its
/// features; from then on they are in the cache.
#[derive(Clone)]
pub struct MultimodalGenerator {
    encoder: Arc<dyn Program>,
    decoder: Generator,
}

/// What the encoder made of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// By the decoder's names; vectors lie along the last axis.
    tensors: Tensors,
}

impl Features {
    /// How many tokens they stand for.
    pub fn tokens(&self) -> usize {
        let vectors = |tensor: &Tensor| tensor.shape().split_last().map(|(_, rows)| rows.iter().product());
        self.tensors.values().next().and_then(vectors).unwrap_or(0)
    }
}

impl MultimodalGenerator {
    /// Joins both parts; parameters are the decoder's where a call does not set them.
    ///
    /// The decoder takes `input_ids`, and perhaps `attention_mask` and `position_ids`; what else it takes are outputs of
    /// the encoder of the same name.
    ///
    /// # Errors
    /// If the decoder takes what the encoder does not give, or nothing of it.
    pub fn new(encoder: Arc<dyn Program>, decoder: Generator) -> Result<Self, GenerateError> {
        let decoder = decoder.placing();
        let given = encoder.signature();
        decoder.names().check_fit(given, decoder.program().signature(), |name| given.gives(name))?;
        Ok(Self { encoder, decoder })
    }

    /// Sets what turns tokens into text, which stop strings need.
    pub fn with_text(mut self, text: Arc<dyn Detokenize>) -> Self {
        self.decoder = self.decoder.with_text(text);
        self
    }

    /// The parameters that hold where a call does not set its own.
    pub fn defaults(&self) -> &GenerationConfig {
        self.decoder.defaults()
    }

    /// What the encoder takes and gives.
    pub fn encoder(&self) -> &Signature {
        self.encoder.signature()
    }

    /// Runs the encoder on a batch of `images`, which have their places along the first axis of its inputs.
    ///
    /// # Errors
    /// If the encoder does not take these inputs, or fails, or gives something that is not alike for all images.
    pub fn encode(&self, images: usize, inputs: &Tensors) -> Result<Vec<Features>, GenerateError> {
        let mut outputs = self.encoder.run(inputs)?;
        let mut features = vec![Features { tensors: Tensors::new() }; images];
        for name in &self.decoder.names().placed {
            let output = outputs.remove(name).filter(|output| {
                output.shape().first().is_some_and(|rows| rows.is_multiple_of(images.max(1)))
            });
            let output = output.ok_or_else(|| GenerateError::Graph {
                graph: self.encoder().name.clone(),
                problem: format!("output {name:?}: expected as many rows for each of {images} images"),
            })?;
            let rows = output.shape()[0] / images.max(1);
            for (image, features) in features.iter_mut().enumerate() {
                let own: Vec<usize> = (image * rows..(image + 1) * rows).collect();
                features.tensors.insert(name.clone(), output.take_rows(&own));
            }
        }
        Ok(features)
    }

    /// Starts to continue `prompts`, in which the features of `images`, one after the other, stand in the place of the
    /// tokens for them. See [`Generator::start`].
    ///
    /// # Errors
    /// As [`Generator::start`].
    pub fn start(
        &self,
        images: &[&Features],
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Generation<'_>, GenerateError> {
        self.decoder.start_in(self.context(images), prompts, options)
    }

    /// As [`start`](Self::start), to the ends of all rows. See [`Generator::generate`].
    ///
    /// # Errors
    /// As [`Generator::generate`].
    pub fn generate(
        &self,
        images: &[&Features],
        prompts: &[Vec<i64>],
        options: &GenerationConfig,
    ) -> Result<Vec<Sequence>, GenerateError> {
        self.decoder.generate_in(self.context(images), prompts, options)
    }

    /// The features of all images; of none, tensors without rows.
    fn context(&self, images: &[&Features]) -> Context {
        let inputs = &self.decoder.program().signature().inputs;
        let placed = inputs.iter().filter(|input| self.decoder.names().placed.contains(&input.name));
        let join = |input: &Input| {
            let parts: Vec<&Tensor> =
                images.iter().filter_map(|image| image.tensors.get(&input.name)).collect();
            let tensor = Tensor::stack_rows(&parts).unwrap_or_else(|| without_rows(input));
            (input.name.clone(), tensor)
        };
        Context { placed: placed.map(join).collect(), ..Context::default() }
    }
}

/// A tensor that an input takes where there is nothing to place.
fn without_rows(input: &Input) -> Tensor {
    let sizes = input.fact.shape.iter().map(|dim| dim.as_size().unwrap_or(0));
    Tensor::new(sizes.collect::<Vec<_>>(), Vec::<f32>::new()).expect("no rows have no elements")
}

#[cfg(test)]
mod tests;
