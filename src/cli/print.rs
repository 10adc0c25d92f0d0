//! Output: tables for people, JSON for machines.

use std::io::{ErrorKind, Write};

use serde_json::Value;

use super::Error;

/// Prints an error with its causes.
pub(super) fn error(error: &dyn std::error::Error) {
    note(&format!("error: {error}"));
    let mut shown = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Transparent wrappers repeat their cause's text.
        let text = cause.to_string();
        if !shown.contains(&text) {
            note(&format!("  because: {text}"));
        }
        shown = text;
        source = cause.source();
    }
}

/// Says something beside the result, on standard error.
pub(super) fn note(text: &str) {
    // `eprintln!` panics where standard error is closed; then nobody listens.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints one JSON value on a line.
pub(super) fn json(value: &Value) -> Result<(), Error> {
    line(&value.to_string())
}

/// Prints a line; a reader that went away (`| head`) is no error.
pub(super) fn line(text: &str) -> Result<(), Error> {
    write(&format!("{text}\n"))
}

/// Prints text as it is and flushes it, for streams.
pub(super) fn write(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Prints rows under headings, columns as wide as they need to be.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> Result<(), Error> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let print = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    print(&headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>())?;
    rows.iter().try_for_each(|row| print(row))
}
