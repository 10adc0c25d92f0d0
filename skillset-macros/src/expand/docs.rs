//! Documentation of generated items.

use crate::check::Skill;
use crate::index::Entry;

/// The engines of the support table.
const ENGINES: [&str; 2] = ["candle", "onnx"];

/// What is appended to the docs of the struct: what it does, and what was measured of its model type.
pub fn of_struct(skill: &Skill) -> String {
    let backends: Vec<String> = skill.backends.iter().map(|backend| format!("`{}`", backend.name)).collect();
    format!(
        "\n\nA skill: {} (`{}`) for `{}`, on {}.\n\n{}",
        skill.entry.title,
        skill.model_type,
        skill.task.name,
        backends.join(", "),
        support(&skill.entry)
    )
}

/// A table of tasks and engines.
fn support(entry: &Entry) -> String {
    let title = &entry.title;
    if !entry.is_verified() {
        return format!("No output of {title} was ever held against transformers.");
    }
    let mut table = format!(
        "What was measured of {title} against transformers, in single precision: the relative error that every \
         recorded output stays below.\n\n| task | {} |\n| --- |{}\n",
        ENGINES.join(" | "),
        " --- |".repeat(ENGINES.len())
    );
    for (task, head) in &entry.tasks {
        let cell = |engine: &&str| head.measured.get(*engine).map_or("not measured", String::as_str);
        let cells: Vec<&str> = ENGINES.iter().map(cell).collect();
        table.push_str(&format!("| {task} | {} |\n", cells.join(" | ")));
    }
    table
}

/// The docs of `load`.
pub fn of_load(checkpoint: &str) -> String {
    format!("Opens the default checkpoint, `{checkpoint}`.")
}
