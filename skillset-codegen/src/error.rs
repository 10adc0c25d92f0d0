//! Everything that is wrong with specs, collected.

use std::fmt;
use std::rc::Rc;

/// A place in a spec file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file as errors show it: `model_specs/text/bert.json`.
    pub file: Rc<str>,
    /// The JSON pointer: `/architecture/3/do`; empty for the whole file.
    pub pointer: String,
}

impl Location {
    /// The place of the whole of `file`.
    pub fn root(file: &str) -> Self {
        Self { file: file.into(), pointer: String::new() }
    }

    /// The place of a member of this object or array.
    #[must_use]
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        Self { file: self.file.clone(), pointer: format!("{}/{key}", self.pointer) }
    }
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Error {
    /// Where.
    pub at: Location,
    /// What, with a remedy or suggestion.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, pointer } = &self.at;
        match pointer.as_str() {
            "" => write!(f, "{file}: {}", self.message),
            pointer => write!(f, "{file}: {pointer}: {}", self.message),
        }
    }
}

/// All errors of all specs: one line each, sorted by file and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// Records an error.
    pub fn push(&mut self, at: &Location, message: impl fmt::Display) {
        self.0.push(Error { at: at.clone(), message: message.to_string() });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many things are wrong so far.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `value` if nothing is wrong, else every error, sorted, each once (a parent's fault shows in each child).
    ///
    /// # Errors
    /// If anything was recorded.
    pub fn into_result<T>(mut self, value: T) -> Result<T, Self> {
        self.0.sort();
        self.0.dedup();
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The errors.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if position > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// The entry of `known` that `wrong` is most like, if it is like any.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &'a str| (strsim::normalized_damerau_levenshtein(wrong, name), name);
    let likely = known.into_iter().map(likeness).filter(|(likeness, _)| *likeness >= 0.6);
    likely.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// `; did you mean "…"?` for a near miss, else the choices.
pub(crate) fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!("; did you mean {name:?}?"),
        None if known.is_empty() => String::new(),
        None => {
            known.sort_unstable();
            format!("; expected one of {}", known.join(", "))
        }
    }
}
