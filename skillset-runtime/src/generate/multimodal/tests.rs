//! An encoder of images of two numbers, and a decoder that adds up what it reads.

use super::*;
use crate::engine::{EngineError, Session, bind_inputs};
use crate::ir::{Builder, DType, Dim, Request};

const VOCABULARY: usize = 10;
/// The token that features are read in the place of, where there are some.
const IMAGE: i64 = 0;

/// Gives the numbers of each image as its features.
struct Encoder(Signature);

impl Encoder {
    fn new(output: &str) -> Arc<Self> {
        let builder = Builder::new("encoder", &Request::default());
        let g = builder.root();
        let images = Dim::symbol("images");
        let pixels = g.input("pixel_values", DType::F32, &[images.clone(), 2.into()]);
        g.output(output, g.reshape(pixels, &[images * Dim::from(2), 1.into()]));
        Arc::new(Self(Signature::from(&builder.finish().unwrap())))
    }
}

impl Program for Encoder {
    fn signature(&self) -> &Signature {
        &self.0
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let pixels = inputs["pixel_values"].as_f32().unwrap();
        let features = Tensor::new([pixels.len(), 1], pixels.to_vec()).unwrap();
        Ok(Tensors::from([(self.0.outputs[0].clone(), features)]))
    }

    fn session(&self, _: usize, _: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        unreachable!("an encoder keeps nothing")
    }
}

/// The next token is the sum of all that a row has read.
struct Decoder(Signature);

impl Decoder {
    fn new(extra: &[&str]) -> Arc<Self> {
        let builder = Builder::new("decoder", &Request { cache: true, ..Request::default() });
        let g = builder.root();
        let (batch, sequence) = (Dim::symbol("batch"), Dim::symbol("sequence"));
        let ids = g.input("input_ids", DType::I64, &[batch.clone(), sequence.clone()]);
        for name in extra {
            g.input(name, DType::F32, &[Dim::symbol("source"), 1.into()]);
        }
        let x = g.reshape(g.cast(ids, DType::F32), &[batch, 1.into(), sequence, 1.into()]);
        g.output("logits", g.cached(0, "key", x));
        Arc::new(Self(Signature::from(&builder.finish().unwrap())))
    }
}

impl Program for Decoder {
    fn signature(&self) -> &Signature {
        &self.0
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        self.session(inputs["input_ids"].shape()[0], usize::MAX)?.step(inputs)
    }

    fn session(&self, batch: usize, _: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(Sums { program: self, sums: vec![0; batch], past: 0 }))
    }
}

struct Sums<'p> {
    program: &'p Decoder,
    sums: Vec<usize>,
    past: usize,
}

impl Session for Sums<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        bind_inputs(&self.program.0, inputs, self.past)?;
        let (ids, features) = (&inputs["input_ids"], inputs["image_hidden_states"].as_f32().unwrap());
        let &[rows, length] = ids.shape() else { unreachable!() };
        let mut features = features.iter();
        let mut logits = vec![0.0; rows * length * VOCABULARY];
        for (row, sum) in self.sums.iter_mut().enumerate() {
            for &id in &ids.as_i64().unwrap()[row * length..][..length] {
                *sum +=
                    if id == IMAGE { features.next().copied().unwrap_or(0.0) as usize } else { id as usize };
            }
            logits[((row + 1) * length - 1) * VOCABULARY + *sum % VOCABULARY] = 1.0;
        }
        assert_eq!(features.len(), 0, "every feature has its token");
        self.past += length;
        Ok(Tensors::from([("logits".to_owned(), Tensor::new([rows, length, VOCABULARY], logits).unwrap())]))
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        self.sums = rows.iter().map(|&row| self.sums[row]).collect();
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}

fn generator() -> MultimodalGenerator {
    join(Encoder::new("image_hidden_states"), Decoder::new(&["image_hidden_states"])).unwrap()
}

fn join(encoder: Arc<Encoder>, decoder: Arc<Decoder>) -> Result<MultimodalGenerator, GenerateError> {
    MultimodalGenerator::new(encoder, Generator::behind_encoder(decoder, GenerationConfig::default())?)
}

fn encode(generator: &MultimodalGenerator, images: &[[f32; 2]]) -> Vec<Features> {
    let pixels = Tensor::new([images.len(), 2], images.concat()).unwrap();
    generator.encode(images.len(), &Tensors::from([("pixel_values".to_owned(), pixels)])).unwrap()
}

#[test]
fn images_are_read_in_the_place_of_tokens_once() {
    let generator = generator();
    let features = encode(&generator, &[[3.0, 4.0], [1.0, 1.0]]);
    assert_eq!(features.iter().map(Features::tokens).collect::<Vec<_>>(), [2, 2]);
    // The second prompt ends in what becomes a token for an image that there is none for.
    let prompts = [vec![IMAGE, IMAGE, 2], vec![8, IMAGE, IMAGE]];
    let images: Vec<&Features> = features.iter().collect();
    for options in
        [GenerationConfig::default(), GenerationConfig { num_beams: Some(2), ..Default::default() }]
    {
        let options = options.or(&GenerationConfig::greedy(3));
        let rows = generator.generate(&images, &prompts, &options).unwrap();
        assert_eq!([rows[0].new_tokens(), rows[1].new_tokens()], [[9, 8, 6], [0, 0, 0]]);
    }
    let whole = GenerationConfig { use_cache: Some(false), ..GenerationConfig::greedy(3) };
    let rows = generator.generate(&images[..1], &prompts[..1], &whole).unwrap();
    assert_eq!(rows[0].new_tokens(), [9, 8, 6]);
}

#[test]
fn a_prompt_needs_no_image() {
    let rows = generator().generate(&[], &[vec![1, IMAGE]], &GenerationConfig::greedy(3)).unwrap();
    assert_eq!(rows[0].new_tokens(), [1, 2, 4]);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let refused = |encoder, decoder| join(encoder, decoder).err().unwrap().to_string();
    assert_eq!(
        refused(Encoder::new("image_hidden_states"), Decoder::new(&[])),
        "decoder: it takes nothing of an encoder; its inputs are input_ids: i64[batch, sequence]"
    );
    assert_eq!(
        refused(Encoder::new("image_embeds"), Decoder::new(&["image_hidden_states"])),
        "decoder: it takes \"image_hidden_states\", which the encoder encoder does not give; its outputs are image_embeds"
    );
}
