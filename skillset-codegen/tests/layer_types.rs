//! Kinds of layers: which ones an architecture describes follows from what it asks for.

use serde_json::{Value, json};
use skillset_codegen::{Selection, SpecFile, compile};

fn spec(count: &str) -> Value {
    json!({
        "model_type": "toy",
        "title": "Toy",
        "modality": "text",
        "description": "A toy.",
        "class": "ToyModel",
        "config": {
            count: { "type": "usize", "default": 2, "doc": "Layers." },
            "layer_types": { "type": "LayerTypes", "doc": "Kinds." },
            "rope_parameters": {
                "type": "Map<RopeParameters>", "default": { "full_attention": 1e6, "sliding_attention": 1e4 },
                "beside": { "rope_theta": "full_attention.rope_theta" }, "doc": "Rotations."
            },
        },
        "inputs": { "x": { "dtype": "i64", "dims": ["batch", "sequence"] } },
        "architecture": [
            { "let": "rope", "do": "rotary_embedding", "of": "x", "parameters": "rope_parameters.full()", "head_dim": 8,
              "max_positions": 9 },
            { "let": "window", "of": "if layer_types.is_sliding(0) { Some(8) } else { None }" },
            { "let": "a", "do": "attention", "of": "x.to_float().unsqueeze(-1).expand([x.dim(0), x.dim(1), 8])", "heads": 1, "rope": "rope",
              "window": "window" },
        ],
        "outputs": { "y": "a" },
        "tasks": { "feature-extraction": { "class": "ToyModel" } },
        "facts": { "config": {
            "layer_types": {
                "type": "[String]?",
                "derived": {
                    "every": "pattern", "at": "last", "default": 6, "kind": "full_attention", "other": "sliding_attention",
                    "count": count
                }
            }
        } },
    })
}

fn compiled(spec: &Value) -> Result<String, String> {
    let file = SpecFile { path: "specs/text/toy.json".into(), text: spec.to_string() };
    let output = compile(&[file], None, &Selection::default(), "skillset_runtime");
    let output = output.map_err(|errors| errors.to_string())?;
    Ok(output.modules[0].code.split_whitespace().collect())
}

#[test]
fn kinds_that_nothing_asks_for_are_refused() {
    let code = compiled(&spec("num_hidden_layers")).unwrap();
    for part in [
        "layer_types:LayerTypes::read(r,\"layer_types\")?",
        "config.layer_types=config.layer_types.or(last_of_every(config.num_hidden_layers,r.usize(\"pattern\",6)?,",
        "config.layer_types.check(r,\"layer_types\",config.num_hidden_layers,&[LayerType::FullAttention,LayerType::SlidingAttention]",
        "LayerRopeParameters::read(r,&[(\"full_attention\",1000000.0),(\"sliding_attention\",10000.0)],&[(\"rope_theta\",\"full_attention.rope_theta\")]",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
}

#[test]
fn kinds_of_layers_may_depend_on_whether_a_field_is_given() {
    let mut spec = spec("num_hidden_layers");
    spec["config"]["reach"] = json!({ "type": "usize?", "default": 4, "doc": "A window." });
    spec["config"]["first"] = json!({ "type": "usize", "default": 1, "doc": "Layers without one." });
    spec["facts"]["config"]["layer_types"]["derived"] = json!({
        "first": "first", "default": 1, "kind": "full_attention", "other": "sliding_attention", "count": "num_hidden_layers",
        "where": "reach"
    });
    spec["checks"] = json!([{ "require": "reach.is_some() || !layer_types.has_sliding()", "field": "reach", "expected": "a window" }]);
    let code = compiled(&spec).unwrap();
    for part in [
        "first_layers(config.num_hidden_layers,config.reach.map_or(config.num_hidden_layers,|_|config.first),\"full_attention\",",
        "layer_types.has_sliding()",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
}

#[test]
fn kinds_are_those_of_layers_that_the_config_counts() {
    assert_eq!(
        compiled(&spec("depth")).unwrap_err(),
        "specs/text/toy.json: /config/layer_types/type: \"layer_types\" has an entry for each layer, but there is no field \"num_hidden_layers\""
    );
}
