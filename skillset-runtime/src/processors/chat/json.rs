//! JSON text as Python's `json.dumps` writes it.

use serde_json::Value;

/// The arguments of `json.dumps`.
pub(super) struct Style {
    /// Spaces per level; everything is on one line if `None`.
    pub indent: Option<usize>,
    /// Between items, and between a key and its value.
    pub separators: Option<[String; 2]>,
    /// Write everything beyond ASCII as `\uXXXX`.
    pub ensure_ascii: bool,
    /// Sort the keys of objects.
    pub sort_keys: bool,
}

impl Style {
    pub(super) fn write(&self, value: &Value) -> String {
        let mut out = String::new();
        self.value(&mut out, value, 0);
        out
    }

    fn value(&self, out: &mut String, value: &Value, level: usize) {
        match value {
            Value::Array(items) => {
                self.items(out, ['[', ']'], level, items.iter(), |out, item| {
                    self.value(out, item, level + 1)
                });
            }
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if self.sort_keys {
                    fields.sort_by_key(|(key, _)| *key);
                }
                self.items(out, ['{', '}'], level, fields.into_iter(), |out, (key, value)| {
                    self.string(out, key);
                    out.push_str(self.separators.as_ref().map_or(": ", |[_, colon]| colon));
                    self.value(out, value, level + 1);
                });
            }
            Value::String(text) => self.string(out, text),
            other => out.push_str(&other.to_string()),
        }
    }

    fn items<T>(
        &self,
        out: &mut String,
        [open, close]: [char; 2],
        level: usize,
        items: impl ExactSizeIterator<Item = T>,
        write: impl Fn(&mut String, T),
    ) {
        // With an indent, the line break replaces the space behind the comma.
        let default = if self.indent.is_some() { "," } else { ", " };
        let comma = self.separators.as_ref().map_or(default, |[comma, _]| comma);
        let line = |out: &mut String, level: usize| {
            if let Some(indent) = self.indent {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent * level));
            }
        };
        let empty = items.len() == 0;
        out.push(open);
        for (i, item) in items.enumerate() {
            out.push_str(if i == 0 { "" } else { comma });
            line(out, level + 1);
            write(out, item);
        }
        if !empty {
            line(out, level);
        }
        out.push(close);
    }

    fn string(&self, out: &mut String, text: &str) {
        let quoted = Value::String(text.to_owned()).to_string();
        if !self.ensure_ascii {
            out.push_str(&quoted);
            return;
        }
        for c in quoted.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let mut units = [0; 2];
                out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
}
