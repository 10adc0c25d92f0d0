//! What a draft leaves to its author.

use serde_json::Value;

use super::draft::arguments;
use super::likeness::{stem, tensors};
use super::{Spec, fact, keys, word};

/// Fields that only training, generation or tokenizing reads.
const NOT_OF_THE_GRAPH: [&str; 4] = ["dropout", "drop_rate", "initializer", "_token_id"];

/// Prints where the facts of `own` and `relative` differ, and what comes next.
pub(super) fn print(own: &Spec, relative: &Spec, path: &str) {
    let name = word(relative, "model_type");
    let (mut more, mut fewer, mut heads) = (vec![], vec![], vec![]);
    for class in keys(own.get("facts").and_then(|facts| facts.get("tensors"))) {
        match counterpart(own, relative, class) {
            Some(other) => {
                let (ours, theirs) = (tensors(own, class), tensors(relative, &other));
                more.extend(ours.difference(&theirs).map(|tensor| format!("{class}: {tensor}")));
                fewer.extend(theirs.difference(&ours).map(|tensor| format!("{other}: {tensor}")));
            }
            None => heads.push(class.clone()),
        }
    }
    list("tensors that NAME does not have", name, &more);
    list("tensors of NAME that are not there", name, &fewer);
    list("classes that NAME has no like of", name, &heads);
    let of_the_graph = |field: &&String| NOT_OF_THE_GRAPH.iter().all(|part| !field.contains(part));
    let new = keys(own.get("facts").and_then(|facts| facts.get("config")))
        .filter(|field| fact(relative, "config", field).is_none())
        .filter(of_the_graph)
        .map(|field| described(own, field));
    list("fields of the config that NAME does not have", name, &new.collect::<Vec<_>>());
    let known = arguments(relative);
    let arguments = arguments(own).into_iter().filter(|argument| !known.contains(argument));
    list("arguments of forward that NAME does not have", name, &arguments.collect::<Vec<_>>());
    let model_type = word(own, "model_type");
    println!(
        "\nNext: describe the differences in {path} (model_specs/README.md is the reference, `cargo build` checks), add two\n\
         configs in tools/oracle/configs/{model_type}.json, record them (`python -m oracle fixtures {model_type}` in tools/), then\n\
         `cargo xtask parity {model_type}`, with --trace where an output differs."
    );
}

/// The class of `relative` that stands to its base class as `class` does to that of `own`.
fn counterpart(own: &Spec, relative: &Spec, class: &str) -> Option<String> {
    let other = format!("{}{}", stem(relative), class.strip_prefix(stem(own))?);
    fact(relative, "tensors", &other).map(|_| other)
}

fn list(heading: &str, relative: &str, entries: &[impl AsRef<str>]) {
    if entries.is_empty() {
        return;
    }
    println!("{}:", heading.replace("NAME", relative));
    for entry in entries {
        println!("  {}", entry.as_ref());
    }
}

/// `sliding_window (usize?, 4096)`
fn described(spec: &Spec, field: &str) -> String {
    let known = fact(spec, "config", field);
    let kind = known.and_then(|known| known.get("type")).and_then(Value::as_str).unwrap_or("?");
    match known.and_then(|known| known.get("default")) {
        Some(default) => format!("{field} ({kind}, {default})"),
        None => format!("{field} ({kind})"),
    }
}
