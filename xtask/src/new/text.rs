//! The text of a spec with new members, the rest of it as it was.

use serde_json::Value;

use super::Spec;
use crate::Error;

/// Columns of a line.
const WIDTH: usize = 120;

/// Puts `extends` behind the model type and the other members before the facts.
pub(super) fn insert(spec: &str, members: &Spec) -> Result<String, Error> {
    let mut lines = vec![];
    for line in spec.lines() {
        if line.starts_with("  \"facts\":") {
            lines.pop_if(|line: &mut String| line.is_empty());
            let rest = members.iter().filter(|(key, _)| *key != "extends");
            lines.extend(rest.map(|(key, value)| member(key, value, 2) + ","));
            lines.push(String::new());
        }
        lines.push(line.to_owned());
        if line.starts_with("  \"model_type\":") {
            let extends = members.get("extends").ok_or("a draft extends something")?;
            lines.push(member("extends", extends, 2) + ",");
        }
    }
    Ok(lines.join("\n") + "\n")
}

fn member(key: &str, value: &Value, indent: usize) -> String {
    format!("{}{}: {}", " ".repeat(indent), Value::from(key), pretty(value, indent + key.len() + 4, indent))
}

/// On a line if it ends before `WIDTH`, beginning at `column`; else its entries on lines of their own.
fn pretty(value: &Value, column: usize, indent: usize) -> String {
    let flat = flat(value);
    // A comma may follow.
    if column + flat.len() < WIDTH {
        return flat;
    }
    let (edges, entries): (_, Vec<String>) = match value {
        Value::Object(members) => {
            (('{', '}'), members.iter().map(|(key, value)| member(key, value, indent + 2)).collect())
        }
        Value::Array(items) => {
            let item = |item| " ".repeat(indent + 2) + &pretty(item, indent + 2, indent + 2);
            (('[', ']'), items.iter().map(item).collect())
        }
        _ => return flat,
    };
    format!("{}\n{}\n{}{}", edges.0, entries.join(",\n"), " ".repeat(indent), edges.1)
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), flat(value));
            let members: Vec<String> = members.iter().map(member).collect();
            if members.is_empty() { "{}".into() } else { format!("{{ {} }}", members.join(", ")) }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn new_members_stand_before_the_facts_and_nothing_else_changes() {
        let spec = "{\n  \"model_type\": \"new\",\n  \"class\": \"NewModel\",\n\n  \"facts\": {\n    \"config\": {}\n  }\n}\n";
        let long = "x".repeat(70);
        let members = json!({ "extends": "old", "description": "A variation of Old.",
            "config": { "width": { "default": 16 }, "text": { "default": long } } });
        assert_eq!(
            insert(spec, members.as_object().unwrap()).unwrap(),
            format!(
                "{{\n  \"model_type\": \"new\",\n  \"extends\": \"old\",\n  \"class\": \"NewModel\",\n  \
                 \"description\": \"A variation of Old.\",\n  \"config\": {{\n    \"width\": {{ \"default\": 16 }},\n    \
                 \"text\": {{ \"default\": \"{long}\" }}\n  }},\n\n  \"facts\": {{\n    \"config\": {{}}\n  }}\n}}\n"
            )
        );
    }
}
