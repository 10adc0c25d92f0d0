//! Held against what transformers' tokenizers return (`tests/pipelines/tokenizers`), and bad inputs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::processors::ProcessorError;

const TOKENIZERS: [&str; 10] = [
    "wordpiece",
    "byte_level",
    "mpnet",
    "roberta",
    "xlm_roberta",
    "deberta_v2",
    "clip",
    "siglip",
    "t5",
    "mbart",
];

fn dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pipelines/tokenizers").join(name)
}

fn load(name: &str) -> (TextProcessor, Value) {
    let cases = std::fs::read(dir(name).join("cases.json")).unwrap();
    (TextProcessor::from_dir(dir(name)).unwrap(), serde_json::from_slice(&cases).unwrap())
}

fn options(value: &Value) -> EncodeOptions {
    let truncation = match &value["truncation"] {
        Value::Bool(true) => Truncation::LongestFirst,
        Value::String(name) if name == "longest_first" => Truncation::LongestFirst,
        Value::String(name) if name == "only_first" => Truncation::OnlyFirst,
        Value::String(name) if name == "only_second" => Truncation::OnlySecond,
        _ => Truncation::Off,
    };
    let padding = match &value["padding"] {
        Value::Bool(true) => Padding::Longest,
        Value::String(_) => Padding::MaxLength,
        _ => Padding::Off,
    };
    let number = |field: &str| value[field].as_u64().map(|n| n as usize);
    EncodeOptions {
        add_special_tokens: value["add_special_tokens"].as_bool().unwrap_or(true),
        truncation,
        padding,
        max_length: number("max_length"),
        stride: number("stride").unwrap_or(0),
        overflow: value["return_overflowing_tokens"].as_bool().unwrap_or(false),
        over_long: OverLong::Allow,
        ..EncodeOptions::default()
    }
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[test]
fn encodings_are_those_of_transformers() {
    for name in TOKENIZERS {
        let (processor, cases) = load(name);
        for case in cases["encode"].as_array().unwrap() {
            let texts: Vec<&str> = match &case["input"]["text"] {
                Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect(),
                text => vec![text.as_str().unwrap()],
            };
            let pair = case["input"]["text_pair"].as_str();
            let input = |text| pair.map_or(TextInput::Single(text), |pair| TextInput::Pair(text, pair));
            let inputs: Vec<_> = texts.into_iter().map(input).collect();
            let batch = processor.encode(&inputs, &options(&case["options"])).unwrap();
            let rows = batch.rows();
            let each = |f: &dyn Fn(&EncodedText) -> Value| match &case["output"]["input_ids"][0] {
                Value::Array(_) => Value::Array(rows.iter().map(f).collect()),
                _ => f(&rows[0]),
            };
            for (field, expected) in case["output"].as_object().unwrap() {
                let found = match field.as_str() {
                    "input_ids" => each(&|row| json!(row.ids)),
                    "token_type_ids" => each(&|row| json!(row.type_ids)),
                    "attention_mask" => each(&|row| json!(row.attention_mask)),
                    "offset_mapping" => each(&|row| json!(row.char_offsets)),
                    "overflow_to_sample_mapping" => rows.iter().map(|row| json!(row.sample)).collect(),
                    other => panic!("{other}"),
                };
                assert_eq!(&found, expected, "{name} {field} {} {}", case["input"], case["options"]);
            }
            let names: Vec<_> = case["output"].as_object().unwrap().keys().collect();
            for input in &processor.settings().model_input_names {
                assert!(names.contains(&input), "{input}");
            }
        }
    }
}

#[test]
fn decodings_and_streams_are_those_of_transformers() {
    for name in TOKENIZERS {
        let (processor, cases) = load(name);
        for case in cases["decode"].as_array().unwrap() {
            for (skip, field) in [(false, "text"), (true, "without_special_tokens")] {
                let ids = ids(&case["ids"]);
                assert_eq!(processor.decode(&ids, skip).unwrap(), case[field], "{name}");
                let mut stream = processor.stream(skip);
                let mut text: String = ids.iter().filter_map(|&id| stream.push(id).unwrap()).collect();
                assert!(!text.contains('\u{fffd}') || case[field].as_str().unwrap().contains('\u{fffd}'));
                text.extend(stream.finish().unwrap());
                assert_eq!(text, case[field], "{name}");
            }
        }
    }
}

#[test]
fn a_stream_waits_for_whole_characters() {
    let (processor, _) = load("byte_level");
    let row = &processor.encode(&["é😀!".into()], &EncodeOptions::default()).unwrap().into_rows()[0];
    assert!(row.ids.len() > 5, "the character must be several tokens: {:?}", row.tokens);
    let mut stream = processor.stream(true);
    let pieces: Vec<_> = row.ids.iter().filter_map(|&id| stream.push(id).unwrap()).collect();
    assert_eq!(pieces.concat(), "é😀!");
    let mut stream = processor.stream(true);
    let cut = row.ids.iter().take(row.ids.len() - 2);
    let held: String = cut.filter_map(|&id| stream.push(id).unwrap()).collect();
    assert_eq!(held, "é");
    assert!(stream.finish().unwrap().unwrap().contains('\u{fffd}'));
}

#[test]
fn byte_offsets_slice_the_text() {
    for name in TOKENIZERS {
        let (processor, _) = load(name);
        let text = "Alice, naïve 😀 日本";
        let row = &processor.encode(&[text.into()], &EncodeOptions::default()).unwrap().into_rows()[0];
        for (&(start, end), &(first, last)) in row.byte_offsets.iter().zip(&row.char_offsets) {
            let characters: String = text.chars().skip(first).take(last - first).collect();
            assert_eq!(text.get(start..end), Some(characters.as_str()), "{name}");
        }
    }
}

#[test]
fn tensors_and_windows() {
    let (processor, _) = load("wordpiece");
    let inputs = ["Alice".into(), TextInput::Pair("Alice lives", "in Paris.")];
    let ragged = processor.encode(&inputs, &EncodeOptions::default()).unwrap();
    let error = ragged.model_inputs().unwrap_err().to_string();
    assert!(error.starts_with("expected rows of one length for a tensor, found"), "{error}");
    let options =
        EncodeOptions { padding: Padding::Longest, pad_to_multiple_of: Some(8), ..Default::default() };
    let batch = processor.encode(&inputs, &options).unwrap();
    let tensors = batch.model_inputs().unwrap();
    let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["input_ids", "token_type_ids", "attention_mask"]);
    assert_eq!(tensors[0].shape, [2, 16]);
    assert_eq!(batch.rows()[0].sequence_ids[..2], [None, Some(0)]);
    assert!(batch.input("pixel_values").is_err());
    let left = EncodeOptions { padding_side: Some(Side::Left), ..options };
    let row = &processor.encode(&inputs[..1], &left).unwrap().into_rows()[0];
    assert_eq!(row.attention_mask[0], 0);
    assert_eq!(row.ids[0], processor.special_id(Role::Pad).unwrap());
}

#[test]
fn bad_inputs_are_errors() {
    let (processor, _) = load("wordpiece");
    let error = |input: TextInput<'_>, options: EncodeOptions| {
        let error: ProcessorError = processor.encode(&[input], &options).unwrap_err();
        error.to_string()
    };
    let long = "Alice ".repeat(100);
    let default = EncodeOptions::default();
    assert_eq!(
        error((&long).into(), default),
        "text 0: expected at most the 64 tokens that the model takes, found 102; shorten the text or turn truncation on"
    );
    let cut = |truncation, max_length, stride| EncodeOptions {
        truncation,
        max_length: Some(max_length),
        stride,
        ..default
    };
    assert_eq!(
        error((&long).into(), cut(Truncation::LongestFirst, 1, 0)),
        "text 0: max_length: expected at least the 2 special tokens, found 1"
    );
    assert_eq!(
        error((&long).into(), cut(Truncation::LongestFirst, 10, 8)),
        "text 0: stride: expected less than the 8 tokens that a window can hold, found 8"
    );
    assert_eq!(
        error((&long).into(), cut(Truncation::OnlySecond, 10, 0)),
        "text 0: the second text is to be cut, but there is only one"
    );
    let message = error(TextInput::Pair("Alice", &long), cut(Truncation::OnlyFirst, 20, 0));
    assert!(message.starts_with("text 0: 84 tokens have to go, but the first text"), "{message}");
    assert!(processor.encode(&[], &default).unwrap().rows().is_empty());
}

#[test]
fn broken_directories() {
    let tmp = tempfile::tempdir().unwrap();
    let at = tmp.path();
    let error = || TextProcessor::from_dir(at).unwrap_err().to_string().replace(at.to_str().unwrap(), "DIR");
    assert!(error().starts_with("DIR/tokenizer.json: not found; write it once in Python"));
    std::fs::write(at.join("vocab.txt"), "[PAD]\n").unwrap();
    assert!(error().starts_with("DIR/tokenizer.json: not found; there is a vocab.txt; write it once"));
    std::fs::write(at.join("tokenizer.json"), "{").unwrap();
    assert!(error().starts_with("DIR/tokenizer.json: not a usable tokenizer: EOF while parsing"));
    std::fs::copy(dir("byte_level").join("tokenizer.json"), at.join("tokenizer.json")).unwrap();
    std::fs::write(at.join("tokenizer_config.json"), r#"{"padding_side": "up"}"#).unwrap();
    assert_eq!(error(), "DIR/tokenizer_config.json: /padding_side: expected left or right, found \"up\"");
    std::fs::write(at.join("tokenizer_config.json"), r#"{"model_max_length": -3}"#).unwrap();
    assert!(error().ends_with("/model_max_length: expected a positive number of tokens, found -3"));
    std::fs::write(
        at.join("tokenizer_config.json"),
        r#"{"model_max_length": 1000000000000000019884624838656}"#,
    )
    .unwrap();
    let processor = TextProcessor::from_dir(at).unwrap();
    assert_eq!(processor.settings().model_max_length, None);
    let options = EncodeOptions { padding: Padding::Longest, ..Default::default() };
    let error = processor.encode(&["a".into()], &options).unwrap_err().to_string();
    assert!(error.starts_with("padding is on, but the tokenizer has no padding token"), "{error}");
}

#[test]
fn class_defaults_fill_the_gaps() {
    let tmp = tempfile::tempdir().unwrap();
    std::fs::copy(dir("wordpiece").join("tokenizer.json"), tmp.path().join("tokenizer.json")).unwrap();
    let processor = TextProcessor::from_dir_as(tmp.path(), Some("BertTokenizer")).unwrap();
    assert_eq!(processor.special_token(Role::Mask), Some("[MASK]"));
    assert_eq!(processor.settings().model_input_names.len(), 3);
    let map = json!({"mask_token": {"content": "<mask>", "lstrip": true}, "pad_token": "[PAD]"});
    std::fs::write(tmp.path().join("special_tokens_map.json"), map.to_string()).unwrap();
    let processor = TextProcessor::from_dir(tmp.path()).unwrap();
    assert_eq!(processor.special_token(Role::Mask), Some("<mask>"));
    assert_eq!(processor.special_id(Role::Mask), Some(processor.vocab_size() as u32 - 1));
}
