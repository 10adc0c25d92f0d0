//! How like two model types are, by the names of their tensors.

use std::collections::BTreeSet;

use super::{Spec, fact, keys, word};

/// The share of the names of either type's tensors that both have, in any class, from 0 to 1.
pub(super) fn of(a: &Spec, b: &Spec) -> f64 {
    let (a, b) = (all(a), all(b));
    let names = a.union(&b).count();
    if names == 0 { 0.0 } else { a.intersection(&b).count() as f64 / names as f64 }
}

/// Class and tensor of every tensor; the class without the stem of the type.
fn all(spec: &Spec) -> BTreeSet<(String, String)> {
    let classes = keys(spec.get("facts").and_then(|facts| facts.get("tensors")));
    let of_class = |class: &String| {
        let kind = class.strip_prefix(stem(spec)).unwrap_or(class).to_owned();
        tensors(spec, class).into_iter().map(move |tensor| (kind.clone(), tensor))
    };
    classes.flat_map(of_class).collect()
}

/// What the names of a type's classes begin with: `Bert`.
pub(super) fn stem(spec: &Spec) -> &str {
    word(spec, "class").trim_end_matches("Model")
}

/// The names of a class's tensors, with `{i}` for the numbers of layers and `{base}` for where the base model is.
pub(super) fn tensors(spec: &Spec, class: &str) -> BTreeSet<String> {
    let base = format!("{}.", word(spec, "prefix"));
    let name = |name: &String| match pattern(name) {
        name if name.starts_with(&base) => format!("{{base}}.{}", &name[base.len()..]),
        name => name,
    };
    keys(fact(spec, "tensors", class)).filter(|name| *name != "{base}").map(name).collect()
}

/// `layers.{0..1}.mlp.weight` and `layers.3.mlp.weight` are `layers.{i}.mlp.weight`.
fn pattern(name: &str) -> String {
    // Ranges have dots of their own.
    let mut parts = vec![];
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once('{') {
        let (_, behind) = behind.split_once('}').unwrap_or(("", behind));
        parts.push(before.to_owned() + "{i}");
        rest = behind;
    }
    let joined = parts.concat() + rest;
    let index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    joined.split('.').map(|part| if index(part) { "{i}" } else { part }).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_of_layers_do_not_make_a_difference() {
        assert_eq!(pattern("layers.{0..1}.mlp.{0,2}.weight"), "layers.{i}.mlp.{i}.weight");
        assert_eq!(pattern("layers.3.mlp.weight"), "layers.{i}.mlp.weight");
    }

    #[test]
    fn likeness_is_the_share_of_common_names() {
        let spec = |tensors: serde_json::Value| {
            let spec = json!({ "class": "MModel", "facts": { "tensors": { "MForX": tensors } } });
            spec.as_object().unwrap().clone()
        };
        let (a, b) = (spec(json!({ "a": [1], "h.{0..1}.b": [2] })), spec(json!({ "h.{0..5}.b": [7] })));
        assert_eq!(of(&a, &b), 0.5);
        assert_eq!(of(&a, &spec(json!({}))), 0.0);
    }
}
