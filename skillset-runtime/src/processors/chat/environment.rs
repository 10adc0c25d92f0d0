//! The Jinja environment of chat templates.

use std::time::SystemTime;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::json::Style;
use super::strftime::strftime;

/// An environment with one template, set up as transformers' `_compile_jinja_template` does.
pub(super) fn environment(
    name: &str,
    source: &str,
    now: Option<SystemTime>,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // A template's name decides about escaping elsewhere; prompts are never HTML.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", to_json);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", move |format: &str| {
        strftime(format, now.unwrap_or_else(SystemTime::now))
    });
    environment.add_template_owned(name.to_owned(), without_generation_tags(source))?;
    Ok(environment)
}

fn raise_exception(message: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

/// `json.dumps` with transformers' arguments; Jinja's own filter escapes HTML.
fn to_json(value: &Value, indent: Option<usize>, kwargs: Kwargs) -> Result<Value, Error> {
    let separators: Option<Vec<String>> = kwargs.get("separators")?;
    let style = Style {
        indent: indent.or(kwargs.get("indent")?),
        separators: separators.and_then(|pair| <[String; 2]>::try_from(pair).ok()),
        ensure_ascii: kwargs.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false),
        sort_keys: kwargs.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
    };
    kwargs.assert_all_used()?;
    let value = serde_json::to_value(value)
        .map_err(|e| Error::new(ErrorKind::BadSerialization, format!("tojson: {e}")))?;
    Ok(Value::from(style.write(&value)))
}

/// `{% generation %}` blocks tell trainers which text is the assistant's; a prompt only needs what is inside.
/// They become blocks that are always taken, so that their whitespace control stays in force.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(length) = rest[start..].find("%}") else { break };
        let (before, tag) = (&rest[..start], &rest[start + 2..start + length]);
        out.push_str(before);
        let word = tag.trim_matches(['-', '+']).trim();
        let tag = match word {
            "generation" => tag.replace(word, "if true"),
            "endgeneration" => tag.replace(word, "endif"),
            _ => tag.to_owned(),
        };
        out.extend(["{%", &tag, "%}"]);
        rest = &rest[start + length + 2..];
    }
    out + rest
}
