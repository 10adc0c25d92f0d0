//! The tables of blocks and primitives in `model_specs/README.md`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use skillset_codegen::vocabulary::{Callable, Param, Vocabulary};

const BEGIN: &str = "<!-- begin: written by `cargo xtask codegen` -->\n";
const END: &str = "<!-- end -->\n";

/// The page with its tables written anew.
pub fn update(page: &Path, vocabulary: &Vocabulary) -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
    let missing = || format!("{}: the markers of the generated part are missing", page.display());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", tables(vocabulary)?))
}

fn tables(vocabulary: &Vocabulary) -> Result<String, std::fmt::Error> {
    let mut text = String::from("\n### Blocks\n");
    for (name, block) in &vocabulary.blocks {
        write!(text, "\n#### `{name}` → `{}`\n\n{}\n\n", block.returns, block.doc)?;
        parameters(&mut text, &block.params)?;
    }
    text.push_str("\n### Records of names\n");
    for (name, fields) in &vocabulary.records {
        write!(text, "\n#### `{name}`\n\n")?;
        parameters(&mut text, fields)?;
    }
    text.push_str("\n### Primitives\n\n| primitive | parameters | |\n| --- | --- | --- |\n");
    for (name, primitive) in &vocabulary.primitives {
        writeln!(text, "| `{name}` | {} | {} |", signature(primitive), cell(&primitive.doc))?;
    }
    text.push_str("\n### Enums\n\n| enum | variants |\n| --- | --- |\n");
    for (name, item) in &vocabulary.enums {
        writeln!(text, "| `{name}` | {} |", code_list(item.variants.iter()))?;
    }
    text.push('\n');
    Ok(text)
}

fn parameters(text: &mut String, params: &[Param]) -> std::fmt::Result {
    text.push_str("| parameter | type | default | |\n| --- | --- | --- | --- |\n");
    for Param { name, kind, default, doc } in params {
        let default = default.as_ref().map_or("must be given".to_owned(), |default| format!("`{default}`"));
        writeln!(text, "| `{name}` | `{kind}` | {default} | {} |", cell(doc))?;
    }
    Ok(())
}

/// `of: Value`, then the others.
fn signature(primitive: &Callable) -> String {
    let params = primitive.params.iter().enumerate().map(|(position, param)| {
        let name = if position == 0 { "of" } else { &param.name };
        format!("{name}: {}", param.kind)
    });
    code_list(params)
}

fn code_list(items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    items.map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}

/// Text inside of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}
