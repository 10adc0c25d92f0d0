//! An encoder that hands on its tokens, and a decoder that adds them up.

use super::*;
use crate::engine::{EngineError, Session, bind_inputs};
use crate::generate::FinishReason;
use crate::ir::{Builder, DType, Dim, Request};

const VOCABULARY: usize = 10;

/// Both programs are told apart by what they give.
struct Part {
    signature: Signature,
}

impl Part {
    /// `inputs` have two axes, `sequence` and `read` being the second of those of tokens and of the encoder's states.
    fn new(name: &str, inputs: &[(&str, DType, &str)], output: &str) -> Arc<Self> {
        let builder = Builder::new(name, &Request::default());
        let g = builder.root();
        for (name, dtype, length) in inputs {
            let x = g.input(name, *dtype, &[Dim::symbol("batch"), Dim::symbol(length)]);
            if *name == inputs[0].0 {
                g.output(output, g.cast(x, DType::F32));
            }
        }
        Arc::new(Self { signature: Signature::from(&builder.finish().unwrap()) })
    }

    fn encoder() -> Arc<Self> {
        let inputs = [("input_ids", DType::I64, "read"), ("attention_mask", DType::I64, "read")];
        Self::new("encoder", &inputs, "last_hidden_state")
    }

    /// The names of the tokens and of the encoder's mask.
    fn decoder(tokens: &str, mask: &str) -> Arc<Self> {
        let states = ("encoder_hidden_states", DType::F32, "read");
        Self::new(
            "decoder",
            &[(tokens, DType::I64, "sequence"), states, (mask, DType::I64, "read")],
            "logits",
        )
    }
}

impl Program for Part {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        bind_inputs(&self.signature, inputs, 0)?;
        let Some(states) = inputs.get("encoder_hidden_states") else {
            let states = inputs["input_ids"].convert(DType::F32).unwrap();
            return Ok(Tensors::from([("last_hidden_state".to_owned(), states)]));
        };
        let [mask, tokens] = [2, 0].map(|input| &inputs[&self.signature.inputs[input].name]);
        let (&[rows, read], &[_, length]) = (states.shape(), tokens.shape()) else { unreachable!() };
        let mut logits = vec![0.0; rows * length * VOCABULARY];
        for row in 0..rows {
            let real = (0..read).filter(|at| mask.as_i64().unwrap()[row * read + at] == 1);
            let sum: f32 = real.map(|at| states.as_f32().unwrap()[row * read + at]).sum();
            let last = tokens.as_i64().unwrap()[(row + 1) * length - 1];
            let next = (sum as usize + last as usize) % VOCABULARY;
            logits[((row + 1) * length - 1) * VOCABULARY + next] = 1.0;
        }
        let logits = Tensor::new([rows, length, VOCABULARY], logits).unwrap();
        Ok(Tensors::from([("logits".to_owned(), logits)]))
    }

    fn session(&self, _: usize, _: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        unreachable!("neither part keeps state")
    }
}

fn model(tokens: &str, mask: &str) -> EncoderDecoder {
    join(Part::encoder(), Part::decoder(tokens, mask)).unwrap()
}

fn join(encoder: Arc<Part>, decoder: Arc<Part>) -> Result<EncoderDecoder, GenerateError> {
    EncoderDecoder::new(encoder, Generator::behind_encoder(decoder, GenerationConfig::default())?)
}

/// Two texts, the second one padded.
fn inputs() -> Tensors {
    let tensor = |values: [i64; 6]| Tensor::new([2, 3], values.to_vec()).unwrap();
    let pairs = [("input_ids", tensor([1, 2, 4, 3, 0, 9])), ("attention_mask", tensor([1, 1, 1, 1, 1, 0]))];
    Tensors::from(pairs.map(|(name, tensor)| (name.to_owned(), tensor)))
}

fn starting_with(start: i64) -> GenerationConfig {
    GenerationConfig { decoder_start_token_id: Some(start), ..GenerationConfig::greedy(3) }
}

#[test]
fn every_step_is_told_what_was_read_under_either_convention_of_names() {
    for (tokens, mask) in [("input_ids", "encoder_attention_mask"), ("decoder_input_ids", "attention_mask")] {
        let model = model(tokens, mask);
        let encoded = model.encode(&inputs()).unwrap();
        assert_eq!(encoded.rows(), 2);
        let rows = model.generate(encoded.clone(), &[], &starting_with(5)).unwrap();
        assert_eq!([&rows[0].tokens[..], &rows[1].tokens], [[5, 2, 9, 6], [5, 8, 1, 4]]);
        assert_eq!((rows[0].prompt, rows[0].finish), (1, Some(FinishReason::Length)));
        let again = encoded.take_rows(&[1, 1, 0]);
        let rows = model.generate(again, &[vec![6, 5], vec![6, 0], vec![6, 5]], &starting_with(5)).unwrap();
        let new: Vec<&[i64]> = rows.iter().map(Sequence::new_tokens).collect();
        assert_eq!(new, [[8, 1, 4], [3, 6, 9], [2, 9, 6]]);
    }
}

#[test]
fn what_was_read_can_be_favoured_or_forbidden() {
    let model = model("input_ids", "encoder_attention_mask");
    let generate = |options: GenerationConfig| {
        let encoded = model.encode(&inputs()).unwrap();
        model.generate(encoded, &[], &options.or(&starting_with(5))).unwrap().swap_remove(0).tokens
    };
    let forbidden = GenerationConfig { encoder_no_repeat_ngram_size: Some(1), ..GenerationConfig::default() };
    assert!(generate(forbidden).iter().skip(1).all(|token| ![1, 2, 4].contains(token)));
}

#[test]
fn a_decoder_starts_with_its_own_token_or_else_that_of_all_texts() {
    let model = model("input_ids", "encoder_attention_mask");
    let generate = |options: &GenerationConfig| {
        model.generate(model.encode(&inputs()).unwrap(), &[], options).map(|rows| rows[0].tokens[0])
    };
    let bos = GenerationConfig { bos_token_id: Some(7), ..GenerationConfig::greedy(1) };
    assert_eq!(generate(&bos).unwrap(), 7);
    assert_eq!(generate(&starting_with(3).or(&bos)).unwrap(), 3);
    assert_eq!(
        generate(&GenerationConfig::greedy(1)).unwrap_err().to_string(),
        "prompt 0: it is empty and the model has no decoder_start_token_id or bos_token_id to start with"
    );
    let error = model.generate(model.encode(&inputs()).unwrap(), &[vec![1]], &bos).unwrap_err();
    assert_eq!(error.to_string(), "prompt 1: expected a prompt for each of 2 encoded rows, found 1");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let refused = |encoder, decoder| join(encoder, decoder).err().unwrap().to_string();
    let alone = Part::new("gpt", &[("input_ids", DType::I64, "sequence")], "logits");
    assert_eq!(
        refused(Part::encoder(), alone),
        "gpt: it takes nothing of an encoder; its inputs are input_ids: i64[batch, sequence]"
    );
    let blind = Part::new("encoder", &[("input_ids", DType::I64, "read")], "pooler_output");
    assert_eq!(
        refused(blind, Part::decoder("input_ids", "encoder_attention_mask")),
        "decoder: it takes \"encoder_hidden_states\", which the encoder encoder does not give; its outputs are \
         pooler_output"
    );
    let error =
        Generator::new(Part::decoder("input_ids", "mask"), GenerationConfig::default()).err().unwrap();
    assert_eq!(
        error.to_string(),
        "decoder: it is the decoder behind an encoder; expected inputs among input_ids, attention_mask, position_ids, found \"encoder_hidden_states\"; its \
         inputs are input_ids: i64[batch, sequence], encoder_hidden_states: f32[batch, read], mask: i64[batch, read]"
    );
}
