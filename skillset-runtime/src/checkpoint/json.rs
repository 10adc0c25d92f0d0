//! Reading JSON files as Python writes them.

use std::borrow::Cow;
use std::path::Path;

use serde_json::Value;

use super::CheckpointError;

/// Reads a JSON file. `remedy` completes the error for a missing file ("…: not found; `remedy`").
pub fn read_json(path: &Path, remedy: &str) -> Result<Value, CheckpointError> {
    read_json_if_present(path)?
        .ok_or_else(|| CheckpointError::Missing { path: path.to_owned(), remedy: remedy.to_owned() })
}

/// Reads a JSON file, or `None` where there is none.
pub fn read_json_if_present(path: &Path) -> Result<Option<Value>, CheckpointError> {
    // Reading a pipe or a device might never end.
    let is_special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
    if is_special {
        return Err(CheckpointError::io(path, std::io::Error::other("not a regular file")));
    }
    match std::fs::read(path) {
        Ok(bytes) => parse_json(&bytes, path).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(CheckpointError::io(path, e)),
    }
}

/// Parses the JSON text of the file at `path` (named in errors only).
///
/// Python's `json` module writes non-finite floats as the bare words `NaN`, `Infinity` and `-Infinity`, which
/// are not JSON. They arrive as `{"__float__": "Infinity"}`, the form that transformers itself writes since
/// version 5, and which [`Reader`](super::Reader) reads as a number.
pub fn parse_json(bytes: &[u8], path: &Path) -> Result<Value, CheckpointError> {
    let broken = |message: String| CheckpointError::Json { path: path.to_owned(), message };
    let text = std::str::from_utf8(bytes).map_err(|e| broken(format!("not UTF-8: {e}")))?;
    // A byte-order mark is legal nowhere in JSON, but editors on Windows leave one.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(&quote_non_finite(text)).map_err(|e| broken(e.to_string()))
}

fn quote_non_finite(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !WORDS[1..].iter().any(|word| text.contains(word)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let (mut in_string, mut escaped) = (false, false);
    while let Some(c) = rest.chars().next() {
        let word = WORDS.into_iter().find(|word| !in_string && rest.starts_with(word));
        if let Some(word) = word {
            out.push_str(&format!(r#"{{"__float__": "{word}"}}"#));
            rest = &rest[word.len()..];
            continue;
        }
        match c {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn python_floats_outside_strings_only() {
        let text = r#"{"a": [0.0, Infinity, -Infinity], "b": "say \"NaN\" Infinity", "c": NaN}"#;
        let value = parse_json(text.as_bytes(), Path::new("config.json")).unwrap();
        let float = |s: &str| json!({ "__float__": s });
        assert_eq!(
            value,
            json!({"a": [0.0, float("Infinity"), float("-Infinity")], "b": "say \"NaN\" Infinity", "c": float("NaN")})
        );
    }

    #[test]
    fn broken_json_names_file_and_place() {
        let error = parse_json(b"{\"a\": 1,\n]", Path::new("dir/config.json")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "dir/config.json: broken JSON: key must be a string at line 2 column 1"
        );
        let error = parse_json(&[0xff], Path::new("config.json")).unwrap_err();
        assert!(error.to_string().starts_with("config.json: broken JSON: not UTF-8"));
    }

    #[test]
    #[cfg(unix)]
    fn devices_are_refused() {
        let error = read_json(Path::new("/dev/null"), "").unwrap_err();
        assert_eq!(error.to_string(), "/dev/null: not a regular file");
    }

    #[test]
    fn missing_file_has_a_remedy() {
        let error = read_json(Path::new("no/such/config.json"), "is this a checkpoint?").unwrap_err();
        assert_eq!(error.to_string(), "no/such/config.json: not found; is this a checkpoint?");
    }
}
