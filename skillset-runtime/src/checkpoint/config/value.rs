//! What Rust types a JSON value reads as.

use std::fmt;

use serde_json::Value;

/// Sizes above this are taken for damage: no dimension, count or length of a model comes near 2³¹. The product of
/// two sizes therefore always fits 64 bits.
const MAX_SIZE: u64 = (1 << 31) - 1;

/// A type that a [`Reader`](super::Reader) can read from a JSON value.
pub trait FromConfig: Default {
    /// What errors say was expected, with its article: "a boolean".
    const EXPECTED: &'static str;

    /// Converts the value, or says what is wrong with it.
    fn from_config(value: &Value) -> Result<Self, Mismatch>;
}

/// Why a value cannot be read: what was expected, what was found, and where below the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    expected: String,
    found: String,
    /// JSON pointer below the field, for list elements: `/2`.
    pub(super) at: String,
}

impl Mismatch {
    pub(super) fn new(expected: impl Into<String>, value: &Value) -> Self {
        Self { expected: expected.into(), found: show(value), at: String::new() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

/// A value as errors show it: JSON, cut where it is long.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// The integer that a value stands for; integral floats (`3.0`) count, as Python's tools write them.
fn integer(value: &Value) -> Option<i64> {
    let integral = |f: f64| (f.fract() == 0.0 && f.abs() <= MAX_SIZE as f64).then_some(f as i64);
    value.as_i64().or_else(|| value.as_f64().filter(|_| value.is_f64()).and_then(integral))
}

impl FromConfig for usize {
    const EXPECTED: &'static str = "a non-negative integer";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        let number = integer(value).and_then(|n| u64::try_from(n).ok());
        match number {
            Some(n) if n <= MAX_SIZE => {
                Self::try_from(n).map_err(|_| Mismatch::new("a size that fits this machine", value))
            }
            None if !value.is_u64() && !value.is_f64() => Err(Mismatch::new(Self::EXPECTED, value)),
            None if value.as_f64().is_some_and(|f| f < 0.0 || f.fract() != 0.0) => {
                Err(Mismatch::new(Self::EXPECTED, value))
            }
            _ => Err(Mismatch::new("a sane size (below 2^31)", value)),
        }
    }
}

impl FromConfig for i64 {
    const EXPECTED: &'static str = "an integer";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        integer(value).ok_or_else(|| Mismatch::new(Self::EXPECTED, value))
    }
}

impl FromConfig for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        // Not a number is none.
        let non_finite = || match value.get("__float__")?.as_str()? {
            "Infinity" => Some(Self::INFINITY),
            "-Infinity" => Some(Self::NEG_INFINITY),
            _ => None,
        };
        value.as_f64().or_else(non_finite).ok_or_else(|| Mismatch::new(Self::EXPECTED, value))
    }
}

impl FromConfig for bool {
    const EXPECTED: &'static str = "a boolean";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        value.as_bool().ok_or_else(|| Mismatch::new(Self::EXPECTED, value))
    }
}

impl FromConfig for String {
    const EXPECTED: &'static str = "a string";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        value.as_str().map(str::to_owned).ok_or_else(|| Mismatch::new(Self::EXPECTED, value))
    }
}

impl FromConfig for Value {
    const EXPECTED: &'static str = "a value";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }
}

/// `[height, width]`, or one number that is both.
impl FromConfig for [usize; 2] {
    const EXPECTED: &'static str = "a size or [height, width]";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        if !value.is_array() {
            return usize::from_config(value).map(|size| [size; 2]);
        }
        let sizes = Vec::from_config(value)?;
        Self::try_from(sizes).map_err(|_| Mismatch::new(Self::EXPECTED, value))
    }
}

impl<T: FromConfig> FromConfig for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn from_config(value: &Value) -> Result<Self, Mismatch> {
        let Value::Array(items) = value else {
            let article_free = T::EXPECTED.trim_start_matches("an ").trim_start_matches("a ");
            return Err(Mismatch::new(format!("a list of {article_free}s"), value));
        };
        let read = |(i, item)| {
            T::from_config(item).map_err(|mut wrong| {
                wrong.at = format!("/{i}{}", wrong.at);
                wrong
            })
        };
        items.iter().enumerate().map(read).collect()
    }
}
