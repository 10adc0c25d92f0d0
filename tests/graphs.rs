//! Every spec's graphs against what transformers saved: the same parameters by name and shape, the same outputs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Value, json};
use skillset::registry;
use skillset::runtime::checkpoint::Reader;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::ir::{Builder, CheckedGraph, Request};
use skillset::runtime::model::ModelType;

/// The directories `tests/fixtures/<model type>/<case>`.
fn fixtures() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let folders = |path: PathBuf| {
        let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    };
    folders(root).into_iter().flat_map(folders).filter(|path| path.join("fixture.json").is_file()).collect()
}

fn graph(model: &ModelType, config: &Value, task: &str, request: &Request) -> Result<CheckedGraph, String> {
    let reader = Reader::new(config, "config.json").unwrap();
    model.graph(&reader, task, request).map_err(|error| error.to_string())
}

/// Ends of names that checkpoints hold for training alone: how many batches a batch norm saw, what SpecAugment puts in
/// place of frames, the classes of a loss; and the norm behind Swin's last stage, which its backbone does not apply.
const NOT_READ: [&str; 5] = [
    ".num_batches_tracked",
    "masked_spec_embed",
    "objective.weight",
    "swin.layernorm.weight",
    "swin.layernorm.bias",
];

/// The parameters that steps declare, whether or not a result needs them.
fn declared_parameters(model: &ModelType, config: &Value, task: &str, request: &Request) -> Vec<String> {
    let builder = Builder::new(task, request);
    let reader = Reader::new(config, "config.json").unwrap();
    (model.task(task).unwrap().graph)(&builder.root(), &reader).unwrap();
    builder.declared()
}

#[test]
fn parameters_and_outputs_are_those_of_transformers() {
    let mut compared = 0;
    for dir in fixtures() {
        let fixture = Fixture::open(&dir).unwrap();
        let Ok(model) = registry::architecture(&fixture.manifest().model_type) else { continue };
        for (name, task) in fixture.tasks() {
            let config = Value::Object(fixture.config(name).unwrap());
            assert_eq!(model.task(name).unwrap().class, task.class, "{name}");
            let saved: BTreeMap<&str, &[usize]> = fixture
                .tensors(name)
                .unwrap()
                .into_iter()
                .map(|tensor| (tensor.name.as_str(), tensor.shape.as_slice()))
                .collect();
            // A run may leave out a part: what an encoder's output goes through, or the table of ids.
            let (mut read, mut tied) = (BTreeSet::new(), BTreeSet::new());
            // Of a submodel whose states of an inner layer are taken, no result needs the layers behind that.
            let mut declared = BTreeSet::new();
            for run in &task.runs {
                let place = format!("{} {name} {}", dir.display(), run.name);
                let request = run.request(model.task(name).unwrap());
                declared.extend(declared_parameters(model, &config, name, &request));
                let graph =
                    graph(model, &config, name, &request).unwrap_or_else(|error| panic!("{place}: {error}"));
                let taken: BTreeSet<&str> = graph.inputs.iter().map(|input| input.name.as_str()).collect();
                assert_eq!(taken, run.inputs.iter().map(String::as_str).collect(), "{place}");
                let outputs: Vec<&str> = graph.outputs.iter().map(|output| output.name.as_str()).collect();
                assert_eq!(outputs, run.outputs, "{place}");

                for param in &graph.params {
                    for (name, shape) in param.tensors() {
                        let mut names = std::iter::once(name.as_str()).chain(param.tied_to.as_deref());
                        let stored = names.find(|name| saved.contains_key(name));
                        let stored = stored.unwrap_or_else(|| panic!("{place}: {name} is not saved"));
                        assert_eq!(saved[stored], shape, "{place}: {name}");
                        read.insert(stored.to_owned());
                    }
                    tied.extend(param.tied_to.clone());
                }
                compared += 1;
            }
            // What a parameter is tied to is saved beside it where the config unties them.
            let is_known = |name: &str| read.contains(name) || tied.contains(name) || declared.contains(name);
            let is_left = |name: &str| NOT_READ.iter().any(|end| name.ends_with(end));
            let unread = saved.keys().find(|name| !is_known(name) && !is_left(name));
            assert_eq!(unread, None, "{} {name}: saved, but not read", dir.display());
        }
    }
    assert!(compared > 50, "{compared} runs were found");
}

#[test]
fn a_cache_is_kept_where_it_is_asked_for() {
    let model = registry::architecture("llama").unwrap();
    let config =
        json!({ "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "vocab_size": 5 });
    let request = Request { inputs: vec!["attention_mask".into()], cache: true, ..Request::default() };
    let graph = graph(model, &config, "text-generation", &request).unwrap();
    let states: Vec<&str> = graph.states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(
        states,
        [
            "past_key_values.0.key",
            "past_key_values.0.value",
            "past_key_values.1.key",
            "past_key_values.1.value"
        ]
    );
    assert_eq!(graph.inputs[1].fact.to_string(), "i64[batch, sequence + past]");
}

#[test]
fn configs_that_are_not_supported_are_refused_by_field() {
    let refused = |model: &str, config: Value| {
        graph(registry::architecture(model).unwrap(), &config, "base", &Request::default()).unwrap_err()
    };
    assert_eq!(
        refused("bert", json!({ "add_cross_attention": true })),
        "config.json: /add_cross_attention: expected false where is_decoder is false, found true"
    );
    for model in ["mamba", "mamba2", "falcon_mamba"] {
        let error = refused(model, json!({ "rescale_prenorm_residual": true }));
        assert!(error.starts_with("config.json: /rescale_prenorm_residual: expected false"), "{error}");
    }
    let encoder = registry::architecture("t5").unwrap();
    let error =
        graph(encoder, &json!({ "is_decoder": true }), "text-encoding", &Request::default()).unwrap_err();
    assert!(error.contains("config.json: /is_decoder: expected false"), "{error}");
    for model in ["detr", "deformable_detr"] {
        assert_eq!(
            refused(model, json!({})),
            "config.json: /use_timm_backbone: expected false, or a backbone_config (without either it is a network of \
             the timm library, which are not supported), found nothing"
        );
    }
    assert_eq!(
        refused("llama", json!({ "num_attention_heads": 7 })),
        "config.json: /hidden_size: expected a multiple of num_attention_heads, found nothing"
    );
    assert_eq!(
        refused("llama", json!({ "num_attention_heads": 0, "hidden_act": "gleu", "num_hidden_layers": 1e9 }))
            .lines()
            .count(),
        3
    );
    assert_eq!(
        refused("vit", json!({ "image_size": [224], "patch_size": "16" })),
        "config.json: /image_size: expected a size or [height, width], found [224]\n\
         config.json: /patch_size: expected a non-negative integer, found \"16\""
    );
}

/// No config may make a graph builder panic, however absurd its numbers are.
#[test]
fn absurd_numbers_never_panic() {
    let absurd = [
        json!(0),
        json!(1),
        json!(3),
        json!(64),
        json!(i32::MAX),
        json!(1u64 << 40),
        json!(-1),
        json!(null),
        json!("x"),
    ];
    for model in skillset::models::ALL {
        for field in model.config {
            for value in &absurd {
                let small = json!({ "num_hidden_layers": 1 });
                let backbone =
                    json!({ "model_type": "resnet", "hidden_sizes": [4, 8, 8, 8], "depths": [1, 1, 1, 1] });
                let mut config = json!({
                    "num_hidden_layers": 1, "encoder_layers": 1, "decoder_layers": 1,
                    "text_config": small, "vision_config": small, "backbone_config": backbone,
                });
                config[field.name] = value.clone();
                for task in model.tasks {
                    // Refused or built, both are fine.
                    let _ = graph(model, &config, task.name, &Request::default());
                }
            }
        }
    }
}
