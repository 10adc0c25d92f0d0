//! What a build script calls.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::compile::{Output, Selection, SpecFile, compile};
use crate::emit::Module;
use crate::error::Errors;

/// Compiles a folder of specs into Rust modules.
///
/// ```no_run
/// // build.rs
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     skillset_codegen::Builder::new().specs("model_specs").runtime("skillset::runtime").write()?;
///     Ok(())
/// }
/// ```
///
/// The crate then says `include!(concat!(env!("OUT_DIR"), "/models.rs"));`.
#[derive(Clone, Debug)]
pub struct Builder {
    specs: PathBuf,
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

impl Default for Builder {
    fn default() -> Self {
        Self {
            specs: "model_specs".into(),
            runtime: "skillset_runtime".to_owned(),
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

    /// The folder of specs: `<modality>/<model_type>.json`.
    #[must_use]
    pub fn specs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.specs = folder.into();
        self
    }

    /// The path under which emitted code finds skillset-runtime: `skillset::runtime` in a crate that uses `skillset`.
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
        Ok(compile(&read_specs(&self.specs)?, &self.selection, &self.runtime)?)
    }

    /// Writes one file a model type and `models.rs`, which includes them. Files that would not change are left
    /// alone, so that nothing is compiled again.
    ///
    /// # Errors
    /// If a file cannot be read or written, or specs are wrong.
    pub fn write(&self) -> Result<Output, BuildError> {
        let out = self.out.clone().or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from));
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
}

/// Every `<folder>/<modality>/<model_type>.json`, in order, and `<folder>/glossary.json` where there is one.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn read_specs(folder: &Path) -> Result<Vec<SpecFile>, BuildError> {
    let mut files = vec![];
    let glossary = folder.join("glossary.json");
    if glossary.is_file() {
        files.push(read_spec(&glossary)?);
    }
    for modality in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let is_spec = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        for path in entries(&modality)?.into_iter().filter(is_spec) {
            files.push(read_spec(&path)?);
        }
    }
    Ok(files)
}

fn read_spec(path: &Path) -> Result<SpecFile, BuildError> {
    let text = std::fs::read_to_string(path).map_err(|source| BuildError::io(path, source))?;
    Ok(SpecFile { path: path.display().to_string().replace('\\', "/"), text })
}

/// The entries of a folder, sorted: the order of the file system is not the same everywhere.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let error = |source| BuildError::io(folder, source);
    let entries = std::fs::read_dir(folder).map_err(error)?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    if let Ok(paths) = &mut paths {
        paths.sort();
    }
    paths.map_err(error)
}

/// Writes `text` unless the file says just that.
///
/// # Errors
/// If the file cannot be written.
pub fn write_if_changed(path: &Path, text: &str) -> Result<bool, BuildError> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    std::fs::write(path, text).map_err(|source| BuildError::io(path, source))?;
    Ok(true)
}

impl BuildError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

/// The module tree and the lists of all model types.
fn emit_index(output: &Output, runtime: &str) -> String {
    let mut text = String::new();
    for module in &output.modules {
        emit_include(&mut text, module, "");
    }
    text += "/// The whole config of every model type, as transformers knows it, and what else it says.\npub mod configs {\n";
    for module in &output.facts {
        emit_include(&mut text, module, "configs/");
    }
    text += "}\n";
    let all = |suffix: &str, names: &mut dyn Iterator<Item = &str>| {
        let paths: Vec<String> = names.map(|name| format!("&{name}::{suffix}")).collect();
        paths.join(", ")
    };
    let models = all("MODEL", &mut output.modules.iter().map(|module| module.name.as_str()));
    let listed = output.facts.iter().filter(|module| output.listed.contains(&module.model_type));
    let listed: Vec<String> = listed.map(|module| format!("configs::{}", module.name)).collect();
    let listed = all("METADATA", &mut listed.iter().map(String::as_str));
    let parts = output.facts.iter().filter(|module| !output.listed.contains(&module.model_type));
    let parts: Vec<String> = parts.map(|module| format!("configs::{}", module.name)).collect();
    let parts = all("METADATA", &mut parts.iter().map(String::as_str));
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "/// Every model type of this build that has an architecture, in order of their names.\n\
         pub static ALL: &[&{runtime}::model::ModelType] = &[{models}];\n\
         /// What transformers says of every model type of this build, in order of their names.\n\
         pub static METADATA: &[&{runtime}::model::Metadata] = &[{listed}];\n\
         /// What only nests in configs, in order of the names.\n\
         pub static PARTS: &[&{runtime}::model::Metadata] = &[{parts}];\n"
    );
    text
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
