//! The JSON Schema of spec files, for editors.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::source::Node;
use crate::spec::{Spec, Step};

impl JsonSchema for Node {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

impl JsonSchema for crate::decode::Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl JsonSchema for Step {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let step = generator.subschema_for::<Self>();
        let steps = json!({ "type": "array", "items": step });
        let text = |description: &str| json!({ "type": "string", "description": description });
        let name = text("The name by which a spec that extends this one finds the step.");
        let at =
            text("The checkpoint path, below that of the steps around; `{i}` is the number of the turn.");
        json_schema!({
            "anyOf": [
                {
                    "description": "A name given to an expression, or to a block, a primitive or the model of a nested config \
                        (`\"do\": \"model\"`) applied to values.",
                    "type": "object",
                    "properties": {
                        "let": text("The name of the result."),
                        "do": text("The block or primitive; without it the result is `of` itself."),
                        "at": at,
                        "name": name,
                    },
                    "required": ["let"],
                },
                {
                    "description": "A value that there is on request only: the next one of an output that there are several of.",
                    "type": "object",
                    "properties": {
                        "output": text("The output."),
                        "of": text("The value, an expression."),
                        "name": name,
                    },
                    "required": ["output", "of"],
                    "additionalProperties": false,
                },
                {
                    "description": "Steps below one checkpoint path.",
                    "type": "object",
                    "properties": {
                        "at": at,
                        "tied_to": text("The full checkpoint path below which the tensors are that the checkpoint does not store apart; none: it stores all."),
                        "tied": text("Whether they may be there, an expression of type bool; none: they may."),
                        "do": steps,
                        "name": name,
                    },
                    "required": ["at", "do"],
                    "additionalProperties": false,
                },
                {
                    "description": "Steps that are done several times.",
                    "type": "object",
                    "properties": {
                        "repeat": text("How many times: an expression of type usize."),
                        "index": text("The name of the turn's number; `i` if not given."),
                        "at": at,
                        "do": steps,
                        "name": name,
                    },
                    "required": ["repeat", "do"],
                    "additionalProperties": false,
                },
                {
                    "description": "Steps that are done if the config says so.",
                    "type": "object",
                    "properties": {
                        "if": text("An expression of type bool."),
                        "then": steps,
                        "else": steps,
                        "name": name,
                    },
                    "required": ["if", "then"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// The schema of a spec file.
///
/// A spec that extends another one may leave out what it inherits, change or remove (`null`) single entries, and
/// change steps by name instead of listing them; what comes of it is checked when it is compiled.
pub fn spec_schema() -> Value {
    let mut schema = schemars::schema_for!(Spec).to_value();
    for (_, definition) in schema["$defs"].as_object_mut().into_iter().flatten() {
        allow_absent(definition);
    }
    allow_absent(&mut schema);
    let mut whole = json!({ "properties": {}, "required": schema["required"].take() });
    for table in ["config", "inputs", "outputs", "tasks"] {
        whole["properties"][table] = schema["properties"][table].take();
        schema["properties"][table] = json!({
            "type": "object",
            "additionalProperties": { "type": ["object", "string", "null"] },
        });
    }
    whole["properties"]["architecture"] = schema["properties"]["architecture"].take();
    schema["properties"]["architecture"] = json!({ "anyOf": [
        whole["properties"]["architecture"],
        {
            "description": "Changes to the steps of the parent, by dotted name.",
            "type": "object",
            "additionalProperties": { "type": ["object", "array", "null"] },
        },
    ] });
    schema["title"] = json!("Model spec");
    schema["required"] = json!(["model_type", "title", "description"]);
    schema["if"] = json!({ "required": ["extends"] });
    schema["else"] = whole;
    schema
}

/// Lists, tables and switches may be left out: they are empty and false then, as `Decode::absent` has it.
fn allow_absent(definition: &mut Value) {
    let properties = definition["properties"].clone();
    if let Some(required) = definition.get_mut("required").and_then(Value::as_array_mut) {
        let has_empty = ["array", "boolean", "object"];
        required.retain(|name| {
            let kind = name.as_str().and_then(|name| properties[name]["type"].as_str());
            kind.is_none_or(|kind| !has_empty.contains(&kind))
        });
    }
}
