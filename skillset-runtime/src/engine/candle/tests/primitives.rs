//! Primitives on shapes that are easy to get wrong.

use super::{Memory, Noise, compare, dims, engine, floats, graph, plain, tensors};
use crate::engine::Engine;
use crate::ir::{Activation, Compare, DType, Dim, Operand, Reduce, Scope, Unary, Value};
use crate::tensor::Tensor;

fn integers(shape: &[usize], values: &[i64]) -> Tensor {
    Tensor::new(shape, values.to_vec()).unwrap()
}

#[test]
fn activations_agree_with_candle() {
    let names = Activation::names().filter(|name| *name != "linear");
    for function in names.map(|name| name.parse::<Activation>().unwrap()) {
        let graph = graph(|g| {
            let x = floats(g, "x", &["n"]);
            g.output("y", g.activation(x, function));
        });
        let values: Vec<f32> = (-120..=120).map(|step| step as f32 / 10.0).collect();
        compare(&graph, &tensors([("x", Tensor::new([values.len()], values).unwrap())]));
    }
}

#[test]
fn unary_functions_agree_with_candle() {
    use Unary::{Abs, Cos, Erf, Exp, Log, Neg, Sin, Sqrt};
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "3"]);
        let turned = g.transpose(x, &[1, 0]);
        for unary in [Abs, Cos, Erf, Exp, Neg, Sin] {
            g.output(&format!("{unary:?}"), g.unary(unary, turned));
        }
        let positive = g.add(g.unary(Abs, x), 0.1);
        g.output("log", g.unary(Log, positive));
        g.output("sqrt", g.unary(Sqrt, positive));
    });
    compare(&graph, &tensors([("x", Noise(1).floats(&[37, 3]))]));
}

fn every_binary(g: &Scope<'_>, name: &str, a: Value, b: Value) {
    g.output(&format!("{name}.add"), g.add(a, b));
    g.output(&format!("{name}.sub"), g.sub(a, b));
    g.output(&format!("{name}.mul"), g.mul(a, b));
    g.output(&format!("{name}.div"), g.div(a, b));
    g.output(&format!("{name}.min"), g.min(a, b));
    g.output(&format!("{name}.max"), g.max(a, b));
}

#[test]
fn binary_functions_broadcast() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["b", "5", "7"]);
        let row = floats(g, "row", &["7"]);
        let column = floats(g, "column", &["5", "1"]);
        every_binary(g, "row", x, row);
        every_binary(g, "column", x, column);
        every_binary(g, "outer", column, row);
        every_binary(g, "turned", g.transpose(x, &[0, 2, 1]), g.transpose(column, &[1, 0]));
        g.output("power", g.pow(x, 2.0));
    });
    let mut noise = Noise(2);
    let inputs =
        [("x", noise.floats(&[3, 5, 7])), ("row", noise.floats(&[7])), ("column", noise.floats(&[5, 1]))];
    compare(&graph, &tensors(inputs));
}

#[test]
fn large_tensors_are_split_over_threads_alike() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "301"]);
        let sum = g.add(x, floats(g, "y", &["n", "1"]));
        g.output("y", g.softmax(sum, -1));
    });
    let mut noise = Noise(3);
    compare(&graph, &tensors([("x", noise.floats(&[503, 301])), ("y", noise.floats(&[503, 1]))]));
}

#[test]
fn integers_wrap_and_refuse_division_by_zero() {
    let graph = graph(|g| {
        let x = g.input("x", DType::I64, &dims(&["n"]));
        g.output("next", g.add(x, 1.0));
        g.output("sums", g.cumsum(x, 0));
        g.output("negative", g.unary(Unary::Neg, x));
        g.output("small", g.compare(Compare::Less, x, Operand::from(3usize)));
    });
    let program = engine().load(graph, &Memory::default()).unwrap();
    let outputs = program.run(&tensors([("x", integers(&[3], &[1, 2, i64::MAX]))])).unwrap();
    assert_eq!(outputs["next"], integers(&[3], &[2, 3, i64::MIN]));
    assert_eq!(outputs["sums"], integers(&[3], &[1, 3, i64::MIN + 2]));
    assert_eq!(outputs["negative"], integers(&[3], &[-1, -2, -i64::MAX]));
    assert_eq!(outputs["small"], Tensor::new([3], vec![true, true, false]).unwrap());

    let graph = graph_of_quotient();
    let program = engine().load(graph, &Memory::default()).unwrap();
    let inputs = tensors([("a", integers(&[1], &[5])), ("b", integers(&[1], &[0]))]);
    let error = program.run(&inputs).unwrap_err().to_string();
    assert_eq!(error, "candle (cpu): test failed: the root: 5 is divided by zero");
}

fn graph_of_quotient() -> crate::ir::CheckedGraph {
    graph(|g| {
        let [a, b] = ["a", "b"].map(|name| g.input(name, DType::I64, &dims(&["n"])));
        g.output("quotient", g.div(a, b));
    })
}

#[test]
fn layout_and_index_operations_follow_onnx() {
    let graph = graph(|g| {
        let x = g.input("x", DType::I64, &dims(&["n", "3"]));
        let at = g.input("at", DType::I64, &dims(&["2", "2"]));
        g.output("gathered", g.gather(x, 0, at));
        g.output("last", g.slice(x, 0, Dim::symbol("n") - Dim::from(1), Dim::symbol("n")));
        g.output("twice", g.concat(x, x, 1));
        g.output("count", g.size(Dim::symbol("n") * Dim::from(3)));
        g.output("positions", g.iota(1, Dim::symbol("n")));
        let picks = g.slice(g.transpose(x, &[1, 0]), 0, 0, 1);
        g.output("picked", g.gather_elements(g.transpose(x, &[1, 0]), 0, g.sub(picks, picks)));
        g.output("float", g.to_float(x));
        g.output("truth", g.cast(x, DType::Bool));
    });
    let program = engine().load(graph, &Memory::default()).unwrap();
    let inputs =
        tensors([("x", integers(&[2, 3], &[0, 1, 2, 3, 4, 5])), ("at", integers(&[2, 2], &[1, 0, 0, 1]))]);
    let outputs = program.run(&inputs).unwrap();
    assert_eq!(outputs["gathered"], integers(&[2, 2, 3], &[3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5]));
    assert_eq!(outputs["last"], integers(&[1, 3], &[3, 4, 5]));
    assert_eq!(outputs["twice"], integers(&[2, 6], &[0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]));
    assert_eq!(outputs["count"], integers(&[], &[6]));
    assert_eq!(outputs["positions"], integers(&[2], &[1, 2]));
    assert_eq!(outputs["picked"], integers(&[1, 2], &[0, 3]));
    assert_eq!(outputs["float"].as_f32().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(outputs["truth"], Tensor::new([2, 3], vec![false, true, true, true, true, true]).unwrap());
}

#[test]
fn reductions_agree_with_candle() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "5", "7"]);
        for kind in [Reduce::Sum, Reduce::Mean, Reduce::Max, Reduce::Min] {
            g.output(&format!("{kind:?}"), g.reduce(kind, x, 1));
        }
        g.output("largest", g.arg_max(x, -1));
        g.output("best", g.top_k(x, 3));
        g.output("first axis", g.softmax(x, 0));
        g.output("sums", g.cumsum(x, 1));
        let positive = g.compare(Compare::Greater, x, 0.0);
        g.output("chosen", g.where_(positive, x, -1.0));
        g.output("not", g.unary(Unary::Not, positive));
    });
    compare(&graph, &tensors([("x", Noise(4).floats(&[3, 5, 7]))]));
}

#[test]
fn the_largest_come_first_and_ties_in_order() {
    let graph = graph(|g| g.output("best", g.top_k(floats(g, "x", &["n", "4"]), 3)));
    let x = Tensor::new([2, 4], vec![1.0, 3.0, -2.0, 3.0, 0.0, 0.0, 0.0, -1.0]).unwrap();
    let found = plain().load(graph, &Memory::default()).unwrap().run(&tensors([("x", x)])).unwrap();
    assert_eq!(found["best"], Tensor::new([2, 3], vec![1i64, 3, 0, 0, 1, 2]).unwrap());
}

#[test]
fn nothing_gives_nothing() {
    let graph = graph(|g| {
        let x = floats(g, "x", &["n", "4"]);
        let weight = g.param("weight", &[3, 4]);
        let y = g.apply_linear(crate::ir::Linear::default(), x, weight, None);
        g.output("linear", y);
        g.output("norm", g.apply_layer_norm(y, None, None, 1e-5));
        g.output("softmax", g.softmax(y, -1));
        g.output("product", g.matmul(g.transpose(x, &[1, 0]), y));
        g.output("sum", g.sum(y, 0));
        g.output("joined", g.concat(y, y, 0));
    });
    compare(&graph, &tensors([("x", Tensor::new([0, 4], Vec::<f32>::new()).unwrap())]));
}

#[test]
fn matrices_may_lie_in_memory_in_any_order() {
    let graph = graph(|g| {
        let (a, b) = (floats(g, "a", &["n", "5", "3", "2"]), floats(g, "b", &["n", "4", "3", "2"]));
        let heads = g.mul(g.transpose(a, &[0, 2, 1, 3]), 0.5);
        g.output("y", g.matmul(heads, g.transpose(b, &[0, 2, 3, 1])));
    });
    let inputs = [("a", Noise(3).floats(&[2, 5, 3, 2])), ("b", Noise(4).floats(&[2, 4, 3, 2]))];
    compare(&graph, &tensors(inputs));
}
