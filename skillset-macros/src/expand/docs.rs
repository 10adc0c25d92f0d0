//! Documentation of generated items.

use crate::check::{Exported, Origin, Own, Skill};
use crate::index::Entry;

/// The engines of the support table.
const ENGINES: [&str; 2] = ["candle", "onnx"];

/// What is appended to the docs of the struct: what it does, and what was measured of its model type.
pub fn of_struct(skill: &Skill) -> String {
    let backends: Vec<String> = skill.backends.iter().map(|backend| format!("`{}`", backend.name)).collect();
    let (what, evidence) = match &skill.origin {
        Origin::BuiltIn { model_type, entry } => {
            (format!("{} (`{model_type}`)", entry.title), support(entry))
        }
        Origin::Own(own) => {
            let what = format!("{} (`{}`, by `{}`)", own.spec.entry.title, own.spec.model_type, own.file);
            (what, own_evidence(own))
        }
        Origin::Exported(Exported { file, of }) => {
            let evidence = "What the graph computes is whatever was exported.";
            let of = of.as_ref().map(|(model_type, listed)| format!(" of {} (`{model_type}`)", listed.title));
            let what = format!("the exported graph `{}`{}", file.value(), of.unwrap_or_default());
            (what, evidence.to_owned())
        }
    };
    let (task, backends) = (skill.task.name, backends.join(", "));
    format!("\n\nA skill: {what} for `{task}`, on {backends}.\n\n{evidence}")
}

fn own_evidence(own: &Own) -> String {
    let folder = format!("tests/fixtures/{}", own.spec.model_type);
    if own.spec.has_fixture {
        format!("Its tests hold it against outputs of transformers, recorded in `{folder}`.")
    } else {
        format!("It was never held against transformers: no outputs are recorded in `{folder}`.")
    }
}

/// A table of tasks and engines.
fn support(entry: &Entry) -> String {
    let title = &entry.title;
    if !entry.is_verified() {
        return format!("No output of {title} was ever held against transformers.");
    }
    let mut table = format!(
        "What was measured of {title} on the processor, in single precision: the relative error to transformers that every \
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
