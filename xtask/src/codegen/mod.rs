//! `cargo xtask codegen`: the files that are generated and checked in.
//!
//! | file | from |
//! | --- | --- |
//! | `skillset-codegen/src/vocabulary/blocks.json` | the source of skillset-runtime |
//! | `model_specs/schema.json` | the spec types |
//! | `model_specs/README.md`, between the markers | the vocabulary |
//! | `skillset-macros/src/index.json` | the specs that have an architecture, and `model_specs/evidence.json` |
//! | `skillset-macros/src/listed.tsv` | the facts of all model types |

mod index;
mod reference;
mod vocabulary;

use std::error::Error;
use std::path::{Path, PathBuf};

use serde::Serialize;
use skillset_codegen::vocabulary::Vocabulary;
use skillset_codegen::{Builder, spec_schema, write_if_changed};

/// What `cargo xtask codegen` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Change nothing; fail if a file is stale.
    #[arg(long)]
    check: bool,
    /// Print the module of one model type instead.
    #[arg(long, value_name = "TYPE", conflicts_with = "check")]
    dump: Option<String>,
}

impl Arguments {
    /// All files: to be written, or only to be checked.
    pub fn all(check: bool) -> Self {
        Self { check, dump: None }
    }
}

/// Runs the command in the root of the repository.
pub fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the repository has no root")?;
    std::env::set_current_dir(root)?;
    if let Some(model_type) = &arguments.dump {
        return dump(model_type);
    }
    let vocabulary = vocabulary::extract(Path::new("skillset-runtime/src"))?;
    let mut generated = vec![
        ("skillset-codegen/src/vocabulary/blocks.json", json(&vocabulary)?),
        ("model_specs/schema.json", json(&spec_schema())?),
        ("model_specs/README.md", reference::update(Path::new("model_specs/README.md"), &vocabulary)?),
    ];
    // The specs can only be checked by a codegen that was built with this vocabulary.
    let is_current = json(Vocabulary::get())? == generated[0].1;
    if is_current {
        let output = Builder::new().compile()?;
        generated.push(("skillset-macros/src/index.json", json(&index::architectures(&output))?));
        generated.push(("skillset-macros/src/listed.tsv", index::listed(&output)));
    }
    settle(&generated, arguments.check)?;
    if !is_current && !arguments.check {
        return Err("the vocabulary has changed; run `cargo xtask codegen` once more".into());
    }
    Ok(())
}

/// Writes the files, or says which are stale.
fn settle(generated: &[(&str, String)], check: bool) -> Result<(), Box<dyn Error>> {
    let mut stale = vec![];
    for (path, text) in generated {
        let path = PathBuf::from(path);
        if !check {
            write_if_changed(&path, text)?;
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(text) {
            stale.push(path.display().to_string());
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("stale: {}; run `cargo xtask codegen`", stale.join(", ")).into())
}

fn dump(model_type: &str) -> Result<(), Box<dyn Error>> {
    let output = Builder::new().runtime("skillset_runtime").select([model_type.to_owned()]).compile()?;
    // Models inside of it come along.
    for module in output.modules.into_iter().filter(|module| module.model_type == model_type) {
        let doc: Vec<String> =
            module.doc.iter().map(|line| format!("//! {line}").trim_end().to_owned()).collect();
        #[expect(clippy::print_stdout, reason = "printing is what was asked for")]
        {
            println!("{}\n\n{}", doc.join("\n"), module.code);
        }
    }
    Ok(())
}

fn json(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}
