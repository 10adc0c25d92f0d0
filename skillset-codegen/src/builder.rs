//! What a build script calls.

use std::env;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::compile::{Output, Selection, compile};
use crate::emit::Module;
use crate::error::Errors;
use crate::files::{read_base_specs, read_specs, write_if_changed};
use crate::spec::{EarlierName, Table};

/// What cargo tells the build scripts of crates that depend on `skillset`: the folder of the built-in specs.
const BASE_SPECS: &str = "DEP_SKILLSET_SPECS";

/// Compiles a folder of specs into Rust modules.
///
/// ```no_run
/// // In the `main` of build.rs:
/// skillset_codegen::Builder::new().specs("model_specs").compile_or_exit();
/// ```
///
/// The crate then says `pub mod models { include!(concat!(env!("OUT_DIR"), "/models.rs")); }`.
///
/// A spec may extend another one of the folder, or a built-in one of the `skillset` that the crate depends on.
#[derive(Clone, Debug)]
pub struct Builder {
    specs: PathBuf,
    base_specs: Option<PathBuf>,
    runtime: String,
    selection: Selection,
    out: Option<PathBuf>,
}

/// Why code could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Specs are wrong.
    #[error("{0}")]
    Specs(#[from] Errors),
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No output folder was given, and cargo has not set one.
    #[error("OUT_DIR is not set; call `out_dir`, or run this from a build script")]
    NoOutDir,
}

impl BuildError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            specs: "model_specs".into(),
            base_specs: env::var_os(BASE_SPECS).map(PathBuf::from),
            runtime: "::skillset::runtime".to_owned(),
            selection: Selection::default(),
            out: None,
        }
    }
}

impl Builder {
    /// Compiles `model_specs/` into `OUT_DIR`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder of specs: `<model_type>.json`, or `<modality>/<model_type>.json`. Default: `model_specs`.
    #[must_use]
    pub fn specs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.specs = folder.into();
        self
    }

    /// The folder of specs that may be extended but are not compiled. Default: those built into the `skillset`
    /// that is among the crate's dependencies.
    #[must_use]
    pub fn base_specs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.base_specs = Some(folder.into());
        self
    }

    /// The path under which emitted code finds skillset-runtime. Default: `::skillset::runtime`; a crate that
    /// has renamed `skillset` to `sk` says `::sk::runtime`.
    #[must_use]
    pub fn runtime(mut self, path: impl Into<String>) -> Self {
        self.runtime = path.into();
        self
    }

    /// Emits only these model types; all if none is named.
    #[must_use]
    pub fn select(mut self, model_types: impl IntoIterator<Item = String>) -> Self {
        self.selection.model_types = model_types.into_iter().collect();
        self
    }

    /// Emits only model types of these folders of the specs; of all if this is not called.
    #[must_use]
    pub fn modalities(mut self, folders: impl IntoIterator<Item = String>) -> Self {
        self.selection.modalities = Some(folders.into_iter().collect());
        self
    }

    /// Where the modules go, instead of `OUT_DIR`.
    #[must_use]
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out = Some(folder.into());
        self
    }

    /// Compiles the specs without writing anything.
    ///
    /// # Errors
    /// If a file cannot be read, or specs are wrong.
    pub fn compile(&self) -> Result<Output, BuildError> {
        let files = read_specs(&self.specs)?;
        let base = self.base_specs.as_deref().map(|folder| read_base_specs(folder, &files)).transpose()?;
        Ok(compile(&files, base.as_deref(), &self.selection, &self.runtime)?)
    }

    /// Writes one file a model type and `models.rs`, which includes them. Files that would not change are left
    /// alone, so that nothing is compiled again.
    ///
    /// # Errors
    /// If a file cannot be read or written, or specs are wrong.
    pub fn write(&self) -> Result<Output, BuildError> {
        let out = self.out.clone().or_else(|| env::var_os("OUT_DIR").map(PathBuf::from));
        let out = out.ok_or(BuildError::NoOutDir)?;
        let output = self.compile()?;
        for module in &output.modules {
            write_if_changed(&out.join(format!("{}.rs", module.name)), &module.code)?;
        }
        let configs = out.join("configs");
        std::fs::create_dir_all(&configs).map_err(|source| BuildError::io(&configs, source))?;
        for module in &output.facts {
            write_if_changed(&configs.join(format!("{}.rs", module.name)), &module.code)?;
        }
        write_if_changed(&out.join("models.rs"), &emit_index(&output, &self.runtime))?;
        Ok(output)
    }

    /// [Writes](Self::write) the modules, as the last thing a build script does: cargo runs it again when a spec
    /// changes, and shows each mistake as an error of its own.
    #[expect(clippy::print_stdout, reason = "what a build script prints is how it talks to cargo")]
    pub fn compile_or_exit(&self) {
        for folder in [Some(&self.specs), self.base_specs.as_ref()].into_iter().flatten() {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
        if let Err(error) = self.write() {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            std::process::exit(1);
        }
    }
}

/// The module tree and the lists of all model types.
fn emit_index(output: &Output, runtime: &str) -> String {
    let mut text = String::new();
    for module in &output.modules {
        emit_include(&mut text, module, "");
    }
    let types = output.modules.iter().filter(|module| module.is_type);
    let models = types.map(|module| format!("&{}::MODEL", module.name));
    let models = models.collect::<Vec<_>>().join(", ");
    text += "/// Every model type of this build that has an architecture, in order of their names.\n";
    text += &format!("pub static ALL: &[&{runtime}::model::ModelType] = &[{models}];\n");
    if output.modules.iter().any(|module| module.code.contains("TYPES")) {
        text += "/// The model types that a nested config can choose from.\n";
        // Other crates' specs find the built-in ones beside the runtime.
        let built_in = runtime.strip_suffix("::runtime").map(|facade| format!(", {facade}::models::ALL"));
        let built_in = built_in.unwrap_or_default();
        text += &format!("pub static TYPES: {runtime}::model::Types = &[ALL{built_in}];\n");
    }
    if !output.facts.is_empty() {
        emit_facts_index(&mut text, output, runtime);
    }
    if let Some(names) = &output.earlier_names {
        emit_earlier_names(&mut text, names, runtime);
    }
    text
}

/// The list of names that are no model types.
fn emit_earlier_names(text: &mut String, names: &Table<EarlierName>, runtime: &str) {
    let names = names.iter().filter_map(|(name, known)| {
        let (name, model) = (&name.text, format!("{runtime}::model"));
        let means = match (&known.alias, &known.why, &known.note) {
            (Some(alias), Some(why), _) => {
                format!("Alias {{ model_type: {alias:?}, why: {why:?} }}")
            }
            (_, _, Some(note)) => format!("Note({note:?})"),
            // A name of a model type stands for that.
            _ => return None,
        };
        Some(format!("    {model}::EarlierName {{ name: {name:?}, means: {model}::Meaning::{means} }},\n"))
    });
    let names = names.collect::<String>();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "/// What names stand for that are no model types.\n\
         pub static EARLIER_NAMES: &[{runtime}::model::EarlierName] = &[\n{names}];"
    );
}

/// The modules of facts, and the lists of what they are about. Specs of other crates mostly have none.
fn emit_facts_index(text: &mut String, output: &Output, runtime: &str) {
    *text += "/// The whole config of every model type, as transformers knows it, and what else it says.\n";
    *text += "pub mod configs {\n";
    for module in &output.facts {
        emit_include(text, module, "configs/");
    }
    *text += "}\n";
    let (types, parts): (Vec<&Module>, Vec<&Module>) = output.facts.iter().partition(|module| module.is_type);
    for (name, doc, modules) in [
        ("METADATA", "What transformers says of every model type of this build", types),
        ("PARTS", "What only nests in configs", parts),
    ] {
        let paths = modules.iter().map(|module| format!("&configs::{}::METADATA", module.name));
        let paths = paths.collect::<Vec<_>>().join(", ");
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "/// {doc}, in order of the names.\npub static {name}: &[&{runtime}::model::Metadata] = &[{paths}];"
        );
    }
}

/// A module that is its file in `OUT_DIR`.
fn emit_include(text: &mut String, module: &Module, folder: &str) {
    let name = &module.name;
    // Writing to a string cannot fail.
    for line in &module.doc {
        let _ = writeln!(text, "/// {line}");
    }
    let _ = writeln!(
        text,
        "pub mod {name} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{folder}{name}.rs\"));\n}}"
    );
}
