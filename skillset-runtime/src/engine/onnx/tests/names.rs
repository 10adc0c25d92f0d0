//! What a model's users see: names, sizes and metadata.

use prost::Message;

use super::NoWeights;
use super::state::decoder;
use crate::engine::onnx::proto::{DimensionValue, ModelProto, ValueInfoProto};
use crate::engine::onnx::{WriteError, WriteOptions, write_model};
use crate::ir::{Builder, CheckedGraph, DType, Dim, Request};

fn written(graph: &CheckedGraph) -> ModelProto {
    let metadata = [("model_type".to_owned(), "test".to_owned())].into();
    let model =
        write_model(graph, &NoWeights, &WriteOptions { metadata, ..WriteOptions::default() }).unwrap();
    let bytes = model.encode(|external| Ok((external.name.clone(), 0))).unwrap();
    ModelProto::decode(&bytes[..]).unwrap()
}

/// `name[size, size, …]`
fn describe(values: &[ValueInfoProto]) -> Vec<String> {
    let describe = |value: &ValueInfoProto| {
        let tensor = value.r#type.as_ref().and_then(|r#type| r#type.tensor_type.as_ref()).unwrap();
        let dims = tensor.shape.as_ref().unwrap().dim.iter().map(|dim| match dim.value.as_ref().unwrap() {
            DimensionValue::DimValue(value) => value.to_string(),
            DimensionValue::DimParam(name) => name.clone(),
        });
        format!("{}[{}]", value.name(), dims.collect::<Vec<_>>().join(", "))
    };
    values.iter().map(describe).collect()
}

#[test]
fn caches_are_called_as_exporters_call_them() {
    let model = written(&decoder(true, 4));
    let graph = model.graph.as_ref().unwrap();
    assert_eq!(
        describe(&graph.input),
        [
            "x[batch, sequence, 4]",
            "past_key_values.0.key[batch, 1, past_sequence_length, 4]",
            "past_key_values.0.value[batch, 1, past_sequence_length, 4]",
        ]
    );
    assert_eq!(
        describe(&graph.output),
        [
            "y[batch, 1, sequence, 4]",
            "present.0.key[batch, 1, sequence + past_sequence_length, 4]",
            "present.0.value[batch, 1, sequence + past_sequence_length, 4]",
        ]
    );
    assert_eq!(model.producer_name(), "skillset");
    assert_eq!(model.metadata_props[0].key(), "model_type");
}

#[test]
fn nodes_are_called_by_their_module_and_written_once() {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into()]);
    let layer = g.at("encoder.layer.0");
    let (one, same) = (layer.tanh(x), g.at("encoder.layer.1").tanh(x));
    g.output("y", g.at("head").add(one, same));
    let graph = written(&builder.finish().unwrap()).graph.unwrap();
    let nodes: Vec<&str> = graph.node.iter().map(|node| node.name()).collect();
    assert_eq!(nodes, ["encoder.layer.0/Tanh", "head/Add"]);
    assert_eq!(graph.node[1].output, ["y"]);
}

#[test]
fn a_name_for_two_things_is_refused() {
    let builder = Builder::new("test", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[4.into()]);
    g.output("x", g.tanh(x));
    let error = write_model(&builder.finish().unwrap(), &NoWeights, &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, WriteError::Name { name, .. } if name == "x"));
}
