//! Held against transformers: recorded by `tools/processors/record_chats.py`, and `tests/pipelines`.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::*;
use crate::processors::text::TextProcessor;

const TOKENIZER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/pipelines/tokenizers/byte_level");

/// Templates of a directory with these files, over the test tokenizer.
fn templates(files: &[(&str, &str)]) -> ChatTemplates {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("additional_chat_templates")).unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let processor = TextProcessor::from_dir(TOKENIZER).unwrap();
    ChatTemplates::from_dir(dir.path(), processor.settings()).unwrap().unwrap()
}

fn render(template: &str, messages: Value, options: &ChatOptions) -> Result<String, String> {
    let templates = templates(&[("chat_template.jinja", template)]);
    templates.render(messages.as_array().unwrap(), options).map_err(|e| e.to_string())
}

#[test]
fn prompts_are_those_of_transformers() {
    let recorded: Value = serde_json::from_str(include_str!("testdata/chats.json")).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(recorded["now"].as_u64().unwrap());
    for case in recorded["cases"].as_array().unwrap() {
        let on = |field: &str| case["options"][field].as_bool().unwrap_or(false);
        let options = ChatOptions {
            add_generation_prompt: on("add_generation_prompt"),
            continue_final_message: on("continue_final_message"),
            tools: case["options"]["tools"].as_array().cloned(),
            variables: json!({"bos_token": "<s>", "eos_token": "</s>"}).as_object().unwrap().clone(),
            now: Some(now),
            ..ChatOptions::default()
        };
        let prompt = render(case["template"].as_str().unwrap(), case["messages"].clone(), &options);
        assert_eq!(prompt.as_deref(), Ok(case["output"].as_str().unwrap()));
    }
}

#[test]
fn the_test_tokenizers_chats() {
    let processor = TextProcessor::from_dir(TOKENIZER).unwrap();
    let templates = ChatTemplates::from_dir(TOKENIZER, processor.settings()).unwrap().unwrap();
    let cases = std::fs::read(Path::new(TOKENIZER).join("cases.json")).unwrap();
    let cases: Value = serde_json::from_slice(&cases).unwrap();
    for case in cases["chat"].as_array().unwrap() {
        let add_generation_prompt = case["add_generation_prompt"].as_bool().unwrap();
        let options = ChatOptions { add_generation_prompt, ..ChatOptions::default() };
        assert_eq!(templates.render(case["messages"].as_array().unwrap(), &options).unwrap(), case["output"]);
    }
}

#[test]
fn where_templates_come_from() {
    let config = json!({"chat_template": [
        {"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"},
    ]});
    let config = config.to_string();
    let message = [json!({"role": "user", "content": "x"})];
    let named = templates(&[("tokenizer_config.json", &config)]);
    let with_tools = ChatOptions { tools: Some(vec![]), ..ChatOptions::default() };
    assert_eq!(named.render(&message, &ChatOptions::default()).unwrap(), "D");
    assert_eq!(named.render(&message, &with_tools).unwrap(), "T");
    let other = ChatOptions { template: Some("rag".to_owned()), ..ChatOptions::default() };
    assert_eq!(
        named.render(&message, &other).unwrap_err().to_string(),
        "the checkpoint has no chat template \"rag\"; it has default, tool_use"
    );
    let files = templates(&[
        ("tokenizer_config.json", &config),
        ("chat_template.jinja", "F"),
        ("additional_chat_templates/rag.jinja", "R"),
    ]);
    assert_eq!(files.render(&message, &ChatOptions::default()).unwrap(), "F");
    assert_eq!(files.render(&message, &other).unwrap(), "R");
    let json =
        templates(&[("chat_template.json", r#"{"chat_template": "J"}"#), ("tokenizer_config.json", &config)]);
    assert_eq!(json.render(&message, &ChatOptions::default()).unwrap(), "J");
    let dir = tempfile::tempdir().unwrap();
    let settings = TextProcessor::from_dir(TOKENIZER).unwrap();
    assert!(ChatTemplates::from_dir(dir.path(), settings.settings()).unwrap().is_none());
}

#[test]
fn bad_chats_are_errors() {
    let options = ChatOptions::default();
    let hello = || json!([{"role": "user", "content": "hello"}]);
    assert_eq!(
        render("a\n{{ raise_exception('no ' ~ messages[0].role) }}", hello(), &options),
        Err("chat template \"default\", line 2: no user".to_owned())
    );
    let broken = render("{% for %}", hello(), &options).unwrap_err();
    assert!(broken.starts_with("chat template \"default\", line 1: "), "{broken}");
    assert_eq!(render("a", json!([]), &options), Err("expected at least one message, found none".to_owned()));
    assert_eq!(
        render("a", json!(["hi"]), &options),
        Err("message 0: expected an object with role and content, found \"hi\"".to_owned())
    );
    let both =
        ChatOptions { add_generation_prompt: true, continue_final_message: true, ..ChatOptions::default() };
    assert_eq!(
        render("a", hello(), &both),
        Err("continue_final_message and add_generation_prompt exclude each other".to_owned())
    );
    let open = ChatOptions { continue_final_message: true, ..ChatOptions::default() };
    assert_eq!(
        render("a", hello(), &open),
        Err("continue_final_message: the chat template changes or drops the last message".to_owned())
    );
}
