//! A spec of the author's crate: what the macro needs to know of it.
//!
//! The author's build script compiles the spec and reports all that is wrong with it; here only its model type, title
//! and tasks are read, with those of the specs that it extends.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::index::{Entry, Head, Index};
use crate::suggest::did_you_mean;

/// A model type of the author's crate.
#[derive(Debug)]
pub struct Spec {
    /// The model type.
    pub model_type: String,
    /// Its title and tasks, of which nothing was measured here.
    pub entry: Entry,
    /// The files that say so, relative to the crate's folder: the spec, and those of the crate that it extends.
    pub files: Vec<String>,
    /// Whether the crate has recorded outputs of it.
    pub has_fixture: bool,
}

/// Reads the spec `file` of the crate in `crate_dir`.
///
/// # Errors
/// If a file cannot be read or lacks what is needed; names the file and the place.
pub fn read(file: &str, crate_dir: &Path, index: &Index) -> Result<Spec, String> {
    let mut chain = vec![Layer::read(file, crate_dir)?];
    let mut entry = Entry::default();
    while let Some(layer) = chain.last() {
        let Some(parent) = layer.optional("extends")? else { break };
        // By its own name a spec means the built-in one that it replaces.
        let own = layer.sibling(&parent).filter(|_| parent != layer.model_type);
        if let Some(own) = own.filter(|own| crate_dir.join(own).is_file()) {
            if chain.iter().any(|known| known.file == own) {
                return Err(format!("{file}: /extends: the specs extend each other in a circle"));
            }
            chain.push(Layer::read(&own, crate_dir)?);
        } else if let Some(built_in) = index.find(&parent) {
            entry = built_in.clone();
            break;
        } else {
            let hint = did_you_mean(&parent, index.architectures());
            return Err(format!(
                "{}: /extends: there is no architecture of `{parent}`, neither beside this spec nor built in{hint}",
                layer.file
            ));
        }
    }
    for head in entry.tasks.values_mut() {
        head.measured.clear();
    }
    for layer in chain.iter().rev() {
        layer.apply_to(&mut entry)?;
    }
    let model_type = chain[0].model_type.clone();
    let fixture = crate_dir.join("tests/fixtures").join(&model_type).join("default/fixture.json");
    let files = chain.into_iter().map(|layer| layer.file).collect();
    Ok(Spec { has_fixture: fixture.is_file(), model_type, entry, files })
}

/// One file of a chain of `extends`.
struct Layer {
    file: String,
    model_type: String,
    members: Map<String, Value>,
}

impl Layer {
    fn read(file: &str, crate_dir: &Path) -> Result<Self, String> {
        let path = crate_dir.join(file);
        let text = fs::read_to_string(&path).map_err(|error| {
            format!("{}: {error}; the path is relative to the folder of the crate", path.display())
        })?;
        let value = serde_json::from_str(&text).map_err(|error| format!("{file}: broken JSON: {error}"))?;
        let Value::Object(members) = value else {
            return Err(format!("{file}: expected a spec, which is an object"));
        };
        let mut layer = Self { file: file.to_owned(), model_type: String::new(), members };
        layer.model_type = layer.required("model_type")?;
        Ok(layer)
    }

    fn optional(&self, field: &str) -> Result<Option<String>, String> {
        match self.members.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("{}: /{field}: expected a string, found {other}", self.file)),
        }
    }

    fn required(&self, field: &str) -> Result<String, String> {
        self.optional(field)?.ok_or_else(|| format!("{}: the field {field:?} is missing", self.file))
    }

    /// The file of another spec of this one's folder.
    fn sibling(&self, model_type: &str) -> Option<String> {
        let folder: PathBuf = Path::new(&self.file).parent()?.join(format!("{model_type}.json"));
        Some(folder.to_str()?.to_owned())
    }

    /// Changes what this spec inherits: objects are merged, `null` removes.
    fn apply_to(&self, entry: &mut Entry) -> Result<(), String> {
        entry.title = self.required("title")?;
        entry.modality = self.optional("modality")?.unwrap_or_else(|| entry.modality.clone());
        let tasks = match self.members.get("tasks") {
            None => return Ok(()),
            Some(Value::Object(tasks)) => tasks,
            Some(other) => return Err(format!("{}: /tasks: expected an object, found {other}", self.file)),
        };
        for (name, task) in tasks {
            let class = entry.tasks.get(name).map(|head| head.class.clone());
            if task.is_null() {
                // Its aliases are the tasks of the same class.
                entry.tasks.retain(|_, head| Some(&head.class) != class.as_ref());
                continue;
            }
            let class = task["class"].as_str().map(str::to_owned).or(class).unwrap_or_default();
            let aliases = task["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for name in aliases.chain([name.as_str()]) {
                let head = Head { class: class.clone(), measured: Default::default() };
                entry.tasks.insert(name.to_owned(), head);
            }
        }
        Ok(())
    }
}

/// The module that the build script makes of a model type; `skillset-codegen` names it so.
pub fn module_name(model_type: &str) -> String {
    let name = model_type.replace(['-', '.'], "_");
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests;
