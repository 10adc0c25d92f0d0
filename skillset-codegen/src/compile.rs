//! The stages in a row: parse, merge, decode, check, lower, emit.

use std::collections::BTreeMap;

use crate::decode::Decode;
use crate::emit::{self, Module, emit_model};
use crate::error::{Errors, Location, suggest};
use crate::index::SpecIndex;
use crate::listings::{emit_listings, is_listing};
use crate::lower::{Model, lower_model};
use crate::merge::Family;
use crate::source::Node;
use crate::spec::{EarlierName, Evidence, Spec, Table};

/// The name, as a model type, of the file of lines about fields.
const GLOSSARY: &str = "glossary";
/// The name, as a model type, of the file of what was measured.
const EVIDENCE: &str = "evidence";
/// The name, as a model type, of the file of names that are none.
const EARLIER_NAMES: &str = "earlier_names";

/// The text of one spec file.
#[derive(Clone, Debug)]
pub struct SpecFile {
    /// The path that errors show: `model_specs/text/bert.json`.
    pub path: String,
    /// The text.
    pub text: String,
}

impl SpecFile {
    /// The file's name without folder and extension, which is the model type.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit(['/', '\\']).next().unwrap_or_default();
        name.strip_suffix(".json").unwrap_or(name)
    }
}

/// What specs compile to.
#[derive(Clone, Debug)]
pub struct Output {
    /// A module for each model type, in order of their names.
    pub modules: Vec<Module>,
    /// The model types with an architecture, and their tasks.
    pub index: SpecIndex,
    /// A module for the facts of each model type and of each part of configs, in order of their names.
    pub facts: Vec<Module>,
    /// The model types among those, in order.
    pub listed: Vec<String>,
    /// What was measured.
    pub evidence: Option<Evidence>,
    /// What other names stand for.
    pub earlier_names: Option<Table<EarlierName>>,
}

/// Which model types are emitted.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// These; all if none is named.
    pub model_types: Vec<String>,
    /// Where none is named, only those of these folders.
    pub modalities: Option<Vec<String>>,
}

impl Selection {
    fn includes(&self, model_type: &str, modality: Option<&str>) -> bool {
        if !self.model_types.is_empty() {
            return self.model_types.iter().any(|name| name == model_type);
        }
        // A part of configs belongs to no modality: some file may choose it by its `model_type`.
        let Some((folders, modality)) = self.modalities.as_ref().zip(modality) else { return true };
        folders.iter().any(|folder| folder == modality)
    }
}

/// Compiles specs. `base` are specs that these may extend, where they are not all that there are; they are not
/// compiled themselves. The runtime crate is found under the path `runtime`. Every architecture is checked, selected
/// or not. A file called `glossary.json` has a line for the names of harvested fields, one called `evidence.json` what
/// was measured of tasks, one called `earlier_names.json` what other names stand for.
///
/// # Errors
/// Everything that is wrong with any of the specs.
pub fn compile(
    files: &[SpecFile],
    base: Option<&[SpecFile]>,
    selection: &Selection,
    runtime: &str,
) -> Result<Output, Errors> {
    let mut errors = Errors::default();
    let mut own = parse_all(files, &mut errors);
    let glossary = own.remove(GLOSSARY);
    let evidence = own.remove(EVIDENCE).and_then(|node| Evidence::decode(&node, &mut errors));
    for name in selection.model_types.iter().filter(|name| !own.contains_key(*name)) {
        let hint = suggest(name, own.keys().map(String::as_str));
        errors.push(&Location::root("model types"), format_args!("there is no model type {name:?}{hint}"));
    }
    let names = own.remove(EARLIER_NAMES).and_then(|node| Decode::decode(&node, &mut errors));
    let included = |model_type: &str, modality: Option<&str>| selection.includes(model_type, modality);
    let facts = emit_listings(&own, glossary.as_ref(), &included, runtime, &mut errors);
    own.retain(|name, node| is_architecture(name, node));
    let base = base.map(|base| {
        let mut base = parse_all(base, &mut errors);
        base.retain(|name, node| is_architecture(name, node));
        base
    });
    let models = check(&Family { own, base }, &mut errors);
    let index = SpecIndex::new(models.values());
    let wanted = |model: &&Model| {
        let folder = model.spec.modality.folder();
        selection.includes(&model.spec.model_type.text, Some(folder))
    };
    let modules =
        models.values().map(|model| (model, emit_model(model, evidence.as_ref(), runtime, &mut errors)));
    let modules: Vec<(&Model, Module)> = modules.collect();
    let modules = modules.into_iter().filter(|(model, _)| wanted(model)).map(|(_, module)| module).collect();
    let (facts, listed) = (facts.modules, facts.model_types);
    errors.into_result(Output { modules, index, facts, listed, evidence, earlier_names: names })
}

/// The specs that have an architecture, each with what it inherits, by model type.
///
/// # Errors
/// If a file is no JSON, or a chain of parents is broken.
pub fn merge(files: &[SpecFile]) -> Result<BTreeMap<String, Node>, Errors> {
    let mut errors = Errors::default();
    let mut own = parse_all(files, &mut errors);
    own.retain(|name, node| is_architecture(name, node));
    let merged = Family { own, base: None }.merge(&mut errors);
    errors.into_result(merged)
}

/// Every model type whose spec has nothing wrong up to here; what is wrong with the others is recorded.
fn check(family: &Family, errors: &mut Errors) -> BTreeMap<String, Model> {
    let mut models = BTreeMap::new();
    let mut module_names = BTreeMap::new();
    for (model_type, node) in family.merge(errors) {
        if let Some(other) = module_names.insert(emit::module_name(&model_type), model_type.clone()) {
            errors.push(&node.at, format_args!("its module would have the same name as that of {other:?}"));
        }
        // A later stage would only report what follows from the mistakes of an earlier one.
        let errors_before = errors.len();
        let Some(spec) = Spec::decode(&node, errors) else { continue };
        if errors.len() > errors_before {
            continue;
        }
        let model = lower_model(spec, errors);
        if errors.len() == errors_before {
            models.insert(model_type, model);
        }
    }
    models
}

/// Whether a file describes an architecture, and is none of facts or of what there is about all types.
fn is_architecture(name: &str, node: &Node) -> bool {
    ![GLOSSARY, EVIDENCE, EARLIER_NAMES].contains(&name) && !is_listing(node)
}

/// The specs as located JSON, by model type.
fn parse_all(files: &[SpecFile], errors: &mut Errors) -> BTreeMap<String, Node> {
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    for file in files {
        let node = match Node::parse(&file.text, &file.path) {
            Ok(node) => node,
            Err(message) => {
                errors.push(&Location::root(&file.path), message);
                continue;
            }
        };
        // Without a readable model type the file's name stands in; decoding reports the field.
        let model_type = node.get("model_type").and_then(Node::as_str).unwrap_or(file.stem()).to_owned();
        if model_type != file.stem() {
            let at = node.at.child("model_type");
            errors.push(
                &at,
                format_args!("the file of model type {model_type:?} must be called {model_type}.json"),
            );
        }
        if let Some(other) = nodes.get(&model_type) {
            let at = node.at.child("model_type");
            errors
                .push(&at, format_args!("model type {model_type:?} is defined in {} already", other.at.file));
            continue;
        }
        nodes.insert(model_type, node);
    }
    nodes
}
