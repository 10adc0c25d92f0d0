//! A spec that extends another one, as far as facts tell.

use serde_json::{Map, Value, json};

use super::likeness::stem;
use super::{Spec, fact, keys, word};

/// What makes `own`, a spec of facts, a variation of `relative`: the members to add.
pub(super) fn draft(own: &Spec, relative: &Spec) -> Spec {
    let mut config = Map::new();
    let mut constants = Map::new();
    for (name, field) in relative.get("config").and_then(Value::as_object).into_iter().flatten() {
        match (fact(relative, "config", name), fact(own, "config", name)) {
            (Some(_), None) => {
                config.insert(name.clone(), Value::Null);
                constants.insert(name.clone(), field.get("default").cloned().unwrap_or(Value::Null));
            }
            (_, Some(known)) if known.get("derived").is_none() => {
                let default = known.get("default");
                if default != field.get("default") {
                    config.insert(name.clone(), json!({ "default": default }));
                }
            }
            _ => {}
        }
    }
    let mut parts = Map::new();
    parts.insert("extends".into(), word(relative, "model_type").into());
    let kind = format!("A variation of {}.", word(relative, "title"));
    parts.insert("description".into(), kind.into());
    insert(&mut parts, "config", config);
    insert(&mut parts, "inputs", inputs(own, relative));
    let mut architecture = Map::new();
    for step in relative.get("architecture").and_then(Value::as_array).into_iter().flatten() {
        fix_constants(step, "", &constants, &mut architecture);
    }
    insert(&mut parts, "architecture", architecture);
    insert(&mut parts, "tasks", tasks(own, relative));
    parts
}

fn insert(parts: &mut Spec, key: &str, members: Spec) {
    if !members.is_empty() {
        parts.insert(key.into(), members.into());
    }
}

/// Inputs that `forward` does not take here.
fn inputs(own: &Spec, relative: &Spec) -> Spec {
    let (ours, theirs) = (arguments(own), arguments(relative));
    let gone = keys(relative.get("inputs"))
        .filter(|name| theirs.contains(&name.as_str()) && !ours.contains(&name.as_str()));
    gone.map(|name| (name.clone(), Value::Null)).collect()
}

/// The arguments of the base class's `forward`.
pub(super) fn arguments(spec: &Spec) -> Vec<&str> {
    let forward = fact(spec, "inputs", "forward").and_then(|forward| forward.get(word(spec, "class")));
    forward.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What is said of a task otherwise: its class, or where the base model is in it; null where there is no such class.
fn tasks(own: &Spec, relative: &Spec) -> Spec {
    let (ours, theirs) = (stem(own), stem(relative));
    let mut changes = Map::new();
    for (task, head) in relative.get("tasks").and_then(Value::as_object).into_iter().flatten() {
        let class = head.get("class").and_then(Value::as_str).unwrap_or_default();
        let renamed = class.strip_prefix(theirs).map_or(class.to_owned(), |rest| format!("{ours}{rest}"));
        let is_there = fact(own, "tensors", &renamed).is_some() || renamed == word(own, "class");
        let named = fact(own, "tasks", task).and_then(Value::as_str);
        let class = if is_there { Some(renamed.as_str()) } else { named };
        let Some(class) = class else {
            changes.insert(task.clone(), Value::Null);
            continue;
        };
        let mut change = Map::new();
        if !is_there {
            change.insert("class".into(), class.into());
        }
        let base = fact(own, "tensors", class).and_then(|tensors| tensors.get("{base}")?.as_str());
        let prefix = base.map(|base| base.trim_end_matches('.'));
        let known = head.get("prefix").and_then(Value::as_str);
        if prefix.is_some_and(|prefix| prefix != known.unwrap_or(word(own, "prefix"))) {
            let own_prefix = prefix.filter(|prefix| *prefix != word(own, "prefix"));
            change.insert("prefix".into(), own_prefix.into());
        }
        insert(&mut changes, task, change);
    }
    changes
}

/// Where a named step takes a field that there is not here, the field's default stands instead.
fn fix_constants(step: &Value, path: &str, constants: &Spec, changes: &mut Spec) {
    let Some(members) = step.as_object() else { return };
    let name = members.get("name").and_then(Value::as_str);
    let path = match (name, path) {
        (Some(name), "") => name.to_owned(),
        (Some(name), path) => format!("{path}.{name}"),
        (None, path) => path.to_owned(),
    };
    if name.is_some() {
        let fixed = members.iter().filter_map(|(parameter, value)| {
            let constant = constants.get(value.as_str()?)?;
            Some((parameter.clone(), expression(constant)))
        });
        let fixed: Spec = fixed.collect();
        insert(changes, &path, fixed);
    }
    for inner in ["do", "then", "else"].iter().filter_map(|key| members.get(*key)?.as_array()).flatten() {
        fix_constants(inner, &path, constants, changes);
    }
}

/// A constant as a spec writes it: text is an expression there.
fn expression(constant: &Value) -> Value {
    match constant {
        Value::Null => "None".into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(value: Value) -> Spec {
        value.as_object().unwrap().clone()
    }

    fn relative() -> Spec {
        spec(json!({
            "model_type": "old", "title": "Old", "class": "OldModel",
            "config": {
                "width": { "type": "usize", "default": 8 }, "bias": { "type": "bool", "default": false },
                "labels": { "type": "Labels" }
            },
            "inputs": { "input_ids": {}, "segment_ids": {}, "score_bias": {} },
            "architecture": [
                { "repeat": "2", "name": "layers", "do": [{ "do": "linear", "name": "mlp", "out": "width", "bias": "bias" }] }
            ],
            "tasks": { "fill-mask": { "class": "OldForMaskedLM" }, "ranking": { "class": "OldForRanking" },
                       "question-answering": { "class": "OldForQuestionAnswering", "prefix": "elsewhere" }, "base": { "class": "OldModel" } },
            "facts": {
                "config": { "width": { "default": 8 }, "bias": { "default": false } },
                "inputs": { "forward": { "OldModel": ["input_ids", "segment_ids"] } }
            }
        }))
    }

    #[test]
    fn a_draft_has_the_differences() {
        let own = spec(json!({
            "model_type": "new", "title": "New", "class": "NewModel", "prefix": "new",
            "facts": {
                "config": { "width": { "default": 16 } },
                "inputs": { "forward": { "NewModel": ["input_ids"] } },
                "tasks": { "fill-mask": "NewLMHeadModel" },
                "tensors": {
                    "NewModel": {}, "NewLMHeadModel": { "{base}": "body." },
                    "NewForQuestionAnswering": { "{base}": "new." }
                }
            }
        }));
        assert_eq!(
            Value::from(draft(&own, &relative())),
            json!({
                "extends": "old",
                "description": "A variation of Old.",
                "config": { "width": { "default": 16 }, "bias": null },
                "inputs": { "segment_ids": null },
                "architecture": { "layers.mlp": { "bias": false } },
                "tasks": {
                    "fill-mask": { "class": "NewLMHeadModel", "prefix": "body" }, "ranking": null,
                    "question-answering": { "prefix": null }
                }
            })
        );
    }

    #[test]
    fn a_twin_only_says_whom_it_extends() {
        let mut own = relative();
        own.insert("model_type".into(), "twin".into());
        own.remove("architecture");
        own["facts"]["tensors"] =
            json!({ "OldForMaskedLM": {}, "OldForRanking": {}, "OldForQuestionAnswering": {} });
        let draft = draft(&own, &relative());
        assert_eq!(Value::from(draft), json!({ "extends": "old", "description": "A variation of Old." }));
    }
}
