//! `cargo xtask new`: the beginning of an architecture.

mod draft;
mod likeness;
mod report;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::iter;
use std::path::Path;

use clap::Args;
use serde_json::{Map, Value};
use skillset_codegen::{SpecFile, merge, read_specs};

use crate::Error;
use crate::command::root;

/// Below this share of tensor names in common, a type is no variation of the other.
const LEAST_LIKENESS: f64 = 0.4;

/// Start the architecture of a model type from its facts and from the verified type that is most like it.
///
/// Writes the differences of the config and of the tasks into the type's spec, as a spec that extends the other one, and
/// lists what they do not cover: tensors, fields, arguments.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The model type, such as mistral
    #[arg(value_name = "TYPE")]
    model_type: String,
    /// The model type to start from, instead of the one whose tensors have the most names in common
    #[arg(long, value_name = "OTHER")]
    like: Option<String>,
    /// Print the spec instead of writing it
    #[arg(long)]
    dry_run: bool,
}

/// The spec of a model type as JSON.
type Spec = Map<String, Value>;

impl New {
    pub(crate) fn run(self) -> Result<(), Error> {
        std::env::set_current_dir(root())?;
        let files = read_specs(Path::new("model_specs"))?;
        let file = files.iter().find(|file| file.stem() == self.model_type && !is_part(file));
        let file = file.ok_or_else(|| {
            format!(
                "model_specs/ has no model type {:?}; tools/harvest writes the facts of a new one",
                self.model_type
            )
        })?;
        let spec: Spec = serde_json::from_str(&file.text)?;
        if spec.contains_key("architecture") || spec.contains_key("extends") {
            return Err(format!("{}: the model type has an architecture already", file.path).into());
        }
        let relative = self.relative(&spec, &files)?;
        let text = text::insert(&file.text, &draft::draft(&spec, &relative))?;
        if self.dry_run {
            print!("{text}");
        } else {
            fs::write(&file.path, text)?;
        }
        report::print(&spec, &relative, &file.path);
        Ok(())
    }

    /// The spec to start from, with all that it inherits.
    fn relative(&self, spec: &Spec, files: &[SpecFile]) -> Result<Spec, Error> {
        let described = merge(files)?.into_iter().filter_map(|(name, node)| match node.to_json() {
            Value::Object(spec) => Some((name, spec)),
            _ => None,
        });
        let described: Vec<(String, Spec)> = described.collect();
        let names = described.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ");
        if let Some(like) = &self.like {
            let found = described.into_iter().find(|(name, _)| name == like);
            let unknown = || format!("{like:?} has no architecture to start from; there are {names}").into();
            return found.map(|(_, spec)| spec).ok_or_else(unknown);
        }
        let parents: BTreeMap<String, String> =
            described.iter().map(|(name, spec)| (name.clone(), word(spec, "extends").to_owned())).collect();
        let depth = |name: &String| iter::successors(parents.get(name), |name| parents.get(*name)).count();
        let ranked = described
            .into_iter()
            .map(|(name, other)| (likeness::of(spec, &other), depth(&name), name, other));
        // Among equals, the one that the others are variations of.
        let nearest = ranked.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let (share, _, name, nearest) = nearest.ok_or("no model type has an architecture yet")?;
        if share < LEAST_LIKENESS {
            return Err(format!(
                "nothing that has an architecture is like {}: {name} shares {:.0} % of the tensor names; `--like {name}` starts from it \
                 anyway, and model_specs/README.md says how to write one from nothing",
                self.model_type,
                100.0 * share
            )
            .into());
        }
        println!("{name} shares {:.0} % of the names of tensors", 100.0 * share);
        Ok(nearest)
    }
}

/// Whether a file is about a config that only nests in others.
fn is_part(file: &SpecFile) -> bool {
    Path::new(&file.path).parent().is_some_and(|folder| folder.ends_with("parts"))
}

/// `facts.<member>.<key>`, if there is such a fact.
fn fact<'a>(spec: &'a Spec, member: &str, key: &str) -> Option<&'a Value> {
    spec.get("facts")?.get(member)?.get(key)
}

/// The text of a member; empty if there is none.
fn word<'a>(spec: &'a Spec, member: &str) -> &'a str {
    spec.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The names of the members of an object.
fn keys(object: Option<&Value>) -> impl Iterator<Item = &String> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::keys)
}
