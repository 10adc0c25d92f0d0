//! Parsing: tokens to arguments.
//!
//! Arguments are parsed one by one, so that a mistake in one hides none in the others. What each means for the
//! others is for `check`.

mod list;
mod value;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Lit, LitBool, LitInt, LitStr, Path};

use crate::errors::Errors;
use crate::suggest::{did_you_mean, list, nearest};

/// An argument that was given.
pub struct Given<T> {
    /// Its name, where it stands.
    pub name: Ident,
    /// Its value.
    pub value: T,
}

/// The arguments that say what the skill runs; a skill has one, or a `model` whose graph was exported to `onnx`.
pub const SOURCES: [&str; 3] = ["model", "spec", "onnx"];

/// One of the parameters of `generation(…)`.
pub type Parameter = Given<Lit>;

/// What was given. What is malformed has been reported and is `None`, as is what is missing.
#[derive(Default)]
pub struct Arguments {
    /// `model = "…"`: a model type of this project.
    pub model: Option<LitStr>,
    /// `spec = "…"`: a model type of the author's crate.
    pub spec: Option<LitStr>,
    /// `onnx = "…"`: a graph that others exported, a file of the checkpoint.
    pub onnx: Option<LitStr>,
    /// `models = crate::models`
    pub models: Option<Given<Path>>,
    /// `task = "…"`
    pub task: Option<Given<LitStr>>,
    /// `backends(…)`
    pub backends: Option<Given<Vec<Ident>>>,
    /// `labels = Enum`
    pub labels: Option<Given<Path>>,
    /// `checkpoint = "org/name"`
    pub checkpoint: Option<Given<LitStr>>,
    /// `revision = "main"`
    pub revision: Option<Given<LitStr>>,
    /// `precision = "f32"`
    pub precision: Option<Given<LitStr>>,
    /// `strict`
    pub strict: Option<Given<()>>,
    /// `max_length = 256`
    pub max_length: Option<Given<LitInt>>,
    /// `pooling = "mean"`
    pub pooling: Option<Given<LitStr>>,
    /// `normalize = true`
    pub normalize: Option<Given<LitBool>>,
    /// `generation(max_new_tokens = 64)`
    pub generation: Option<Given<Vec<Parameter>>>,
    /// `allow_unverified`
    pub allow_unverified: Option<Given<()>>,
    /// `tests = false`
    pub tests: Option<Given<LitBool>>,
    /// `cases = "path"`
    pub cases: Option<Given<LitStr>>,
    /// `crate = path`
    pub krate: Option<Given<Path>>,
    /// The names of all that was given, malformed or not.
    given: Vec<Ident>,
    /// What unknown arguments were probably meant to be.
    meant: Vec<&'static str>,
}

/// Every argument, with an example of its use.
const ARGUMENTS: [(&str, &str); 19] = [
    ("model", "model = \"bert\""),
    ("spec", "spec = \"model_specs/my_model.json\""),
    ("onnx", "onnx = \"onnx/model.onnx\""),
    ("task", "task = \"fill-mask\""),
    ("backends", "backends(cpu)"),
    ("labels", "labels = Sentiment"),
    ("checkpoint", "checkpoint = \"org/name\""),
    ("revision", "revision = \"main\""),
    ("precision", "precision = \"f32\""),
    ("strict", "strict"),
    ("max_length", "max_length = 256"),
    ("pooling", "pooling = \"mean\""),
    ("normalize", "normalize = true"),
    ("generation", "generation(max_new_tokens = 64)"),
    ("allow_unverified", "allow_unverified"),
    ("tests", "tests = false"),
    ("cases", "cases = \"tests/cases.json\""),
    ("models", "models = crate::models"),
    ("crate", "crate = path"),
];

/// How an argument is used.
pub fn example(name: &str) -> &'static str {
    ARGUMENTS.iter().find(|(known, _)| *known == name).map_or("", |(_, example)| example)
}

/// Parses the arguments, and records what is wrong with their form.
pub fn parse(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    list::each(tokens, errors, |input, errors| {
        let name = Ident::parse_any(input)?;
        if arguments.was_given(&name.to_string()) {
            errors.at(name.span(), format!("duplicate argument `{name}`; give it once"));
        }
        arguments.given.push(name.clone());
        arguments.parse_one(name, input, errors)
    });
    arguments
}

impl Arguments {
    /// Whether there is an argument of this name, malformed or not.
    pub fn was_given(&self, name: &str) -> bool {
        self.given.iter().any(|given| given == name)
    }

    /// The names of those sources that are given, malformed or not.
    pub fn sources(&self) -> impl Iterator<Item = &Ident> {
        self.given.iter().filter(|given| SOURCES.iter().any(|source| *given == source))
    }

    /// Whether an argument of this name is missing, and not just misspelt.
    pub fn is_missing(&self, name: &str) -> bool {
        !self.was_given(name) && !self.meant.contains(&name)
    }

    fn parse_one(&mut self, name: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        match name.to_string().as_str() {
            "model" => self.model = Some(value::string(name, input)?.value),
            "spec" => self.spec = Some(value::string(name, input)?.value),
            "onnx" => self.onnx = Some(value::string(name, input)?.value),
            "models" => self.models = Some(value::path(name, input)?),
            "task" => self.task = Some(value::string(name, input)?),
            "backends" => self.backends = value::names(name, input, errors)?,
            "labels" => self.labels = Some(value::path(name, input)?),
            "checkpoint" => self.checkpoint = Some(value::string(name, input)?),
            "revision" => self.revision = Some(value::string(name, input)?),
            "precision" => self.precision = Some(value::string(name, input)?),
            "strict" => self.strict = Some(value::flag(name, input)?),
            "max_length" => self.max_length = Some(value::integer(name, input)?),
            "pooling" => self.pooling = Some(value::string(name, input)?),
            "normalize" => self.normalize = Some(value::boolean(name, input)?),
            "generation" => self.generation = value::parameters(name, input, errors)?,
            "allow_unverified" => self.allow_unverified = Some(value::flag(name, input)?),
            "tests" => self.tests = Some(value::boolean(name, input)?),
            "cases" => self.cases = Some(value::string(name, input)?),
            "crate" => self.krate = Some(value::path(name, input)?),
            unknown => {
                let names = ARGUMENTS.map(|(known, _)| known);
                self.meant.extend(nearest(unknown, names));
                let (hint, known) = (did_you_mean(unknown, names), list(names));
                let message = format!("unknown argument `{unknown}`{hint}; the arguments are {known}");
                return Err(Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}
