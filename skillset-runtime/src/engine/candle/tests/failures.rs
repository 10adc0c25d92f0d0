//! What a caller or a checkpoint may get wrong.

use super::{Memory, Noise, dims, engine, floats, graph, tensors};
use crate::engine::{Engine, Program, Tensors};
use crate::ir::{CheckedGraph, DType, Dim, Linear};
use crate::tensor::Tensor;

fn embedding() -> CheckedGraph {
    graph(|g| {
        let ids = g.input("input_ids", DType::I64, &dims(&["batch", "sequence"]));
        let table = g.at("embeddings").param("weight", &[5, 4]);
        let found = g.gather(table, 0, ids);
        let positions = g.at("positions").param("weight", &[3, 4]);
        let places = g.at("positions").slice(positions, 0, 0, Dim::symbol("sequence"));
        g.output("y", g.add(found, places));
    })
}

fn load(graph: CheckedGraph) -> Box<dyn Program> {
    let weights = Noise(1).weights(&graph);
    engine().load(graph, &weights).unwrap()
}

fn ids(shape: [usize; 2], values: &[i64]) -> Tensors {
    tensors([("input_ids", Tensor::new(shape, values.to_vec()).unwrap())])
}

fn error(inputs: &Tensors) -> String {
    load(embedding()).run(inputs).unwrap_err().to_string()
}

#[test]
fn an_index_outside_of_its_table_names_input_and_table() {
    assert_eq!(
        error(&ids([1, 3], &[1, 5, 2])),
        "test: input \"input_ids\": 5 at [0, 1] is outside of the 5 rows of \"embeddings.weight\""
    );
    assert_eq!(
        error(&ids([2, 1], &[1, -1])),
        "test: input \"input_ids\": -1 at [1, 0] is outside of the 5 rows of \"embeddings.weight\""
    );
}

#[test]
fn more_positions_than_there_are_embeddings_are_refused() {
    assert_eq!(
        error(&ids([1, 4], &[1, 1, 1, 1])),
        "candle (cpu): test failed: positions: 0..4 is no range of axis 0, which has 3 entries"
    );
}

#[test]
fn inputs_are_checked() {
    assert_eq!(error(&tensors([])), "test: input \"input_ids\": it is missing");
    let wrong = tensors([("input_ids", Tensor::new([1], vec![1.0f32]).unwrap())]);
    assert_eq!(error(&wrong), "test: input \"input_ids\": expected i64[batch, sequence], found f32[1]");
}

#[test]
fn empty_batches_and_sequences_give_empty_results() {
    let program = load(embedding());
    assert_eq!(program.run(&ids([0, 3], &[])).unwrap()["y"].shape(), [0, 3, 4]);
    assert_eq!(program.run(&ids([2, 0], &[])).unwrap()["y"].shape(), [2, 0, 4]);
}

#[test]
fn a_size_below_zero_is_refused() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "2"]);
        let n = Dim::symbol("n");
        g.output("y", g.slice(x, 0, n.clone() - Dim::from(3), n));
    });
    let inputs = tensors([("x", Tensor::new([1, 2], vec![0.0f32; 2]).unwrap())]);
    assert_eq!(
        load(graph).run(&inputs).unwrap_err().to_string(),
        "candle (cpu): test failed: the root: the size n - 3 is negative or too large for these inputs"
    );
}

#[test]
fn missing_and_misshaped_parameters_are_named() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "2"]);
        let weight = g.at("dense").param("weight", &[3, 2]);
        g.output("y", g.at("dense").apply_linear(Linear::default(), x, weight, None));
    });
    let message = |weights: &Memory| engine().load(graph.clone(), weights).err().unwrap().to_string();
    assert_eq!(
        message(&Memory::default()),
        "candle (cpu): test failed: dense: the checkpoint has no tensor \"dense.weight\""
    );
    let turned = Memory([("dense.weight".to_owned(), (vec![2, 3], vec![0; 24]))].into());
    assert_eq!(
        message(&turned),
        "candle (cpu): test failed: dense: \"dense.weight\" is [2, 3], expected [3, 2]"
    );
    let short = Memory([("dense.weight".to_owned(), (vec![3, 2], vec![0; 23]))].into());
    assert_eq!(
        message(&short),
        "candle (cpu): test failed: dense: dense.weight is f32 × 6 in 23 bytes, which is no float tensor"
    );
}

#[test]
fn a_device_that_is_not_compiled_in_is_refused() {
    let error = super::CandleEngine::new(super::CandleDevice::Cuda(0)).err();
    if !cfg!(feature = "cuda") {
        let error = error.unwrap().to_string();
        assert_eq!(
            error,
            "candle (cuda:0) is not available: it is not compiled in; turn on the cargo feature `cuda`"
        );
    }
}
