//! Building, checking, rewriting and printing one small network.

use super::*;

/// Two linear layers with an activation, and one that no output needs.
fn network(request: &Request) -> Result<CheckedGraph, BuildError> {
    let builder = Builder::new("network", request);
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into()]);
    let scale = g.optional_input("scale", DType::F32, &[Dim::symbol("batch"), 1.into()]);
    let layer = |g: &Scope, x, shape: &[usize; 2]| {
        g.apply_linear(Linear::default(), x, g.param("weight", shape), Some(g.param("bias", &shape[..1])))
    };
    let hidden = layer(&g.at("up"), x, &[6, 4]);
    let hidden = g.at("up").activation(hidden, Activation::Gelu);
    let hidden = scale.map_or(hidden, |scale| g.mul(hidden, scale));
    g.output("y", layer(&g.at("down"), hidden, &[4, 6]));
    g.output("unused", layer(&g.at("extra"), x, &[1, 4]));
    builder.finish()
}

fn only(outputs: &[&str]) -> Request {
    Request { outputs: outputs.iter().map(|name| (*name).to_owned()).collect(), ..Request::default() }
}

#[test]
fn a_graph_prints_one_line_a_value() {
    let graph = network(&only(&["y"])).unwrap();
    let expected = "\
graph \"network\" (f32)
  %0 : f32[batch, 4] = input {x}
  %1 : f32[6, 4] = param {up.weight}
  %2 : f32[6] = param {up.bias}
  %3 : f32[batch, 6] = linear %0, %1, %2  # up
  %4 : f32[batch, 6] = gelu %3  # up
  %5 : f32[4, 6] = param {down.weight}
  %6 : f32[4] = param {down.bias}
  %7 : f32[batch, 4] = linear %4, %5, %6  # down
  output y = %7
";
    assert_eq!(graph.to_string(), expected);
}

#[test]
fn parameters_of_unwanted_outputs_are_not_asked_for() {
    let names =
        |graph: &CheckedGraph| graph.params.iter().map(|param| param.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&network(&only(&["y"])).unwrap()), ["up.weight", "up.bias", "down.weight", "down.bias"]);
    assert_eq!(names(&network(&only(&["unused"])).unwrap()), ["extra.weight", "extra.bias"]);
}

#[test]
fn an_optional_input_is_there_only_if_requested() {
    assert_eq!(network(&only(&["y"])).unwrap().inputs.len(), 1);
    let request = Request { inputs: vec!["scale".to_owned()], ..only(&["y"]) };
    assert_eq!(network(&request).unwrap().inputs.len(), 2);
}

#[test]
fn an_output_that_does_not_exist_is_refused_with_those_that_do() {
    let error = network(&only(&["z"])).unwrap_err().to_string();
    assert_eq!(error, "network has no output \"z\"; its outputs are y, unused");
}

#[test]
fn fusion_moves_the_activation_into_the_layer() {
    let graph = pass::fuse(network(&only(&["y"])).unwrap().into_graph()).check().unwrap();
    let linear = graph.nodes.iter().filter_map(|node| match &node.op {
        Op::Linear(linear) => Some(linear.activation),
        _ => None,
    });
    assert_eq!(linear.collect::<Vec<_>>(), [Some(Activation::Gelu), None]);
    assert!(!graph.nodes.iter().any(|node| matches!(node.op, Op::Unary(_))));
}

#[test]
fn equal_nodes_are_merged() {
    let builder = Builder::new("twice", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[2.into()]);
    g.output("y", g.add(g.mul(x, 2.0), g.mul(x, 2.0)));
    let graph = builder.finish().unwrap();
    assert_eq!(graph.nodes.len(), 6);
    let merged = pass::dead_code(pass::merge(graph.into_graph())).check().unwrap();
    assert_eq!(merged.nodes.len(), 4);
}

#[test]
fn values_die_after_their_last_reader() {
    let graph = network(&only(&["y"])).unwrap();
    let dies_after = pass::liveness(&graph, &[]).dies_after;
    let positions: Vec<Vec<usize>> =
        dies_after.iter().map(|values| values.iter().map(|value| value.index()).collect()).collect();
    assert_eq!(positions[4], [3]);
    assert_eq!(positions[7], [4]);
    assert!(positions[3].is_empty());
}

#[test]
fn all_mistakes_are_reported_each_once_with_its_path() {
    let builder = Builder::new("wrong", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into()]);
    let y = g.at("a").apply_linear(Linear::default(), x, g.at("a").param("weight", &[6, 5]), None);
    let z = g.at("b").add(y, 1.0);
    g.output("z", g.at("c").transpose(x, &[0, 0]));
    g.output("y", z);
    let error = builder.finish().unwrap_err().to_string();
    let expected = "\
wrong at \"a\": linear: input width differs: 4 and 5
wrong at \"c\": transpose: [0, 0] is no order of the axes of f32[batch, 4]";
    assert_eq!(error, expected);
}

#[test]
fn a_parameter_without_elements_is_refused() {
    let builder = Builder::new("empty", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into()]);
    let head = g.at("head");
    g.output("y", head.apply_linear(Linear::default(), x, head.param("weight", &[0, 4]), None));
    let error = builder.finish().unwrap_err().to_string();
    assert_eq!(error, "empty at \"head\": param: \"head.weight\" of [0, 4] would have no elements");
}

#[test]
fn operands_of_one_type_and_kernels_of_whole_groups_are_asked_for() {
    let error = |build: &dyn Fn(&Scope<'_>, Value) -> Value| {
        let builder = Builder::new("wrong", &Request::default());
        let g = builder.root();
        let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into(), 8.into(), 8.into()]);
        g.output("y", build(&g, x));
        builder.finish().unwrap_err().to_string()
    };
    let weight = |g: &Scope<'_>| g.input("w", DType::F16, &[6.into(), 8.into()]);
    assert_eq!(
        error(&|g, x| g.apply_linear(Linear::default(), x, weight(g), None)),
        "wrong at \"the root\": linear: input 1: expected the type of input 0, found f16[6, 8]"
    );
    let conv = Conv { groups: 2, ..Conv::new(2) };
    assert_eq!(
        error(&|g, x| g.apply_conv(conv.clone(), x, g.param("w", &[3, 2, 1, 1]), None)),
        "wrong at \"the root\": conv: 3 kernels cannot be split into 2 groups"
    );
}

#[test]
fn a_cache_becomes_a_state_only_if_requested() {
    let build = |cache| {
        let builder = Builder::new("cached", &Request { cache, ..Request::default() });
        let g = builder.root();
        let shape = [Dim::symbol("batch"), 2.into(), Dim::symbol("sequence"), 8.into()];
        let key = g.input("key", DType::F32, &shape);
        g.output("all", g.cached(0, "key", key));
        builder.finish().unwrap()
    };
    assert!(build(false).states.is_empty());
    let graph = build(true);
    assert_eq!(graph.states[0].fact.to_string(), "f32[batch, 2, past, 8]");
    assert_eq!(graph.fact(graph.outputs[0].value).to_string(), "f32[batch, 2, sequence + past, 8]");
}

#[test]
fn checking_refuses_what_no_builder_makes() {
    let mut graph = network(&only(&["y"])).unwrap().into_graph();
    graph.outputs[0].name = "x".to_owned();
    graph.params[1].name = "up.weight".to_owned();
    assert_eq!(graph.check().unwrap_err().to_string(), "network: the name \"up.weight\" is used twice");

    let mut graph = network(&only(&["y"])).unwrap().into_graph();
    graph.nodes.swap(3, 7);
    let error = graph.check().unwrap_err().to_string();
    assert_eq!(error, "network: node 3 refers to value 4, which is not defined before it");

    let mut graph = network(&only(&["y"])).unwrap().into_graph();
    graph.nodes[1].op = Op::Param(4);
    let error = graph.check().unwrap_err().to_string();
    assert_eq!(error, "network: node 1 (param) at \"up\": there is no source 4, the graph has 4 of its kind");

    let mut graph = network(&only(&["y"])).unwrap().into_graph();
    let data = LiteralData::I64([1, 2].into());
    graph.nodes[1].op = Op::Constant(Literal { shape: vec![3], data });
    let error = graph.check().unwrap_err().to_string();
    assert_eq!(error, "network: node 1 (constant) at \"up\": a literal of [3] has 2 elements");

    let mut graph = network(&only(&["y"])).unwrap().into_graph();
    graph.outputs.clear();
    assert_eq!(graph.check().unwrap_err().to_string(), "network: there is no output");
}

#[test]
fn drawings_group_nodes_by_module() {
    let graph = network(&only(&["y"])).unwrap();
    let dot = Drawing::Graphviz(&graph).to_string();
    assert!(dot.starts_with("digraph \"network\" {"), "{dot}");
    assert!(dot.contains("label=\"down\";"), "{dot}");
    assert!(dot.contains("v3 -> v4 [label=\"f32[batch, 6]\"];"), "{dot}");
    let mermaid = Drawing::Mermaid(&graph).to_string();
    assert!(mermaid.starts_with("flowchart TD\n"), "{mermaid}");
    assert!(mermaid.contains("subgraph m1 [\"down\"]"), "{mermaid}");
}
