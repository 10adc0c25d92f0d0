//! What expressions become where a plain copy of their text would mean something else.

use serde_json::json;
use skillset_codegen::{Selection, SpecFile, compile};

/// The emitted code, without spaces, of a spec that reshapes an input of size `dim` to `shape`.
fn reshaped(dim: &str, shape: &serde_json::Value) -> String {
    let spec = json!({
        "model_type": "toy",
        "title": "Toy",
        "modality": "text",
        "description": "A toy.",
        "class": "ToyModel",
        "config": {
            "width": { "type": "usize", "default": 8, "doc": "Width." },
            "heads": { "type": "usize", "default": 2, "doc": "Heads." },
            "size": { "type": "Size2", "default": 8, "doc": "Size." },
            "names": { "type": "[String]?", "doc": "Names of stages." },
            "numbers": { "type": "[i64]?", "doc": "Numbers of stages." },
        },
        "inputs": { "x": { "dtype": "f32", "dims": ["batch", dim] } },
        "architecture": [{ "let": "y", "do": "reshape", "of": "x", "shape": shape }],
        "outputs": { "y": "y" },
        "tasks": { "feature-extraction": { "class": "ToyModel" } },
    });
    let file = SpecFile { path: "specs/text/toy.json".into(), text: spec.to_string() };
    let output = compile(&[file], None, &Selection::default(), "skillset_runtime")
        .unwrap_or_else(|errors| panic!("{errors}"));
    output.modules[0].code.split_whitespace().collect()
}

#[test]
fn sizes_in_a_shape_are_converted_as_a_whole() {
    let code = reshaped("heads * width", &json!(["x.dim(0)", "heads * width", "width", 1]));
    assert!(
        code.contains("g.reshape(x,&[g.dim(x,0),(c.heads*c.width).into(),c.width.into(),1usize.into()"),
        "{code}"
    );
}

#[test]
fn sums_of_sizes_keep_their_parentheses() {
    let code = reshaped("(past + sequence) * heads", &json!(["x.dim(0)", "(x.dim(0) + x.dim(1)) * width"]));
    assert!(
        code.contains("&[Dim::symbol(\"batch\"),(g.past()+Dim::symbol(\"sequence\"))*Dim::from(c.heads)"),
        "{code}"
    );
    assert!(code.contains("(g.dim(x,0)+g.dim(x,1))*Dim::from(c.width)"), "{code}");
}

#[test]
fn elements_of_a_choice_are_those_of_the_choice() {
    let code = reshaped("heads", &json!(["(if heads > 1 { size } else { size })[0]", 1]));
    assert!(code.contains("(ifc.heads>1{c.size}else{c.size})[0].into()"), "{code}");
}

#[test]
fn a_number_says_its_type_where_a_method_is_called() {
    let code = reshaped("width", &json!(["x.dim(0)", "3 - heads"]));
    assert!(code.contains("3usize.saturating_sub(c.heads).into()"), "{code}");
}

#[test]
fn stages_are_asked_for_by_both_fields() {
    let code = reshaped(
        "width",
        &json!(["x.dim(0)", "if is_stage_out(names, numbers, 0, heads) { width } else { 1 }"]),
    );
    assert!(code.contains("is_stage_out(c.names.as_deref(),c.numbers.as_deref(),0,c.heads)"), "{code}");
    let code =
        reshaped("width", &json!(["x.dim(0)", "if are_stages(None, numbers, heads) { width } else { 1 }"]));
    assert!(code.contains("are_stages(None,c.numbers.as_deref(),c.heads)"), "{code}");
}
