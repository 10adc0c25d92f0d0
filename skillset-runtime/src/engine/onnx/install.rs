//! Installation of ONNX Runtime for the user.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::library::{library_in, python};
use super::unavailable;
use crate::engine::EngineError;

/// The version that is installed unless another is asked for.
pub const DEFAULT_VERSION: &str = "1.32.0";

/// Installs the Python package `package` (`onnxruntime`, `onnxruntime-openvino`, …) of `version` below `root`
/// and returns the shared library. What is there already stays as it is.
///
/// The wheel is fetched by the `pip` of the Python in use, with its configuration; only its shared libraries are
/// kept. `progress` is told what is being done. `root` is [`install_root`](super::install_root) of the package for
/// [`Library::find`](super::Library::find) to find it.
///
/// # Errors
/// If there is no Python with pip, the package cannot be fetched, or it has no library that this machine loads.
pub fn install(
    root: &Path,
    package: &str,
    version: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, EngineError> {
    let target = root.join(version);
    if let Some(library) = library_in(&target) {
        progress(&format!("{} is there already", library.display()));
        return Ok(library);
    }
    let failed = |what: &Path, error: std::io::Error| unavailable(format!("{}: {error}", what.display()));
    std::fs::create_dir_all(root).map_err(|error| failed(root, error))?;
    // Within `root`, so that the finished folder can be moved into place in one step.
    let fetched = tempfile::tempdir_in(root).map_err(|error| failed(root, error))?;
    let (wheel, kept) = (fetched.path().join("wheel"), fetched.path().join("lib"));

    progress(&format!("fetching {package} {version}"));
    fetch(package, version, &wheel)?;
    keep_libraries(&wheel.join("onnxruntime").join("capi"), &kept).map_err(|error| failed(&wheel, error))?;
    let Some(library) = library_in(&kept) else {
        return Err(unavailable(format!("{package} {version} has no shared library for this machine")));
    };
    progress(&format!("loading {}", library.display()));
    check_loads(&library)?;
    // Another process may have been faster; then its copy is as good.
    if let Err(error) = std::fs::rename(&kept, &target)
        && library_in(&target).is_none()
    {
        return Err(failed(&target, error));
    }
    let library = library_in(&target)
        .ok_or_else(|| unavailable(format!("{} has no shared library", target.display())))?;
    progress(&format!("installed {}", library.display()));
    Ok(library)
}

/// Has pip unpack the wheel.
fn fetch(package: &str, version: &str, target: &Path) -> Result<(), EngineError> {
    let python = python();
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps", "--no-compile"]);
    pip.args(["--only-binary=:all:", "--target"]).arg(target).arg(format!("{package}=={version}"));
    let output = pip.output().map_err(|error| {
        unavailable(format!("{}: {error}; Python with pip is needed to fetch {package}", python.display()))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(unavailable(format!("pip could not fetch {package} {version}: {}", said.trim())))
}

/// Loads the library in another process, for this one can load just one, and may have.
fn check_loads(library: &Path) -> Result<(), EngineError> {
    let load = ["-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1]).OrtGetApiBase"];
    let output = Command::new(python()).args(load).arg(library).output();
    let output = output.map_err(|error| unavailable(format!("{}: {error}", python().display())))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.trim().lines().last().unwrap_or("it crashed");
    Err(unavailable(format!("the library that was fetched does not load: {reason}")))
}

/// Moves shared libraries from `from` to the new folder `to`; Python's extension modules stay behind.
fn keep_libraries(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        let is_library = name.contains(".so") || name.ends_with(".dylib") || name.ends_with(".dll");
        if is_library && !name.contains("pybind") && path.is_file() {
            std::fs::rename(&path, to.join(name))?;
        }
    }
    Ok(())
}
