//! `generate` with images.

use serde_json::Value;

use super::{calls, pipeline, succeeds, text};

const NAME: &str = "llava-image-text-to-text";

/// The first recorded call whose input is a chat or is none, with the files of its images.
fn recorded(is_chat: bool) -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
    let cases = std::fs::read_to_string(folder.join(NAME).join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    let case = cases.iter().find(|case| case["input"].is_array() == is_chat).unwrap();
    calls::located(case, &folder)
}

#[test]
fn an_image_is_asked_about_in_a_chat() {
    let (folder, case) = (pipeline(NAME), recorded(true));
    let [image, question] = [0, 1].map(|part| &case["input"][0]["content"][part]);
    let (image, question) = (image["path"].as_str().unwrap(), question["text"].as_str().unwrap());
    let tokens = case["options"]["max_new_tokens"].to_string();
    let fixed = ["generate", "--model", text(folder.path()), "--max-new-tokens", &tokens];
    let answer = case["output"][0]["generated_text"][1]["content"].as_str().unwrap();
    for engine in ["candle", "onnx"] {
        let asked = ["--chat", "--image", image, "--prompt", question, "--engine", engine];
        assert_eq!(succeeds(&[&fixed[..], &asked].concat()), format!("{answer}\n"), "{engine}");
    }
}

#[test]
fn a_text_has_a_place_for_its_image() {
    let (folder, case) = (pipeline(NAME), recorded(false));
    let [image, prompt] = ["images", "text"].map(|part| case["input"][part].as_str().unwrap());
    let tokens = case["options"]["max_new_tokens"].to_string();
    let fixed = ["generate", "--model", text(folder.path()), "--max-new-tokens", &tokens, "--json"];
    let printed = succeeds(&[&fixed[..], &["--image", image, "--prompt", prompt]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["text"], case["output"][0]["generated_text"]);
}
