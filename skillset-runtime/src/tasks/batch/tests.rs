//! Batching, over a program that gives its tokens back.

use std::sync::Mutex;

use super::*;
use crate::engine::{EngineError, Session, Signature, bind_inputs};
use crate::ir::{Builder, DType, Dim, Request};

/// A program whose `hidden` is each token's id and its own mask.
struct Echo {
    signature: Signature,
    /// The shapes it ran on.
    shapes: Mutex<Vec<Vec<usize>>>,
}

impl Echo {
    fn new(inputs: &[&str]) -> Arc<Self> {
        let inputs = inputs.iter().map(|&name| name.to_owned()).collect();
        let builder = Builder::new("echo", &Request { inputs, ..Request::default() });
        let g = builder.root();
        let shape = [Dim::symbol("batch"), Dim::symbol("sequence")];
        let ids = g.input("input_ids", DType::I64, &shape);
        g.optional_input("attention_mask", DType::I64, &shape);
        g.optional_input("position_ids", DType::I64, &shape);
        g.output("hidden", g.cast(ids, DType::F32));
        Arc::new(Self { signature: Signature::from(&builder.finish().unwrap()), shapes: Mutex::default() })
    }
}

impl Program for Echo {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        bind_inputs(&self.signature, inputs, 0)?;
        let ids = &inputs["input_ids"];
        self.shapes.lock().unwrap().push(ids.shape().to_vec());
        let mask = inputs.get("attention_mask").and_then(Tensor::as_i64);
        let pair = |(at, &id): (usize, &i64)| [id as f32, mask.map_or(1.0, |mask| mask[at] as f32)];
        let values: Vec<f32> = ids.as_i64().unwrap().iter().enumerate().flat_map(pair).collect();
        // Damage, where a test asks for it.
        let values: Vec<f32> =
            values.into_iter().map(|value| if value == 666.0 { f32::NAN } else { value }).collect();
        let hidden = Tensor::new([ids.shape()[0], ids.shape()[1], 2], values).unwrap();
        Ok(Tensors::from([("hidden".to_owned(), hidden)]))
    }

    fn session(&self, _: usize, _: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        unreachable!("no task but generation works in sessions")
    }
}

fn runner(echo: &Arc<Echo>) -> Runner {
    Runner::new("test", echo.clone(), &TEXT_INPUTS).unwrap()
}

fn text(ids: &[u32]) -> EncodedText {
    let zeros = vec![0; ids.len()];
    EncodedText {
        sample: 0,
        ids: ids.to_vec(),
        type_ids: zeros.clone(),
        attention_mask: vec![1; ids.len()],
        special_tokens_mask: zeros,
        char_offsets: vec![],
        byte_offsets: vec![],
        word_ids: vec![],
        sequence_ids: vec![],
        tokens: vec![],
    }
}

fn run(runner: &Runner, texts: &[EncodedText], pad: Option<u32>) -> Result<Vec<Vec<f32>>, TaskError> {
    runner.run_texts(texts, pad, |_, outputs| {
        let hidden = outputs.tokens("hidden", 2)?;
        Ok(hidden.vectors().flatten().copied().collect())
    })
}

#[test]
fn similar_lengths_run_together_and_results_keep_the_order() {
    let echo = Echo::new(&["attention_mask"]);
    let mut runner = runner(&echo);
    runner.set_batch_size(2);
    let texts = [text(&[1]), text(&[2, 3, 4]), text(&[5, 6]), text(&[7, 8, 9])];
    let found = run(&runner, &texts, Some(99)).unwrap();
    // Padding is masked and does not come back.
    assert_eq!(
        found,
        [vec![1., 1.], vec![2., 1., 3., 1., 4., 1.], vec![5., 1., 6., 1.], vec![7., 1., 8., 1., 9., 1.]]
    );
    assert_eq!(*echo.shapes.lock().unwrap(), [[2, 3], [2, 2]]);
    assert_eq!(run(&runner, &[], Some(99)).unwrap(), [] as [Vec<f32>; 0]);
}

#[test]
fn without_padding_only_equal_lengths_run_together() {
    for (inputs, pad) in [(&["attention_mask"] as &[&str], None), (&[], Some(0))] {
        let echo = Echo::new(inputs);
        let texts = [text(&[1, 2]), text(&[3]), text(&[4, 5])];
        let found = run(&runner(&echo), &texts, pad).unwrap();
        assert_eq!(found, [vec![1., 1., 2., 1.], vec![3., 1.], vec![4., 1., 5., 1.]]);
        assert_eq!(*echo.shapes.lock().unwrap(), [[2, 2], [1, 1]]);
    }
}

#[test]
fn a_program_is_given_what_it_takes() {
    let texts = [text(&[7, 8]), text(&[9])];
    let inputs = text_inputs(Echo::new(&["position_ids"]).signature(), &texts, &[0, 1], 5);
    assert_eq!(inputs.keys().collect::<Vec<_>>(), ["input_ids", "position_ids"]);
    assert_eq!(inputs["input_ids"].as_i64(), Some(&[7, 8, 9, 5][..]));
    assert_eq!(inputs["position_ids"].as_i64(), Some(&[0, 1, 0, 1][..]));
}

#[test]
fn a_program_that_takes_what_the_task_cannot_give_is_refused() {
    let Err(error) = Runner::new("test", Echo::new(&["attention_mask"]), &["input_ids"]) else {
        panic!("the task gives no mask");
    };
    assert_eq!(
        error.to_string(),
        "test: echo: expected inputs among input_ids, which the task can give, found \"attention_mask\"; its inputs are \
         input_ids: i64[batch, sequence], attention_mask: i64[batch, sequence]"
    );
}

#[test]
fn damage_is_reported_with_output_and_input() {
    let runner = runner(&Echo::new(&["attention_mask"]));
    let error = run(&runner, &[text(&[1, 2]), text(&[666])], Some(666)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model produced NaN in output \"hidden\" for input 1; its weights are damaged, or too large for the \
         precision it runs in"
    );
    let error =
        runner.run_texts(&[text(&[1])], None, |_, outputs| Ok(outputs.get("logits", 1)?.shape)).unwrap_err();
    assert_eq!(error.to_string(), "echo: output \"logits\": expected f32 of 2 axes, found no such output");
}
