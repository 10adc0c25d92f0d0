//! ONNX Runtime's shared library: where it is, and loading it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use ort::environment::Environment;

use super::{Provider, unavailable};
use crate::engine::EngineError;

/// A copy of ONNX Runtime, and how it came to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The shared library.
    pub path: PathBuf,
    /// What named it, for messages.
    pub origin: Origin,
}

/// How a library was found; in this order they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The caller named it.
    Option,
    /// The environment variable `ORT_DYLIB_PATH` names it.
    Variable,
    /// [`install`](super::install()) put it there.
    Installed,
    /// The package `onnxruntime` of the Python in use has it.
    Python,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Option => "named by the caller",
            Self::Variable => "named by ORT_DYLIB_PATH",
            Self::Installed => "installed by skillset",
            Self::Python => "from the Python package onnxruntime",
        })
    }
}

impl Library {
    /// Finds ONNX Runtime: at `path` if given, else by `ORT_DYLIB_PATH`, else the newest installed copy of a
    /// package that has `provider`, else in the Python environment.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] if a path that was named does not exist, or nothing is found.
    pub fn find(path: Option<&Path>, provider: Provider) -> Result<Self, EngineError> {
        let named = path.map(|path| (path.to_owned(), Origin::Option));
        let variable = || {
            let path = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
            path.map(|path| (path.into(), Origin::Variable))
        };
        let remedy = remedy(provider);
        if let Some((path, origin)) = named.or_else(variable) {
            // The loader would look for a bare name all over the system, and for some missing files never return.
            return match path.canonicalize() {
                Ok(path) if path.is_file() => Ok(Self { path, origin }),
                Ok(path) => Err(unavailable(format!("{}, {origin}, is no file; {remedy}", path.display()))),
                Err(error) => Err(unavailable(format!("{}, {origin}: {error}; {remedy}", path.display()))),
            };
        }
        let installed = provider.packages().iter().find_map(|package| newest_installed(package));
        let installed = installed.map(|path| Self { path, origin: Origin::Installed });
        let python = || Some(Self { path: in_python()?, origin: Origin::Python });
        installed.or_else(python).ok_or_else(|| {
            unavailable(format!("no library was found, neither installed nor in Python's packages; {remedy}"))
        })
    }
}

/// What makes ONNX Runtime available where it is not.
pub(super) fn remedy(provider: Provider) -> String {
    let package = provider.packages()[0];
    format!("run `skillset engine install {package}`, or name a library by ORT_DYLIB_PATH")
}

/// The environment of the loaded library; the first call loads it.
///
/// # Errors
/// If the library does not load or is too old, or the process has loaded another one already: ONNX Runtime
/// can be loaded once.
pub(super) fn environment(
    library: &Library,
    provider: Provider,
) -> Result<&'static Environment, EngineError> {
    static LOADED: OnceLock<(Library, Environment)> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());

    let _one_at_a_time = LOADING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if LOADED.get().is_none() {
        let environment = load(library, provider)?;
        // Nobody else sets it while the lock is held.
        let _ = LOADED.set((library.clone(), environment));
    }
    match LOADED.get() {
        Some((loaded, environment)) if loaded.path == library.path => Ok(environment),
        Some((loaded, _)) => Err(unavailable(format!(
            "this process runs {} ({}) already and cannot load {} ({}) beside it; use one of them",
            loaded.path.display(),
            loaded.origin,
            library.path.display(),
            library.origin
        ))),
        None => Err(unavailable(format!("{} was not loaded", library.path.display()))),
    }
}

fn load(library: &Library, provider: Provider) -> Result<Environment, EngineError> {
    let path = library.path.display();
    let builder = ort::init_from(&library.path).map_err(|error| match error {
        ort::LoadDynamicError::BadVersion { version_str, .. } => unavailable(format!(
            "found {version_str} at {path} ({}), need 1.{} or newer; {}",
            library.origin,
            ort::MINOR_VERSION,
            remedy(provider)
        )),
        error => unavailable(format!("{path} ({}): {error}; {}", library.origin, remedy(provider))),
    })?;
    let environment = builder.with_name("skillset").with_telemetry(false).build();
    let environment =
        environment.map_err(|error| unavailable(format!("{path}: {error}; {}", remedy(provider))))?;
    environment.set_log_level(ort::logging::LogLevel::Warning);
    Ok(environment)
}

/// The folder of installed copies of `package`, one folder a version; `None` if the user has no home.
pub fn install_root(package: &str) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("skillset").join(package))
}

fn newest_installed(package: &str) -> Option<PathBuf> {
    let versions =
        std::fs::read_dir(install_root(package)?).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let numbers = |folder: &PathBuf| -> Vec<u32> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.split('.').map(|number| number.parse().unwrap_or(0)).collect()
    };
    let libraries = versions.filter_map(|folder| Some((numbers(&folder), library_in(&folder)?)));
    libraries.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, library)| library)
}

/// The library of the package `onnxruntime` of the Python in use. The package is located, not imported.
fn in_python() -> Option<PathBuf> {
    const LOCATE: &str = "import importlib.util as u; s = u.find_spec('onnxruntime'); \
                          print(s.submodule_search_locations[0] if s else '')";
    let output = Command::new(python()).args(["-c", LOCATE]).output().ok()?;
    let package = String::from_utf8(output.stdout).ok()?;
    let package = package.trim();
    if package.is_empty() { None } else { library_in(&Path::new(package).join("capi")) }
}

/// The interpreter of the active virtual environment, else the one on the search path.
pub(super) fn python() -> PathBuf {
    let (folder, name) = if cfg!(windows) { ("Scripts", "python.exe") } else { ("bin", "python3") };
    let active = std::env::var_os("VIRTUAL_ENV").map(|root| Path::new(&root).join(folder).join(name));
    active.filter(|python| python.is_file()).unwrap_or_else(|| name.into())
}

/// ONNX Runtime's own library in a folder, not those of its providers.
pub(super) fn library_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut libraries: Vec<PathBuf> = entries.filter(|path| is_library(path)).collect();
    libraries.sort();
    libraries.pop()?.canonicalize().ok()
}

fn is_library(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.starts_with("libonnxruntime.so")
        || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
        || name == "onnxruntime.dll"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_that_is_missing_is_refused_with_the_remedy() {
        let error = Library::find(Some(Path::new("/nowhere/libonnxruntime.so")), Provider::Cpu);
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("onnxruntime is not available: /nowhere/libonnxruntime.so"), "{error}");
        assert!(error.contains("skillset engine install onnxruntime"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_library_is_refused_and_another_may_follow() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let library = Library::find(Some(file.path()), Provider::Cpu).unwrap();
        for _ in 0..2 {
            assert!(matches!(load(&library, Provider::Cpu), Err(EngineError::Unavailable { .. })));
        }
    }

    #[test]
    fn provider_libraries_are_not_taken_for_the_runtime() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libonnxruntime_providers_shared.so", "onnxruntime_pybind11_state.so"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(library_in(folder.path()), None);
        std::fs::write(folder.path().join("libonnxruntime.so.1.32.0"), "").unwrap();
        assert!(library_in(folder.path()).unwrap().ends_with("libonnxruntime.so.1.32.0"));
    }
}
