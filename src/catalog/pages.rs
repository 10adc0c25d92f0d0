//! The pages, from templates that escape what they show.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, HtmlEscape, UndefinedBehavior, Value, context};

use super::Catalog;
use crate::registry::Summary;

/// Files of the site that are the same in every catalog.
const ASSETS: [(&str, &str); 2] =
    [("catalog.css", include_str!("assets/catalog.css")), ("catalog.js", include_str!("assets/catalog.js"))];

/// Templates by name; the ending `.html` turns escaping on.
const TEMPLATES: [(&str, &str); 5] = [
    ("base.html", include_str!("assets/base.html")),
    ("index.html", include_str!("assets/index.html")),
    ("parts.html", include_str!("assets/parts.html")),
    ("type.html", include_str!("assets/type.html")),
    ("usage.html", include_str!("assets/usage.html")),
];

/// The path of a model type's page.
pub(super) fn path(model_type: &str) -> String {
    format!("types/{model_type}.html")
}

pub(super) fn render(catalog: &Catalog) -> Result<BTreeMap<String, String>, Error> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    templates.add_filter("prose", prose);
    for (name, text) in TEMPLATES {
        templates.add_template(name, text)?;
    }
    let mut pages: BTreeMap<String, String> =
        ASSETS.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let version = env!("CARGO_PKG_VERSION");
    let transformers = &*catalog.transformers;
    let entries: Vec<Value> = catalog.entries.iter().map(|entry| Value::from(Serde(entry))).collect();

    let choices = Value::from(Serde(catalog.choices()));
    let Summary { total, verified, tasks, verified_tasks, .. } = catalog.summary;
    let all = entries.clone();
    let index = context! {
        root => "",
        version,
        transformers,
        total,
        verified,
        tasks,
        verified_tasks,
        choices,
        entries => all,
    };
    pages.insert("index.html".to_owned(), templates.get_template("index.html")?.render(index)?);

    let page = templates.get_template("type.html")?;
    for (position, entry) in entries.iter().enumerate() {
        let previous = position.checked_sub(1).and_then(|position| entries.get(position));
        let values = context! {
            root => Value::from_safe_string("../".to_owned()),
            version,
            transformers,
            entry,
            previous,
            next => entries.get(position + 1),
        };
        pages.insert(path(&catalog.entries[position].model_type), page.render(values)?);
    }
    Ok(pages)
}

/// A line of prose as HTML: what stands between backticks is code.
fn prose(text: &str) -> Value {
    let parts = text.split('`').enumerate().map(|(position, part)| {
        let escaped = HtmlEscape(part);
        if position % 2 == 1 { format!("<code>{escaped}</code>") } else { escaped.to_string() }
    });
    Value::from_safe_string(parts.collect())
}
