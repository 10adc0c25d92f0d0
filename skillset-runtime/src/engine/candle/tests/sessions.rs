//! Sessions, concurrency and traces.

use super::{Memory, Noise, assert_close, dims, engine, graph_for, plain, tensors};
use crate::engine::candle::{CandleDevice, CandleEngine, CandleOptions};
use crate::engine::{Engine, Program, Tensors};
use crate::ir::{Attention, CheckedGraph, DType, Dim, Linear, Op, Request, Rotary};
use crate::tensor::Tensor;

const VOCABULARY: usize = 29;

/// Two layers of a decoder with grouped-query attention.
fn decoder(cache: bool) -> CheckedGraph {
    let request = Request { cache, ..Request::default() };
    graph_for(&request, |g| {
        let ids = g.input("input_ids", DType::I64, &dims(&["batch", "sequence"]));
        let table = g.param("embed.weight", &[VOCABULARY, 16]);
        let mut x = g.gather(table, 0, ids);
        let (batch, sequence) = (Dim::symbol("batch"), Dim::symbol("sequence"));
        let positions = g.to_float(g.iota(g.past(), sequence.clone()));
        let angles = g.matmul(g.reshape(positions, &[1.into(), sequence.clone(), 1.into()]), {
            g.reshape(g.param("frequencies", &[4]), &[1.into(), 1.into(), 4.into()])
        });
        let (cos, sin) = (g.unary(crate::ir::Unary::Cos, angles), g.unary(crate::ir::Unary::Sin, angles));
        for layer in 0..2 {
            let g = g.at(&format!("layers.{layer}"));
            let normal = g.apply_rms_norm(x, Some(g.param("norm.weight", &[16])), 1e-6);
            let heads = |name: &str, heads: usize| {
                let weight = g.param(&format!("{name}.weight"), &[heads * 8, 16]);
                let y = g.apply_linear(Linear::default(), normal, weight, None);
                let y = g.reshape(y, &[batch.clone(), sequence.clone(), heads.into(), 8.into()]);
                g.transpose(y, &[0, 2, 1, 3])
            };
            let (query, key, value) = (heads("q", 4), heads("k", 2), heads("v", 2));
            let turn = |x| g.apply_rotary(Rotary { pairs: Default::default() }, x, cos, sin);
            let (query, key) = (turn(query), turn(key));
            let (key, value) = (g.cached(layer, "key", key), g.cached(layer, "value", value));
            let flags = Attention {
                scale: 0.35,
                causal: true,
                window: None,
                softcap: None,
                bias: false,
                key_mask: false,
            };
            let mixed = g.apply_attention(flags, [query, key, value], None, None);
            let mixed =
                g.reshape(g.transpose(mixed, &[0, 2, 1, 3]), &[batch.clone(), sequence.clone(), 32.into()]);
            let out = g.param("o.weight", &[16, 32]);
            x = g.add(x, g.apply_linear(Linear::default(), mixed, out, None));
        }
        g.output("logits", g.apply_linear(Linear::default(), x, table, None));
    })
}

fn ids(rows: &[&[i64]]) -> Tensors {
    let values: Vec<i64> = rows.concat();
    tensors([("input_ids", Tensor::new([rows.len(), rows[0].len()], values).unwrap())])
}

fn logits(program: &dyn Program, rows: &[&[i64]]) -> Vec<f32> {
    program.run(&ids(rows)).unwrap()["logits"].as_f32().unwrap().to_vec()
}

/// The logits of position `at` of one row.
fn row(outputs: &Tensors, at: usize) -> &[f32] {
    &outputs["logits"].as_f32().unwrap()[at * VOCABULARY..(at + 1) * VOCABULARY]
}

fn assert_near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4, "expected {expected}, found {found}");
    }
}

#[test]
fn steps_of_a_session_equal_one_long_run() {
    let weights = Noise(13).weights(&decoder(false));
    for engine in [engine(), plain()] {
        let whole = engine.load(decoder(false), &weights).unwrap();
        let expected = logits(&*whole, &[&[1, 2, 3, 4, 5, 6, 7], &[9, 8, 7, 6, 5, 4, 3]]);
        let program = engine.load(decoder(true), &weights).unwrap();
        let mut session = program.session(2, 7).unwrap();
        session.step(&ids(&[&[1, 2, 3], &[9, 8, 7]])).unwrap();
        assert_eq!(session.past(), 3);
        session.step(&ids(&[&[4], &[6]])).unwrap();
        let last = session.step(&ids(&[&[5, 6, 7], &[5, 4, 3]])).unwrap();
        assert_near(row(&last, 2), &expected[6 * VOCABULARY..7 * VOCABULARY]);
        assert_near(row(&last, 5), &expected[13 * VOCABULARY..]);

        let error = session.step(&ids(&[&[1], &[1]])).unwrap_err().to_string();
        assert_eq!(error, "test: input \"input_ids\": the session holds 7 positions, found 8");
        assert_eq!(session.past(), 7);
    }
}

#[test]
fn reordered_rows_continue_from_their_new_past() {
    let weights = Noise(13).weights(&decoder(false));
    let engine = engine();
    let program = engine.load(decoder(true), &weights).unwrap();
    let mut session = program.session(3, 8).unwrap();
    session.step(&ids(&[&[1, 2], &[3, 4], &[5, 6]])).unwrap();
    session.reorder(&[2, 0]).unwrap();
    let found = session.step(&ids(&[&[7], &[8]])).unwrap();
    let whole = engine.load(decoder(false), &weights).unwrap();
    let expected = logits(&*whole, &[&[5, 6, 7], &[1, 2, 8]]);
    assert_near(row(&found, 0), &expected[2 * VOCABULARY..3 * VOCABULARY]);
    assert_near(row(&found, 1), &expected[5 * VOCABULARY..]);

    let error = session.reorder(&[0, 2]).unwrap_err().to_string();
    assert_eq!(error, "candle (cpu): test failed: reorder: there is no row 2, the session has 2");
    let error = session.step(&ids(&[&[7]])).unwrap_err().to_string();
    assert_eq!(error, "test: input \"input_ids\": the session is for 2 rows, found 1");
}

#[test]
fn a_failed_step_leaves_the_session_as_it_was() {
    let weights = Noise(13).weights(&decoder(false));
    let program = engine().load(decoder(true), &weights).unwrap();
    let mut session = program.session(1, 4).unwrap();
    session.step(&ids(&[&[1, 2]])).unwrap();
    session.step(&ids(&[&[29]])).unwrap_err();
    let found = session.step(&ids(&[&[3]])).unwrap();
    let whole = engine().load(decoder(false), &weights).unwrap();
    assert_near(row(&found, 0), &logits(&*whole, &[&[1, 2, 3]])[2 * VOCABULARY..]);
}

#[test]
fn a_cache_that_cannot_be_allocated_is_refused() {
    let weights = Noise(13).weights(&decoder(false));
    let program = engine().load(decoder(true), &weights).unwrap();
    let error = program.session(1, usize::MAX / 8).err().unwrap().to_string();
    assert!(error.contains("state \"past_key_values.0.key\": there is no memory for a cache of"), "{error}");
}

#[test]
fn a_session_may_start_empty() {
    let weights = Noise(13).weights(&decoder(false));
    let program = engine().load(decoder(true), &weights).unwrap();
    let mut session = program.session(1, 4).unwrap();
    let none = tensors([("input_ids", Tensor::new([1, 0], Vec::<i64>::new()).unwrap())]);
    assert_eq!(session.step(&none).unwrap()["logits"].shape(), [1, 0, VOCABULARY]);
    assert_eq!(session.past(), 0);
    assert_eq!(session.step(&ids(&[&[3]])).unwrap()["logits"].shape(), [1, 1, VOCABULARY]);
}

#[test]
fn four_threads_share_one_program() {
    let weights = Noise(13).weights(&decoder(false));
    let program = engine().load(decoder(true), &weights).unwrap();
    let expected: Vec<Vec<f32>> = (0..4).map(|first| logits(&*program, &[&[first, 2, 3]])).collect();
    std::thread::scope(|scope| {
        for (first, expected) in expected.iter().enumerate() {
            let program = &program;
            scope.spawn(move || {
                for _ in 0..20 {
                    let mut session = program.session(1, 3).unwrap();
                    session.step(&ids(&[&[first as i64, 2]])).unwrap();
                    let found = session.step(&ids(&[&[3]])).unwrap();
                    assert_near(row(&found, 0), &expected[2 * VOCABULARY..]);
                }
            });
        }
    });
}

#[test]
fn an_engine_may_have_its_own_threads() {
    let weights = Noise(13).weights(&decoder(false));
    let options = CandleOptions { threads: std::num::NonZero::new(3), ..CandleOptions::default() };
    let own = CandleEngine::with_options(CandleDevice::Cpu, options).unwrap();
    let found = own.load(decoder(false), &weights).unwrap().run(&ids(&[&[1, 2, 3]])).unwrap();
    let shared = engine().load(decoder(false), &weights).unwrap().run(&ids(&[&[1, 2, 3]])).unwrap();
    assert_close(&found, &shared);
}

#[test]
fn a_trace_shows_the_values_of_the_given_graph() {
    let graph = decoder(false);
    let weights: Memory = Noise(13).weights(&graph);
    let options = CandleOptions { passes: false, ..CandleOptions::default() };
    let engine = CandleEngine::with_options(CandleDevice::Cpu, options).unwrap();
    let program = engine.load_program(graph.clone(), &weights).unwrap();
    assert!(*program.executed() == graph);
    let mut seen = vec![];
    let outputs =
        program.trace(&ids(&[&[1, 2, 3]]), &mut |value, tensor| seen.push((value, tensor))).unwrap();
    let attentions = seen.iter().filter(|(value, _)| matches!(graph.node(*value).op, Op::Attention(_)));
    assert_eq!(attentions.clone().count(), 2);
    assert!(attentions.clone().all(|(_, tensor)| tensor.shape() == [1, 4, 3, 8]));
    let (last, logits) = seen.last().unwrap();
    assert_eq!((*last, logits), (graph.outputs[0].value, &outputs["logits"]));
}
