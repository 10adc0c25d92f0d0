//! Bad input: each kind with its whole message, exit code 2, no panic, and no output file.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use skillset::runtime::engine::Tensors;
use skillset::runtime::harness::fixture::Fixture;
use skillset::runtime::tensor::Tensor;
use skillset::runtime::tensor::file::write_tensors;
use tempfile::TempDir;

use super::{checkpoint, skillset, text};

/// A BERT checkpoint with inputs beside it.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let folder = checkpoint("bert/default", "feature-extraction");
        let case = Self { folder };
        case.inputs(&[1, 4], vec![1, 2, 3, 4]);
        case
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join(file)
    }

    fn inputs(&self, shape: &[usize], ids: Vec<i64>) {
        let ids = Tensor::new(shape, ids).unwrap();
        write_tensors(&self.path("in.safetensors"), &Tensors::from([("input_ids".to_owned(), ids)])).unwrap();
    }

    /// Sets a field of the config.
    fn config(&self, field: &str, value: Value) {
        let path = self.path("config.json");
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        config[field] = value;
        fs::write(path, config.to_string()).unwrap();
    }

    /// Changes the bytes of the weights.
    fn weights(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path("model.safetensors");
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }

    /// Runs `forward`, which must be refused, and returns the message with the folder as `DIR`.
    fn refused(&self) -> String {
        let output = self.path("out.safetensors");
        let inputs = self.path("in.safetensors");
        let model = text(self.folder.path());
        let fixed = ["forward", "--model", model, "--task", "base", "--inputs", text(&inputs)];
        let message = refused(&[&fixed[..], &["--output", text(&output)]].concat());
        assert!(!output.exists(), "there is no partial output");
        message.replace(model, "DIR")
    }
}

fn refused(arguments: &[&str]) -> String {
    let output = skillset(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    message.trim_end().to_owned()
}

#[test]
fn a_missing_folder() {
    let message = refused(&["run", "--model", "./nowhere", "text"]);
    assert_eq!(
        message,
        "error: ./nowhere: not found; expected a checkpoint directory or a model id such as \"org/name\""
    );
}

#[test]
fn a_missing_config() {
    let case = Case::new();
    fs::remove_file(case.path("config.json")).unwrap();
    assert_eq!(
        case.refused(),
        "error: DIR/config.json: not found; every checkpoint has one; is this the directory that `save_pretrained` \
         wrote?"
    );
}

#[test]
fn truncated_weights() {
    let case = Case::new();
    case.weights(|bytes| bytes.truncate(bytes.len() / 2));
    let message = case.refused();
    assert!(message.starts_with("error: DIR/model.safetensors: "), "{message}");
    assert!(message.contains("truncated") || message.contains("bytes"), "{message}");
}

#[test]
fn a_header_that_lies_about_its_length() {
    let case = Case::new();
    case.weights(|bytes| bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes()));
    let message = case.refused();
    assert!(message.starts_with("error: DIR/model.safetensors: "), "{message}");
}

#[test]
fn weights_of_another_shape_are_all_listed() {
    let case = Case::new();
    case.config("intermediate_size", json!(57));
    let message = case.refused();
    assert!(
        message.starts_with("error: DIR/model.safetensors: 6 parameters are of another shape:\n"),
        "{message}"
    );
    assert!(
        message.contains("  `encoder.layer.0.intermediate.dense.weight`: expected [57, 32], found [56, 32]"),
        "{message}"
    );
}

#[test]
fn missing_weights_are_all_listed() {
    let case = Case::new();
    case.config("num_hidden_layers", json!(3));
    let message = case.refused();
    assert!(message.starts_with("error: DIR/model.safetensors: 16 parameters are missing:\n"), "{message}");
    assert!(
        message.contains("  `encoder.layer.2.attention.self.query.weight`: expected [32, 32]"),
        "{message}"
    );
}

#[test]
fn an_unknown_activation() {
    let case = Case::new();
    case.config("hidden_act", json!("gleu"));
    let message = case.refused();
    assert!(
        message.starts_with(
            "error: DIR/config.json: /hidden_act: unknown activation \"gleu\"; supported: gelu, "
        ),
        "{message}"
    );
}

#[test]
fn negative_and_absurd_sizes() {
    let case = Case::new();
    case.config("hidden_size", json!(-32));
    assert_eq!(
        case.refused(),
        "error: DIR/config.json: /hidden_size: expected a non-negative integer, found -32"
    );
    for (field, value) in [("num_hidden_layers", json!(1_000_000_000)), ("vocab_size", json!(1u64 << 62))] {
        let case = Case::new();
        case.config(field, value);
        let message = case.refused();
        assert!(message.starts_with(&format!("error: DIR/config.json: /{field}: ")), "{message}");
    }
}

#[test]
fn heads_that_do_not_divide() {
    let case = Case::new();
    case.config("num_attention_heads", json!(5));
    let message = case.refused();
    assert!(message.contains("/hidden_size: expected a multiple of num_attention_heads"), "{message}");
}

#[test]
fn an_unknown_model_type() {
    let case = Case::new();
    case.config("model_type", json!("brt"));
    let message = case.refused();
    assert!(message.starts_with("error: unknown model type \"brt\"; did you mean \"bert\"?"), "{message}");
}

#[test]
fn pickled_weights() {
    let case = Case::new();
    fs::rename(case.path("model.safetensors"), case.path("pytorch_model.bin")).unwrap();
    let message = case.refused();
    assert!(
        message.starts_with("error: DIR: only pickled weights (pytorch_model.bin) were found"),
        "{message}"
    );
}

#[test]
fn a_shard_outside_of_the_folder() {
    let case = Case::new();
    fs::remove_file(case.path("model.safetensors")).unwrap();
    let index = json!({ "metadata": {}, "weight_map": { "w": "../elsewhere.safetensors" } });
    fs::write(case.path("model.safetensors.index.json"), index.to_string()).unwrap();
    let message = case.refused();
    assert!(message.starts_with("error: DIR/model.safetensors.index.json: "), "{message}");
    assert!(message.contains("../elsewhere.safetensors"), "{message}");
}

#[test]
fn token_ids_that_are_not_in_the_vocabulary() {
    let case = Case::new();
    case.inputs(&[1, 2], vec![1, 67]);
    let message = case.refused();
    assert!(message.contains("67"), "{message}");
}

#[test]
fn a_sequence_that_is_too_long() {
    let case = Case::new();
    case.inputs(&[1, 41], vec![1; 41]);
    let message = case.refused();
    assert!(message.contains("40"), "{message}");
}

#[test]
fn inputs_that_the_model_does_not_take() {
    let case = Case::new();
    let tensor = Tensor::new([1, 2], vec![1i64, 2]).unwrap();
    let inputs = ["input_ids", "pixel_values"].map(|name| (name.to_owned(), tensor.clone()));
    write_tensors(&case.path("in.safetensors"), &inputs.into()).unwrap();
    let message = case.refused();
    assert!(
        message.contains("input \"pixel_values\": the graph has no such input; it takes input_ids"),
        "{message}"
    );
}

#[test]
fn an_input_file_that_is_no_safetensors_file() {
    let case = Case::new();
    fs::write(case.path("in.safetensors"), [0xff; 64]).unwrap();
    let message = case.refused();
    assert!(message.starts_with("error: DIR/in.safetensors: not a valid safetensors file"), "{message}");
}

#[test]
fn a_missing_tokenizer() {
    let folder = checkpoint("bert/default", "fill-mask");
    let message = refused(&["run", "--model", text(folder.path()), "Hello [MASK]"]);
    assert!(message.contains("tokenizer.json"), "{message}");
}

#[test]
fn a_library_that_is_not_there() {
    let folder = checkpoint("bert/default", "feature-extraction");
    let (inputs, output) = (folder.path().join("in.safetensors"), folder.path().join("out.safetensors"));
    let ids = Tensor::new([1, 2], vec![1i64, 2]).unwrap();
    write_tensors(&inputs, &Tensors::from([("input_ids".to_owned(), ids)])).unwrap();
    let library = Path::new("/nowhere/libonnxruntime.so");
    let model =
        ["forward", "--model", text(folder.path()), "--inputs", text(&inputs), "--output", text(&output)];
    let message = refused(&[&model[..], &["--engine", "onnx", "--onnxruntime", text(library)]].concat());
    assert!(message.contains("/nowhere/libonnxruntime.so"), "{message}");
}

#[test]
fn weights_that_are_not_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/bert-text-classification");
    Fixture::open(fixture).unwrap().write_checkpoint("text-classification", folder.path()).unwrap();
    let path = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4096..].fill(0xff);
    fs::write(path, bytes).unwrap();
    let message = refused(&["run", "--model", text(folder.path()), "The river is calm."]);
    assert!(
        message.starts_with("error: the model produced NaN in output \"logits\" for input 0"),
        "{message}"
    );
}

#[test]
fn a_sequence_of_nothing_has_no_first_token_to_pool() {
    let case = Case::new();
    case.inputs(&[1, 0], vec![]);
    let message = case.refused();
    assert!(message.contains("bert feature-extraction"), "{message}");
}
