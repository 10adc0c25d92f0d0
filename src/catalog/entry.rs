//! What the catalog says of one model type.

use std::collections::BTreeSet;

use serde::Serialize;

use super::drawing;
use super::usage::Usage;
use crate::models;
use crate::registry;
use crate::runtime::model::{EarlierName, FieldInfo, Meaning, Metadata, ModelType, Support};

/// One model type.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The `model_type` of a `config.json`.
    pub model_type: String,
    /// The name in prose.
    pub title: String,
    /// A sentence or two; empty where there is no architecture.
    pub description: String,
    /// The kind of its input.
    pub modality: String,
    /// The transformers class of the base model.
    pub class: String,
    /// The path of the base model inside of the classes with a head.
    pub prefix: Option<String>,
    /// Where the paper is.
    pub paper: Option<Paper>,
    /// Other names that it is known by.
    pub aliases: Vec<String>,
    /// How far it works.
    pub status: Status,
    /// The engines that were held against transformers for any of its tasks.
    pub engines: Vec<String>,
    /// What it can do: what was measured first.
    pub tasks: Vec<TaskEntry>,
    /// The fields of its config.
    pub fields: Vec<Field>,
    /// Kind and transformers class of what prepares inputs.
    pub processors: Vec<(String, String)>,
    /// How to run it.
    pub usage: Usage,
    /// Its architecture at the default config.
    pub drawing: Drawing,
}

/// How far a model type works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Held against transformers.
    Verified,
    /// There is an architecture, which nothing was held against.
    Unverified,
    /// Only facts are known.
    MetadataOnly,
}

/// A link to a paper.
#[derive(Clone, Debug, Serialize)]
pub struct Paper {
    /// What to show.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

/// One task of a model type.
#[derive(Clone, Debug, Serialize)]
pub struct TaskEntry {
    /// The name of the Hugging Face pipeline, or of the head.
    pub name: String,
    /// The transformers classes that do it.
    pub classes: Vec<Class>,
}

/// A transformers class, and what was measured of it.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Whether its architecture is here.
    pub is_built: bool,
    /// The engines on which it was held against transformers.
    pub engines: Vec<Engine>,
}

/// What was measured on one engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Engine {
    /// The engine.
    pub name: String,
    /// The precision of the computation.
    pub precision: String,
    /// Configs that were compared.
    pub configs: usize,
    /// Recorded calls and generations that were compared.
    pub runs: usize,
    /// A bound that the relative error of every output stays below.
    pub max_relative_error: String,
}

/// One field of a config.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Its key in `config.json`.
    pub name: String,
    /// Its type as specs spell it, such as `usize?`.
    pub kind: String,
    /// Its default.
    pub default: String,
    /// One line about it.
    pub doc: String,
    /// Other keys that the value may have.
    pub aliases: Vec<String>,
    /// Whether the graph depends on it.
    pub shapes_graph: bool,
}

/// An architecture as a picture.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drawing {
    /// SVG, to stand inside of a page.
    Svg {
        /// What is drawn.
        class: String,
        /// The element.
        svg: String,
    },
    /// Why there is none.
    None(String),
}

impl Status {
    /// Its name in links and attributes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::MetadataOnly => "metadata-only",
        }
    }
}

impl TaskEntry {
    /// Whether any of its classes was held against transformers.
    pub fn is_verified(&self) -> bool {
        self.classes.iter().any(|class| !class.engines.is_empty())
    }

    /// Whether the architecture of any of its classes is here.
    pub fn is_built(&self) -> bool {
        self.classes.iter().any(|class| class.is_built)
    }
}

impl Entry {
    pub(super) fn new(known: registry::Entry) -> Self {
        let (metadata, model) = (known.metadata(), known.architecture().ok());
        let tasks = tasks(known);
        let status = match model {
            Some(model) if model.is_verified() => Status::Verified,
            Some(_) => Status::Unverified,
            None => Status::MetadataOnly,
        };
        let classes = tasks.iter().flat_map(|task| &task.classes);
        let engines: BTreeSet<&String> =
            classes.flat_map(|class| class.engines.iter().map(|engine| &engine.name)).collect();
        Self {
            model_type: metadata.model_type.to_owned(),
            title: known.title().to_owned(),
            description: model.map(|model| model.description.to_owned()).unwrap_or_default(),
            modality: metadata.modality.map(|modality| modality.to_string()).unwrap_or_default(),
            class: metadata.class.unwrap_or_default().to_owned(),
            prefix: metadata.prefix.map(str::to_owned),
            paper: model.and_then(|model| model.paper).map(Paper::parse),
            aliases: aliases(metadata.model_type),
            status,
            engines: engines.into_iter().cloned().collect(),
            usage: Usage::new(metadata, &tasks),
            tasks,
            fields: fields(metadata, model),
            processors: metadata
                .processors
                .iter()
                .map(|(kind, class)| ((*kind).to_owned(), (*class).to_owned()))
                .collect(),
            drawing: drawing::draw(metadata, model),
        }
    }
}

impl Engine {
    fn new(support: &Support) -> Self {
        Self {
            name: support.engine.name().to_owned(),
            precision: support.precision.to_string(),
            configs: support.configs,
            runs: support.runs,
            max_relative_error: format!("{:e}", support.max_relative_error),
        }
    }
}

impl Paper {
    fn parse(paper: &str) -> Self {
        let url = match paper.strip_prefix("arXiv:") {
            Some(id) => format!("https://arxiv.org/abs/{id}"),
            None => paper.to_owned(),
        };
        Self { label: paper.to_owned(), url }
    }
}

/// The tasks of a type, each once with all of its classes.
fn tasks(known: registry::Entry) -> Vec<TaskEntry> {
    let mut tasks: Vec<TaskEntry> = vec![];
    for task in known.tasks() {
        let class = Class {
            name: task.class.to_owned(),
            is_built: task.has_head,
            engines: task.support.iter().map(Engine::new).collect(),
        };
        match tasks.iter_mut().find(|known| known.name == task.name) {
            Some(known) => known.classes.push(class),
            None => tasks.push(TaskEntry { name: task.name.to_owned(), classes: vec![class] }),
        }
    }
    tasks
}

/// The names that stand for a type without being its own.
fn aliases(wanted: &str) -> Vec<String> {
    let stands_for = |known: &&EarlierName| matches!(known.means, Meaning::Alias { model_type, .. } if model_type == wanted);
    models::EARLIER_NAMES.iter().filter(stands_for).map(|known| known.name.to_owned()).collect()
}

/// The fields of the config class; those that shape the graph as its architecture says.
fn fields(metadata: &Metadata, model: Option<&ModelType>) -> Vec<Field> {
    let shaping = model.map(|model| model.config).unwrap_or_default();
    let field = |field: &FieldInfo| {
        let shapes = shaping.iter().find(|known| known.name == field.name);
        let aliases = metadata.aliases.iter().filter(|(_, name)| *name == field.name);
        // Without anything to say, the line repeats the name.
        let doc = Some(shapes.unwrap_or(field).doc).filter(|doc| doc.trim_matches('`') != field.name);
        Field {
            name: field.name.to_owned(),
            kind: field.kind.to_owned(),
            default: field.default.to_owned(),
            doc: doc.unwrap_or_default().to_owned(),
            aliases: aliases.map(|&(alias, _)| alias.to_owned()).collect(),
            shapes_graph: shapes.is_some(),
        }
    };
    metadata.fields.iter().map(field).collect()
}
