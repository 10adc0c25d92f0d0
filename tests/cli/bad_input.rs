//! Bad input: each kind with its whole message, exit code 2, no panic, and no output file.

use std::fs;

use serde_json::{Value, json};
use skillset::runtime::engine::Tensors;
use skillset::runtime::tensor::Tensor;
use skillset::runtime::tensor::file::write_tensors;
use tempfile::TempDir;

use super::{checkpoint, pipeline, skillset, text};

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
    assert_eq!(
        case.refused(),
        "error: DIR/model.safetensors: truncated: the header describes 82624 bytes of tensors, found 39332"
    );
}

#[test]
fn a_header_that_lies_about_its_length() {
    let case = Case::new();
    case.weights(|bytes| bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes()));
    assert_eq!(
        case.refused(),
        "error: DIR/model.safetensors: the header claims 18446744073709551615 bytes, expected at most 100000000; is \
         this a safetensors file?"
    );
}

#[test]
fn weights_of_another_type_are_all_listed() {
    let case = Case::new();
    case.weights(|bytes| {
        for name in ["embeddings.LayerNorm.bias", "encoder.layer.1.output.dense.weight"] {
            let entry = format!("\"{name}\":{{\"dtype\":\"F32\"");
            let at = bytes.windows(entry.len()).position(|window| window == entry.as_bytes()).unwrap();
            bytes[at + entry.len() - 4..][..3].copy_from_slice(b"I32");
        }
    });
    assert_eq!(
        case.refused(),
        "error: DIR/model.safetensors: 2 parameters are of another type:\n  \
           `embeddings.LayerNorm.bias`: expected F32, F16 or BF16, found I32\n  \
           `encoder.layer.1.output.dense.weight`: expected F32, F16 or BF16, found I32"
    );
}

#[test]
fn weights_of_another_shape_are_all_listed() {
    let case = Case::new();
    case.config("intermediate_size", json!(57));
    let mut expected = "error: DIR/model.safetensors: 6 parameters are of another shape:".to_owned();
    for layer in 0..2 {
        for (name, shape, found) in [
            ("intermediate.dense.weight", "[57, 32]", "[56, 32]"),
            ("intermediate.dense.bias", "[57]", "[56]"),
            ("output.dense.weight", "[32, 57]", "[32, 56]"),
        ] {
            expected += &format!("\n  `encoder.layer.{layer}.{name}`: expected {shape}, found {found}");
        }
    }
    assert_eq!(case.refused(), expected);
}

#[test]
fn missing_weights_are_all_listed() {
    let case = Case::new();
    case.config("num_hidden_layers", json!(3));
    let message = case.refused();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "error: DIR/model.safetensors: 16 parameters are missing:");
    assert_eq!(lines[1], "  `encoder.layer.2.attention.self.query.weight`: expected [32, 32]");
    assert_eq!(lines.len(), 17, "{message}");
}

#[test]
fn an_unknown_activation() {
    let case = Case::new();
    case.config("hidden_act", json!("gleu"));
    assert_eq!(
        case.refused(),
        "error: DIR/config.json: /hidden_act: unknown activation \"gleu\"; supported: gelu, gelu_10, gelu_accurate, \
         gelu_fast, gelu_new, gelu_python, gelu_python_tanh, gelu_pytorch_tanh, hardswish, laplace, leaky_relu, \
         linear, mish, quick_gelu, relu, relu2, relu6, sigmoid, silu, sqrtsoftplus, swish, tanh"
    );
}

#[test]
fn negative_and_absurd_sizes() {
    for (field, value, problem) in [
        ("hidden_size", json!(-32), "expected a non-negative integer, found -32"),
        ("num_hidden_layers", json!(1_000_000_000), "expected at most 65536 layers, found 1000000000"),
        ("vocab_size", json!(1u64 << 62), "expected a sane size (below 2^31), found 4611686018427387904"),
    ] {
        let case = Case::new();
        case.config(field, value);
        assert_eq!(case.refused(), format!("error: DIR/config.json: /{field}: {problem}"));
    }
}

#[test]
fn a_width_of_nothing() {
    let case = Case::new();
    case.config("intermediate_size", json!(0));
    let message = case.refused();
    assert_eq!(
        message.lines().next(),
        Some(
            "error: bert feature-extraction at \"encoder.layer.0.intermediate.dense\": param: \
             \"encoder.layer.0.intermediate.dense.weight\" of [0, 32] would have no elements"
        ),
        "{message}"
    );
}

#[test]
fn heads_that_do_not_divide() {
    let case = Case::new();
    case.config("num_attention_heads", json!(5));
    assert_eq!(
        case.refused(),
        "error: DIR/config.json: /hidden_size: expected a multiple of num_attention_heads, found 32"
    );
}

#[test]
fn an_unknown_model_type() {
    let case = Case::new();
    case.config("model_type", json!("brt"));
    let count = skillset::registry::all().len();
    assert_eq!(
        case.refused(),
        format!(
            "error: unknown model type \"brt\" (did you mean \"bert\"?); this build has {count} model types (see \
             `skillset list`)"
        )
    );
}

#[test]
fn pickled_weights() {
    let case = Case::new();
    fs::rename(case.path("model.safetensors"), case.path("pytorch_model.bin")).unwrap();
    assert_eq!(
        case.refused(),
        "error: DIR: only pickled weights (pytorch_model.bin) were found, and pickles are never read because loading \
         one runs code from it; convert them once in Python: `from transformers import AutoModel; \
         AutoModel.from_pretrained(DIR).save_pretrained(DIR)` writes model.safetensors beside them (use the \
         checkpoint's own Auto class, such as AutoModelForSequenceClassification, to keep its head)"
    );
}

#[test]
fn a_shard_outside_of_the_folder() {
    let case = Case::new();
    fs::remove_file(case.path("model.safetensors")).unwrap();
    let index = json!({ "metadata": {}, "weight_map": { "w": "../elsewhere.safetensors" } });
    fs::write(case.path("model.safetensors.index.json"), index.to_string()).unwrap();
    assert_eq!(
        case.refused(),
        "error: DIR/model.safetensors.index.json: /weight_map/w: expected a file inside the checkpoint directory, \
         found \"../elsewhere.safetensors\""
    );
}

#[test]
fn token_ids_that_are_not_in_the_vocabulary() {
    let case = Case::new();
    case.inputs(&[1, 2], vec![1, 67]);
    assert_eq!(
        case.refused(),
        "error: bert feature-extraction: input \"input_ids\": 67 at [0, 1] is outside of the 67 rows of \
         \"embeddings.word_embeddings.weight\""
    );
}

#[test]
fn a_sequence_that_is_too_long() {
    let case = Case::new();
    case.inputs(&[1, 41], vec![1; 41]);
    assert_eq!(
        case.refused(),
        "error: candle (cpu): bert feature-extraction failed: embeddings.position_embeddings: index 40 at [0, 40] is \
         outside of the 40 rows of \"embeddings.position_embeddings.weight\""
    );
}

#[test]
fn a_text_that_is_too_long() {
    let folder = pipeline("bert-text-classification");
    assert_eq!(
        refused(&["run", "--model", text(folder.path()), &"river ".repeat(200)]),
        "error: text-classification: input 0: expected at most 64 tokens, which is what the model takes, found 202; \
         shorten the text, or set truncation to cut it"
    );
}

#[test]
fn texts_of_nothing() {
    let folder = pipeline("bert-fill-mask");
    assert_eq!(
        refused(&["run", "--model", text(folder.path()), ""]),
        "error: fill-mask: input 0: expected the mask token [MASK] in the text, found none"
    );
    let folder = pipeline("bert-question-answering");
    let input = json!({ "question": " ", "context": "The river is calm." }).to_string();
    assert_eq!(
        refused(&["run", "--model", text(folder.path()), "--input-json", &input]),
        "error: question-answering: input 0: question: expected a text, found an empty one"
    );
}

#[test]
fn a_generation_without_end() {
    let folder = pipeline("llama-text-generation");
    let most = u64::MAX.to_string();
    assert_eq!(
        refused(&["generate", "--model", text(folder.path()), "--prompt", "a", "--max-new-tokens", &most]),
        format!("error: generation option max_new_tokens: expected at most 2147483647, found {most}")
    );
}

#[test]
fn inputs_that_the_model_does_not_take() {
    let case = Case::new();
    let tensor = Tensor::new([1, 2], vec![1i64, 2]).unwrap();
    let inputs = ["input_ids", "pixel_values"].map(|name| (name.to_owned(), tensor.clone()));
    write_tensors(&case.path("in.safetensors"), &inputs.into()).unwrap();
    assert_eq!(
        case.refused(),
        "error: bert feature-extraction: input \"pixel_values\": the graph has no such input; it takes input_ids"
    );
}

#[test]
fn an_input_file_that_is_no_safetensors_file() {
    let case = Case::new();
    fs::write(case.path("in.safetensors"), [0xff; 64]).unwrap();
    assert_eq!(case.refused(), "error: DIR/in.safetensors: not a valid safetensors file: header too large");
}

#[test]
fn a_missing_tokenizer() {
    let folder = checkpoint("bert/default", "fill-mask");
    let message = refused(&["run", "--model", text(folder.path()), "Hello [MASK]"]);
    assert_eq!(
        message.replace(text(folder.path()), "DIR"),
        "error: DIR/tokenizer.json: not found; write it once in Python: `from transformers import AutoTokenizer; \
         AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)`"
    );
}

#[test]
fn a_library_that_is_not_there() {
    let case = Case::new();
    let (inputs, output) = (case.path("in.safetensors"), case.path("out.safetensors"));
    let model = [
        "forward",
        "--model",
        text(case.folder.path()),
        "--inputs",
        text(&inputs),
        "--output",
        text(&output),
    ];
    let library = "/nowhere/libonnxruntime.so";
    assert_eq!(
        refused(&[&model[..], &["--engine", "onnx", "--onnxruntime", library]].concat()),
        "error: onnxruntime is not available: /nowhere/libonnxruntime.so, named by the caller: No such file or \
         directory (os error 2); run `skillset engine install onnxruntime`, or name a library by ORT_DYLIB_PATH"
    );
}

#[test]
fn a_device_that_is_not_there() {
    let case = Case::new();
    let (inputs, output) = (case.path("in.safetensors"), case.path("out.safetensors"));
    let model = [
        "forward",
        "--model",
        text(case.folder.path()),
        "--inputs",
        text(&inputs),
        "--output",
        text(&output),
    ];
    let on = |device: &str| refused(&[&model[..], &["--device", device]].concat());
    assert!(on("cuda:4096").contains("candle (cuda:4096) is not available: "), "{}", on("cuda:4096"));
    assert!(on("openvino").contains("candle (openvino) is not available: it runs on cpu, cuda and metal"));
    assert!(on("gpu").contains("unknown device \"gpu\"; the devices are cpu, cuda,"), "{}", on("gpu"));
}

#[test]
fn weights_that_are_not_numbers() {
    let folder = pipeline("bert-text-classification");
    let path = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4096..].fill(0xff);
    fs::write(path, bytes).unwrap();
    assert_eq!(
        refused(&["run", "--model", text(folder.path()), "The river is calm."]),
        "error: the model produced NaN in output \"logits\" for input 0; its weights are damaged, or too large for \
         the precision it runs in"
    );
}

#[test]
fn a_sequence_of_nothing_has_no_first_token_to_pool() {
    let case = Case::new();
    case.inputs(&[1, 0], vec![]);
    assert_eq!(
        case.refused(),
        "error: candle (cpu): bert feature-extraction failed: the root: 0..1 is no range of axis 1, which has 0 entries"
    );
}
