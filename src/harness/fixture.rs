//! Where the fixture of a model type is.

use std::path::Path;

use skillset_runtime::harness::fixture::Fixture;

use super::message;

/// The folder of this crate, which its fixtures are published with.
const OWN_DIR: &str = env!("CARGO_MANIFEST_DIR");

/// The fixture of a model type: that of the author's crate, or that of this one.
pub(super) fn find(model_type: &str, crate_dir: &Path) -> Result<Fixture, String> {
    find_in(model_type, &[crate_dir, Path::new(OWN_DIR)])
}

/// The fixture of a model type in the first crate that has it.
pub(super) fn find_in(model_type: &str, crates: &[&Path]) -> Result<Fixture, String> {
    let folders = || crates.iter().map(|dir| dir.join("tests/fixtures").join(model_type).join("default"));
    match folders().find(|folder| folder.is_dir()) {
        Some(folder) => Fixture::open(folder).map_err(message),
        None => {
            let tried: Vec<String> = folders().map(|folder| folder.display().to_string()).collect();
            Err(format!(
                "there is no fixture of model type {model_type:?}; tried {}; record one with tools/oracle of \
                 skillset's repository and put it in the first folder, or set `tests = false`",
                tried.join(" and ")
            ))
        }
    }
}
