//! What a build script calls.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use crate::compile::{Output, SpecFile, compile};
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
    select: Vec<String>,
    modalities: Option<Vec<String>>,
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
            select: vec![],
            modalities: None,
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
        self.select = model_types.into_iter().collect();
        self
    }

    /// Emits only model types of these folders of the specs; of all if this is not called.
    #[must_use]
    pub fn modalities(mut self, folders: impl IntoIterator<Item = String>) -> Self {
        self.modalities = Some(folders.into_iter().collect());
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
        let mut output = compile(&files, &self.select, &self.runtime)?;
        if let (Some(folders), true) = (&self.modalities, self.select.is_empty()) {
            output.modules.retain(|module| {
                let entry = output.index.0.get(&module.model_type);
                entry.is_some_and(|entry| folders.contains(&entry.modality))
            });
        }
        Ok(output)
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
        write_if_changed(&out.join("models.rs"), &emit_index(&output.modules, &self.runtime))?;
        Ok(output)
    }
}

/// Every `<folder>/<modality>/<model_type>.json`, in order.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn read_specs(folder: &Path) -> Result<Vec<SpecFile>, BuildError> {
    let mut files = vec![];
    for modality in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let is_spec = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        for path in entries(&modality)?.into_iter().filter(is_spec) {
            let text = std::fs::read_to_string(&path).map_err(|source| BuildError::io(&path, source))?;
            files.push(SpecFile { path: path.display().to_string().replace('\\', "/"), text });
        }
    }
    Ok(files)
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

/// The module tree and the list of all model types.
fn emit_index(modules: &[Module], runtime: &str) -> String {
    let mut text = String::new();
    for Module { name, doc, .. } in modules {
        // Writing to a string cannot fail.
        for line in doc {
            let _ = writeln!(text, "/// {line}");
        }
        let _ = writeln!(
            text,
            "pub mod {name} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));\n}}"
        );
    }
    let all: Vec<String> = modules.iter().map(|module| format!("&{}::MODEL", module.name)).collect();
    let _ = writeln!(text, "/// Every model type of this build, in order of their names.");
    let _ = writeln!(text, "pub static ALL: &[&{runtime}::model::ModelType] = &[{}];", all.join(", "));
    text
}
