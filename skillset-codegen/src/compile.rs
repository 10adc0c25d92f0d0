//! The stages in a row: parse, merge, decode, check, lower, emit.

use std::collections::{BTreeMap, BTreeSet};

use crate::decode::Decode;
use crate::emit::{self, Module, emit_model};
use crate::error::{Errors, Location, suggest};
use crate::index::{ListedEntry, SpecIndex};
use crate::listings::{Sources, emit_listings, is_listing};
use crate::lower::{Model, Surroundings, lower_model};
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
    /// The model types among those.
    pub listed: BTreeMap<String, ListedEntry>,
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
    let earlier_names = own.remove(EARLIER_NAMES).and_then(|node| Decode::decode(&node, &mut errors));
    for name in selection.model_types.iter().filter(|name| !own.contains_key(*name)) {
        let hint = suggest(name, own.keys().map(String::as_str));
        errors.push(&Location::root("model types"), format_args!("there is no model type {name:?}{hint}"));
    }
    let base = base.map(|base| {
        let mut base = parse_all(base, &mut errors);
        base.retain(|name, node| is_architecture(name, node));
        base
    });
    let around = Surroundings { nodes: &own, glossary: glossary.as_ref(), is_beside: false };
    let architectures = own.iter().filter(|(_, node)| !is_listing(node));
    let architectures = architectures.map(|(name, node)| (name.clone(), node.clone())).collect();
    let specs = decode(&Family { own: architectures, base }, &mut errors);
    let inside = submodels(&specs, selection);
    let wanted = |model_type: &str, modality: Option<&str>| {
        inside.contains(model_type) || selection.includes(model_type, modality)
    };
    let is_wanted = |spec: &Spec| match spec.is_part() {
        true => inside.contains(&spec.model_type.text),
        false => wanted(&spec.model_type.text, Some(spec.modality.folder())),
    };
    let models = check(specs, around, &is_wanted, &mut errors);
    let sources = Sources { around, models: &models, wanted: &wanted, is_emitted: &is_wanted };
    let facts = emit_listings(&sources, runtime, &mut errors);
    let index = SpecIndex::new(models.values().filter(|model| !model.spec.is_part()));
    let modules =
        models.values().map(|model| (model, emit_model(model, evidence.as_ref(), runtime, &mut errors)));
    let modules: Vec<(&Model, Module)> = modules.collect();
    let modules =
        modules.into_iter().filter(|(model, _)| is_wanted(&model.spec)).map(|(_, module)| module).collect();
    let (facts, listed) = (facts.modules, facts.model_types);
    errors.into_result(Output { modules, index, facts, listed, evidence, earlier_names })
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

/// Every spec that has nothing wrong up to here; what is wrong with the others is recorded.
fn decode(family: &Family, errors: &mut Errors) -> BTreeMap<String, Spec> {
    let mut specs = BTreeMap::new();
    let mut module_names = BTreeMap::new();
    for (model_type, node) in family.merge(errors) {
        if let Some(other) = module_names.insert(emit::module_name(&model_type), model_type.clone()) {
            errors.push(&node.at, format_args!("its module would have the same name as that of {other:?}"));
        }
        // A later stage would only report what follows from the mistakes of an earlier one.
        let errors_before = errors.len();
        let spec = Spec::decode(&node, errors).filter(|_| errors.len() == errors_before);
        specs.extend(spec.map(|spec| (model_type, spec)));
    }
    specs
}

/// The model types inside of the wanted ones: those that their specs name, and those that a config means which does
/// not say its type.
fn submodels(specs: &BTreeMap<String, Spec>, selection: &Selection) -> BTreeSet<String> {
    let is_wanted = |spec: &&Spec| selection.includes(&spec.model_type.text, Some(spec.modality.folder()));
    let mut waiting: Vec<&Spec> = specs.values().filter(is_wanted).collect();
    let mut found = BTreeSet::new();
    while let Some(spec) = waiting.pop() {
        let nested = spec.config.iter().filter_map(|(_, field)| field.nested_type());
        let new = nested
            .filter_map(|name| specs.get(name))
            .filter(|spec| found.insert(spec.model_type.text.clone()));
        waiting.extend(new);
    }
    found
}

/// Every model type whose spec has nothing wrong up to here; what is wrong with the others is recorded.
fn check(
    mut specs: BTreeMap<String, Spec>,
    around: Surroundings<'_>,
    is_wanted: &dyn Fn(&Spec) -> bool,
    errors: &mut Errors,
) -> BTreeMap<String, Model> {
    let mut models = BTreeMap::new();
    let mut broken = BTreeSet::new();
    // A model comes after those inside of it.
    while let Some(model_type) = next(&specs) {
        let Some(spec) = specs.remove(&model_type) else { break };
        let errors_before = errors.len();
        if spec.known_nested().any(|nested| broken.contains(nested)) {
            broken.insert(model_type);
            continue;
        }
        let around = Surroundings { is_beside: is_wanted(&spec), ..around };
        let model = lower_model(spec, &models, around, errors);
        if errors.len() == errors_before {
            models.insert(model_type, model);
        } else {
            broken.insert(model_type);
        }
    }
    for spec in specs.values() {
        errors.push(&spec.at, "its config nests its own type, however far in");
    }
    models
}

/// A model type that nests none of those that wait, if there is one; those that nest fewest come first.
fn next(waiting: &BTreeMap<String, Spec>) -> Option<String> {
    let is_ready = |spec: &&Spec| spec.known_nested().all(|nested| !waiting.contains_key(nested));
    let next = waiting.values().filter(is_ready).min_by_key(|spec| spec.known_nested().count());
    next.map(|spec| spec.model_type.text.clone())
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
