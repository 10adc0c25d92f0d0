//! Models on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use prost::Message;

use super::parameters::External;
use super::{OnnxModel, WriteError};
use crate::new_file::NewFile;

/// Where a saved model keeps its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Storage {
    /// In the checkpoint's own files, which are hard-linked beside the model unless they lie there already.
    ///
    /// ONNX Runtime refuses data outside of the model's folder, symbolic links included. Where the file
    /// system cannot link, the files are copied as they are.
    #[default]
    Link,
    /// In one file beside the model, `<model file>_data`, so that both can be moved.
    Copy,
}

/// Tensors start at multiples of this, so that they can be mapped into memory.
const ALIGNMENT: u64 = 4096;

/// Where an initializer's elements are: a file name relative to the model, and an offset.
pub(in crate::engine::onnx) type Place = (String, u64);

impl OnnxModel<'_> {
    /// The model file's bytes, with initializers placed by `place`.
    pub(in crate::engine::onnx) fn encode(
        &self,
        mut place: impl FnMut(&External<'_>) -> Result<Place, WriteError>,
    ) -> Result<Vec<u8>, WriteError> {
        let mut proto = self.proto.clone();
        if let Some(graph) = &mut proto.graph {
            for external in &self.externals {
                let (location, offset) = place(external)?;
                graph.initializer.push(external.tensor(&location, offset));
            }
        }
        Ok(proto.encode_to_vec())
    }

    /// Writes the model to `path` (`…/model.onnx`); its folder must exist.
    ///
    /// # Errors
    /// If a file cannot be written, linked or copied.
    pub fn save(&self, path: &Path, storage: Storage) -> Result<(), WriteError> {
        let mut data = DataFile::new(path);
        let mut links = Links { folder: path.parent().unwrap_or(Path::new("")), linked: BTreeMap::new() };
        let bytes = self.encode(|external| match (storage, external.view.file) {
            (Storage::Link, Some((file, offset))) => Ok((links.link(file)?, offset)),
            _ => data.append(external.view.bytes),
        })?;
        data.finish()?;
        let write = || {
            let mut file = NewFile::create(path)?;
            file.write_all(&bytes)?;
            file.finish()
        };
        write().map_err(at(path))
    }
}

/// The file of tensors that a model carries itself; made when the first one comes.
struct DataFile {
    path: PathBuf,
    file: Option<NewFile>,
    length: u64,
}

impl DataFile {
    fn new(model: &Path) -> Self {
        let mut path = model.as_os_str().to_owned();
        path.push("_data");
        Self { path: path.into(), file: None, length: 0 }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<Place, WriteError> {
        let offset = self.length.next_multiple_of(ALIGNMENT);
        let mut write = || {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(NewFile::create(&self.path)?),
            };
            file.write_all(&vec![0; (offset - self.length) as usize])?;
            file.write_all(bytes)
        };
        write().map_err(at(&self.path))?;
        self.length = offset + bytes.len() as u64;
        Ok((file_name(&self.path), offset))
    }

    fn finish(self) -> Result<(), WriteError> {
        self.file.map_or(Ok(()), NewFile::finish).map_err(at(&self.path))
    }
}

/// Checkpoint files made visible beside a model.
struct Links<'a> {
    folder: &'a Path,
    /// Checkpoint file → its name beside the model.
    linked: BTreeMap<PathBuf, String>,
}

impl Links<'_> {
    fn link(&mut self, file: &Path) -> Result<String, WriteError> {
        if let Some(name) = self.linked.get(file) {
            return Ok(name.clone());
        }
        let name = file_name(file);
        let link = self.folder.join(&name);
        let target = file.canonicalize().map_err(at(file))?;
        if self.linked.values().any(|other| *other == name) {
            let problem = format!("{} and another file of the checkpoint have one name", target.display());
            return Err(at(&link)(io::Error::new(io::ErrorKind::AlreadyExists, problem)));
        }
        place(&target, &link).map_err(at(&link))?;
        self.linked.insert(file.to_owned(), name.clone());
        Ok(name)
    }
}

/// Makes `target` visible as `link`, which is not a symbolic link then.
fn place(target: &Path, link: &Path) -> io::Result<()> {
    if let Ok(present) = fs::symlink_metadata(link) {
        if !present.is_symlink() && (same_file::is_same_file(target, link)? || have_same_bytes(target, link)?)
        {
            return Ok(());
        }
        if !present.is_symlink() || link.canonicalize().ok().as_deref() != Some(target) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!(
                    "the model needs {} here, but this is another file; remove it or choose another folder",
                    target.display()
                ),
            ));
        }
        fs::remove_file(link)?;
    }
    fs::hard_link(target, link).or_else(|_| fs::copy(target, link).map(drop))
}

/// Whether one file is a copy of the other, as an earlier export leaves it where links cannot be made.
fn have_same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (a, b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (BufReader::new(a), BufReader::new(b));
    loop {
        let (left, right) = (a.fill_buf()?, b.fill_buf()?);
        let common = left.len().min(right.len());
        if common == 0 || left[..common] != right[..common] {
            return Ok(left.is_empty() && right.is_empty());
        }
        a.consume(common);
        b.consume(common);
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::File { path, source }
}
