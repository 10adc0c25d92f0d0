//! `cargo xtask tidy`: habits of this repository that no other tool checks.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::Error;
use crate::command::root;

/// Lines that a source file may have before it is more than one idea.
const MOST_LINES: usize = 600;

/// Check file lengths, module docs, leftovers, and links of the documents.
#[derive(Debug, Args)]
pub(crate) struct Tidy {}

impl Tidy {
    pub(crate) fn run(self) -> Result<(), Error> {
        let mut faults = vec![];
        for path in tracked_files()? {
            let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
            faults.extend(check_file(&path, &text).into_iter().map(|fault| format!("{path}: {fault}")));
        }
        if faults.is_empty() { Ok(()) } else { Err(format!("tidy:\n  {}", faults.join("\n  ")).into()) }
    }
}

/// What git tracks, and what it would track.
fn tracked_files() -> Result<Vec<String>, Error> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().map_err(|error| format!("git: {error}"))?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension {
        "rs" if path.contains("/golden/") || path.contains("tests/ui/") => vec![],
        "rs" | "py" => check_source(text, extension == "rs"),
        "md" => check_links(path, text),
        _ => vec![],
    }
}

fn check_source(text: &str, rust: bool) -> Vec<String> {
    let mut faults = vec![];
    let lines = text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{lines} lines; split it, the limit is {MOST_LINES}"));
    }
    let documented =
        if rust { text.starts_with("//!") } else { text.starts_with("\"\"\"") || text.is_empty() };
    if !documented {
        faults.push("it does not begin with a comment that says what it is for".to_owned());
    }
    // Spelled in two halves so that this file does not find itself.
    for leftover in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        if let Some(line) = text.lines().position(|line| line.contains(leftover)) {
            faults.push(format!("line {}: {leftover} is left over", line + 1));
        }
    }
    faults
}

/// Relative links of a document lead to files.
fn check_links(path: &str, text: &str) -> Vec<String> {
    let folder = root().join(path);
    let folder = folder.parent().unwrap_or(Path::new("."));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let broken = |target: &&str| {
        !target.is_empty()
            && !target.contains("://")
            && !target.contains(' ')
            && !folder.join(target).exists()
    };
    targets.filter(broken).map(|target| format!("the link to {target} leads nowhere")).collect()
}
