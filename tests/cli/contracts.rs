//! What commands promise to those who call them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use skillset::runtime::engine::Tensors;
use skillset::runtime::harness::fixture::Generate;
use skillset::runtime::ir::DType;
use skillset::runtime::tensor::Tensor;
use skillset::runtime::tensor::file::{read_tensors, write_tensors};

use super::{checkpoint, fixture, skillset, succeeds, text};

/// Runs `forward` on the inputs of a recorded run.
fn forward(name: &str, task: &str, run: &str, arguments: &[&str]) -> (Tensors, Tensors) {
    forward_changed(name, task, run, arguments, |_| ())
}

/// Runs `forward` on the inputs of a recorded run after `change`.
fn forward_changed(
    name: &str,
    task: &str,
    run: &str,
    arguments: &[&str],
    change: impl FnOnce(&mut Tensors),
) -> (Tensors, Tensors) {
    let (fixture, folder) = (fixture(name), checkpoint(name, task));
    let [inputs, output] = ["in.safetensors", "out.safetensors"].map(|file| folder.path().join(file));
    let mut tensors = fixture.inputs(task, run).unwrap();
    change(&mut tensors);
    write_tensors(&inputs, &tensors).unwrap();
    let model = text(folder.path());
    let fixed = ["forward", "--model", model, "--inputs", text(&inputs), "--output", text(&output)];
    succeeds(&[&fixed, arguments].concat());
    (read_tensors(&output).unwrap(), fixture.outputs(task, run).unwrap())
}

fn assert_close(actual: &Tensors, expected: &Tensors) {
    assert_eq!(actual.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, expected) in expected {
        let actual = &actual[name];
        assert_eq!(actual.shape(), expected.shape(), "{name}");
        let pairs = actual.as_f32().unwrap().iter().zip(expected.as_f32().unwrap());
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{name} differs by {worst}");
    }
}

#[test]
fn forward_gives_the_fields_of_the_model_output_on_both_engines() {
    for engine in ["candle", "onnx"] {
        let (actual, expected) =
            forward("bert/default", "question-answering", "ids_only", &["--engine", engine]);
        assert_close(&actual, &expected);
        let (actual, expected) =
            forward("vit/default", "image-classification", "batch", &["--engine", engine]);
        assert_close(&actual, &expected);
    }
}

#[test]
fn forward_takes_switches_and_masks_of_other_types() {
    let (actual, expected) =
        forward_changed("vit/default", "image-feature-extraction", "interpolated", &[], |inputs| {
            let switch = Tensor::new([], vec![true]).unwrap();
            inputs.insert("interpolate_pos_encoding".to_owned(), switch);
        });
    assert_close(&actual, &expected);
    let (_, expected) = forward("bert/default", "text-classification", "padded", &[]);
    for dtype in [DType::Bool, DType::F32] {
        let (actual, _) = forward_changed("bert/default", "text-classification", "padded", &[], |inputs| {
            let mask = inputs["attention_mask"].convert(dtype).unwrap();
            inputs.insert("attention_mask".to_owned(), mask);
        });
        assert_close(&actual, &expected);
    }
}

#[test]
fn forward_follows_the_architecture_unless_a_task_is_named() {
    let (own, _) = forward("bert/default", "fill-mask", "ids_only", &[]);
    assert_eq!(own.keys().collect::<Vec<_>>(), ["logits"]);
    let (base, expected) = forward("bert/default", "feature-extraction", "ids_only", &["--task", "base"]);
    assert_close(&base, &expected);
}

#[test]
fn generate_prints_sequences_of_token_ids_on_both_engines() {
    let (fixture, folder) = (fixture("llama/default"), checkpoint("llama/default", "text-generation"));
    let recorded = &fixture.task("text-generation").unwrap().generate[0];
    let ids = json!(recorded.input_ids).to_string();
    let tokens = recorded.max_new_tokens.to_string();
    for engine in ["candle", "onnx"] {
        let fixed =
            ["generate", "--model", text(folder.path()), "--input-ids", &ids, "--max-new-tokens", &tokens];
        let printed =
            succeeds(&[&fixed[..], &["--greedy", "--ignore-eos", "--engine", engine, "--json"]].concat());
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed, json!({ "sequences": recorded.sequences }), "{engine}");
    }
}

#[test]
fn generate_searches_with_beams() {
    let (fixture, folder) = (fixture("llama/default"), checkpoint("llama/default", "text-generation"));
    let of_one_prompt = |recorded: &&Generate| recorded.scores.is_some() && recorded.input_ids.len() == 1;
    let recorded = fixture.task("text-generation").unwrap().generate.iter().find(of_one_prompt).unwrap();
    let (ids, tokens) = (json!(recorded.input_ids).to_string(), recorded.max_new_tokens.to_string());
    let beams = recorded.options["num_beams"].to_string();
    let arguments =
        ["--input-ids", &ids, "--max-new-tokens", &tokens, "--num-beams", &beams, "--ignore-eos", "--json"];
    let printed = succeeds(&[&["generate", "--model", text(folder.path())], &arguments[..]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed, json!({ "sequences": recorded.sequences }));
}

#[test]
fn export_links_the_checkpoint_and_copies_on_request() {
    let folder = checkpoint("bert/default", "fill-mask");
    let weights = folder.path().join("model.safetensors");
    let files = |folder: &Path| {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    let set = |names: [&str; 2]| names.map(str::to_owned).into();

    for arguments in [&[] as &[&str], &["--link"]] {
        let linked = folder.path().join("linked");
        let fixed = ["export", "--model", text(folder.path()), "--output", text(&linked)];
        let printed = succeeds(&[&fixed, arguments].concat());
        assert_eq!(printed.trim_end(), text(&linked.join("model.onnx")));
        assert_eq!(files(&linked), set(["model.onnx", "model.safetensors"]));
        assert!(is_one_file(&weights, &linked.join("model.safetensors")), "nothing is copied");
        fs::remove_dir_all(linked).unwrap();
    }

    let copied = folder.path().join("copied");
    succeeds(&["export", "--model", text(folder.path()), "--output", text(&copied), "--copy"]);
    assert_eq!(files(&copied), set(["model.onnx", "model.onnx_data"]));
    let graph = fs::read(copied.join("model.onnx")).unwrap();
    let names = |name: &str| graph.windows(name.len()).any(|window| window == name.as_bytes());
    assert!(names("model.onnx_data") && !names("model.safetensors"), "the copy stands alone");

    let both = skillset(&["export", "--model", "x", "--output", "y", "--copy", "--link"]);
    assert_eq!(both.status.code(), Some(2));
}

/// Whether two paths lead to the same file, as hard links do.
#[cfg(unix)]
fn is_one_file(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino())).unwrap();
    file(a) == file(b)
}

/// Elsewhere a link cannot be told from a copy.
#[cfg(not(unix))]
fn is_one_file(a: &Path, b: &Path) -> bool {
    fs::read(a).unwrap() == fs::read(b).unwrap()
}
