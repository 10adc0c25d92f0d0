//! The config of every model type against what transformers writes and reads (`tests/configs/`, by `tools/harvest`).

use std::fmt::Write as _;

use serde_json::{Map, Value};
use skillset::models::{METADATA, PARTS};
use skillset::runtime::checkpoint::Reader;
use skillset::runtime::model::Metadata;

type Object = Map<String, Value>;

const FILES: [(&str, &str); 5] = [
    ("audio", include_str!("configs/audio.json")),
    ("multimodal", include_str!("configs/multimodal.json")),
    ("parts", include_str!("configs/parts.json")),
    ("text", include_str!("configs/text.json")),
    ("vision", include_str!("configs/vision.json")),
];

/// What the fields that all configs have are in Python where a file does not have them.
const COMMON: &str = include_str!("configs/common.json");

/// Whether this build has all model types.
const IS_WHOLE: bool = option_env!("SKILLSET_MODELS").is_none()
    && cfg!(all(feature = "audio", feature = "multimodal", feature = "text", feature = "vision"));

fn find(model_type: &str) -> Option<&'static Metadata> {
    METADATA.iter().chain(PARTS).find(|known| known.model_type == model_type).copied()
}

fn read(metadata: &Metadata, config: &Value) -> Result<Value, String> {
    let reader = Reader::new(config, "config.json").map_err(|error| error.to_string())?;
    reader.all(metadata.config).map_err(|error| error.to_string())
}

/// What is wrong, a line each.
#[derive(Default)]
struct Differences(String);

impl Differences {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{place}: {what}");
    }
}

#[test]
fn every_field_is_what_it_is_in_python() {
    let mut wrong = Differences::default();
    let mut counts = [0; 2];
    for (_, text) in FILES {
        for (model_type, entry) in serde_json::from_str::<Object>(text).unwrap() {
            let Some(metadata) = find(&model_type) else {
                if IS_WHOLE {
                    wrong.add(&model_type, "not in this build");
                }
                continue;
            };
            counts[0] += 1;
            for (name, values) in [("default", "values"), ("tiny", "tiny_values")] {
                let Some(config) = config(&entry, name) else { continue };
                counts[1] += 1;
                let place = format!("{model_type} {name}");
                match read(metadata, &config) {
                    Ok(got) => compare(&got, &config, &Expected::new(&entry[values], &place), "", &mut wrong),
                    Err(error) => wrong.add(&place, error),
                }
            }
        }
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0);
    assert_eq!(counts[0], METADATA.len() + PARTS.len());
    assert!(!IS_WHOLE || METADATA.len() == 649);
}

#[test]
fn other_spellings_read_the_same() {
    let mut wrong = Differences::default();
    let mut counts = [0; 3];
    for (_, text) in FILES {
        for (model_type, entry) in serde_json::from_str::<Object>(text).unwrap() {
            let (Some(metadata), Some(config)) = (find(&model_type), config(&entry, "tiny")) else {
                continue;
            };
            let expected = read(metadata, &config);
            let mut check = |spelling: &str, rewritten: Value| {
                let got = read(metadata, &rewritten);
                if got != expected {
                    wrong.add(
                        &format!("{model_type} {spelling}"),
                        format_args!("{got:?} is not {expected:?}"),
                    );
                }
            };
            if let Some(aliases) = entry.get("aliases").and_then(Value::as_object) {
                counts[0] += 1;
                check("aliases", with_aliases(&config, aliases));
            }
            for name in
                entry.get("derived").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
            {
                counts[2] += 1;
                check(&format!("without {name}"), without(&config, name));
            }
            if entry.get("rope_scaling").is_some() {
                counts[1] += 1;
                check("rope_scaling", with_rope_scaling(&config));
            }
        }
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0);
    assert!(!IS_WHOLE || counts.iter().all(|&count| count > 100), "{counts:?}");
}

fn without(config: &Value, name: &str) -> Value {
    let fields = config.as_object().into_iter().flatten().filter(|(key, _)| *key != name);
    Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn with_aliases(config: &Value, aliases: &Object) -> Value {
    let fields = config.as_object().into_iter().flatten();
    let renamed = fields.map(|(name, value)| {
        let alias = aliases.get(name).and_then(Value::as_str).unwrap_or(name);
        (alias.to_owned(), value.clone())
    });
    Value::Object(renamed.collect())
}

/// As `_with_rope_scaling` of the harvest writes it.
fn with_rope_scaling(config: &Value) -> Value {
    let mut config = config.clone();
    let Some(fields) = config.as_object_mut() else { return config };
    let Some(Value::Object(mut rope)) = fields.remove("rope_parameters") else { return config };
    if let Some(theta) = rope.remove("rope_theta") {
        fields.insert("rope_theta".to_owned(), theta);
    }
    let kind = rope.remove("rope_type").unwrap_or_else(|| "default".into());
    if !rope.is_empty() || kind != "default" {
        rope.insert("type".to_owned(), kind);
        fields.insert("rope_scaling".to_owned(), Value::Object(rope));
    }
    config
}

#[test]
fn what_no_field_stands_for_is_kept() {
    let unknown = serde_json::json!({ "zeta": 1, "alpha": [null, { "b": 2.5 }], "_name_or_path": "x" });
    let mut wrong = Differences::default();
    for (_, text) in FILES {
        for (model_type, entry) in serde_json::from_str::<Object>(text).unwrap() {
            let (Some(metadata), Some(Value::Object(mut file))) = (find(&model_type), config(&entry, "tiny"))
            else {
                continue;
            };
            file.extend(unknown.as_object().unwrap().clone());
            let file = Value::Object(file);
            let read_back = read(metadata, &file).and_then(|once| Ok((read(metadata, &once)?, once)));
            match read_back {
                Ok((twice, once)) => {
                    if twice != once {
                        wrong.add(&model_type, format_args!("{once} is read back as {twice}"));
                    }
                    lost(&file, &once, &model_type, &mut wrong);
                }
                Err(error) => wrong.add(&model_type, error),
            }
        }
    }
    assert!(wrong.0.is_empty(), "{}", wrong.0);
}

/// Keys of the file that are not in what was read, at any depth.
fn lost(file: &Value, read: &Value, place: &str, wrong: &mut Differences) {
    let (Some(file), Some(read)) = (file.as_object(), read.as_object()) else { return };
    // Another spelling: the value is there under the field's name.
    let is_renamed = |value: &Value| read.values().any(|read| same(read, value));
    for (key, value) in file {
        match read.get(key) {
            Some(read) => lost(value, read, &format!("{place}/{key}"), wrong),
            // The generated names of labels stand for their number.
            None if key == "num_labels" || is_renamed(value) => {}
            None => wrong.add(place, format_args!("{key} is lost")),
        }
    }
}

#[test]
fn wrong_types_are_errors_with_their_places() {
    let config = serde_json::json!({ "vision_config": { "hidden_size": "wide" }, "projection_dim": -1 });
    let Some(error) = find("clip").map(|clip| read(clip, &config)) else { return };
    let expected = "config.json: /vision_config/hidden_size: expected a non-negative integer, found \"wide\"\n\
                    config.json: /projection_dim: expected a non-negative integer, found -1";
    assert_eq!(error, Err(expected.to_owned()));
}

/// The default config.json, or the tiny one, which is the default's with changes.
fn config(entry: &Value, name: &str) -> Option<Value> {
    let mut config = entry.get("default").cloned();
    if name == "default" {
        return config;
    }
    let changes = entry.get("tiny")?.as_object()?;
    let config = config.get_or_insert_with(|| Value::Object(Object::new()));
    for (pointer, value) in changes {
        let (parent, key) = place(config, pointer)?;
        parent.insert(key, value.clone());
    }
    for pointer in entry.get("unset").and_then(Value::as_array).into_iter().flatten() {
        let (parent, key) = place(config, pointer.as_str()?)?;
        parent.remove(&key);
    }
    Some(config.clone())
}

fn place<'a>(config: &'a mut Value, pointer: &str) -> Option<(&'a mut Object, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((config.pointer_mut(parent)?.as_object_mut()?, key.replace("~1", "/").replace("~0", "~")))
}

/// The fields whose value in Python is not what the file says.
struct Expected<'a> {
    values: &'a Value,
    common: Object,
    place: &'a str,
}

impl<'a> Expected<'a> {
    fn new(values: &'a Value, place: &'a str) -> Self {
        Self { values, common: serde_json::from_str(COMMON).unwrap(), place }
    }
}

/// Every field that was read against the file, nested configs field by field.
fn compare(got: &Value, file: &Value, expected: &Expected<'_>, pointer: &str, wrong: &mut Differences) {
    let Some(fields) = got.as_object() else { return };
    for (name, got) in fields {
        let pointer = format!("{pointer}/{name}");
        let said = expected.values.get(&pointer).or_else(|| file.get(name));
        let said = said.or_else(|| expected.common.get(name));
        if said.is_none() && (name == "model_type" || is_of_architecture(name)) {
            continue;
        }
        let place = format!("{}: {pointer}", expected.place);
        match said {
            None => wrong.add(&place, "neither the file nor the recorded values have it"),
            Some(said) if same(got, said) => compare_chosen(got, said, expected, &pointer, wrong),
            Some(said) if got.is_object() && said.is_object() => {
                compare(got, said, expected, &pointer, wrong)
            }
            // The class declares `num_labels` itself, so that Python never makes a table of its labels.
            Some(Value::Null) if expected.place.starts_with("pvt ") && name.contains("label") => {}
            Some(said) => wrong.add(&place, format_args!("expected {said}, found {got}")),
        }
    }
}

/// Whether a model reads the field that its config class has not: Python has it as an argument of `getattr`.
fn is_of_architecture(name: &str) -> bool {
    skillset::models::ALL.iter().any(|model| model.config.iter().any(|field| field.name == name))
}

/// A nested config whose type the file chooses is read as that type, too.
fn compare_chosen(
    got: &Value,
    file: &Value,
    expected: &Expected<'_>,
    pointer: &str,
    wrong: &mut Differences,
) {
    let model_type = got.get("model_type").and_then(Value::as_str);
    let Some(metadata) = model_type.and_then(find) else { return };
    match read(metadata, got) {
        Ok(typed) => compare(&typed, file, expected, pointer, wrong),
        Err(error) => wrong.add(&format!("{}: {pointer}", expected.place), error),
    }
}

/// Equal, whether a number is written `1` or `1.0`, and a size once or twice.
fn same(got: &Value, said: &Value) -> bool {
    match (got, said) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Array(pair), Value::Number(_)) => pair.len() == 2 && pair.iter().all(|size| same(size, said)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::String(a), Value::String(b)) => a == b || synonyms(a, b),
        _ => got == said,
    }
}

/// Two names of one nonlinearity.
fn synonyms(a: &str, b: &str) -> bool {
    use skillset::runtime::ir::Activation;
    a.parse::<Activation>().is_ok_and(|a| b.parse::<Activation>() == Ok(a))
}
