//! Memory-mapped tensors.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::Dtype;

use super::safetensors::{Entry, parse_header};
use super::{CheckpointError, shards};
use crate::ir::DType;

/// The tensors of a checkpoint's safetensors files, mapped into memory and checked, never copied.
#[derive(Debug)]
pub struct MappedTensors {
    files: Vec<MappedFile>,
    tensors: Vec<Tensor>,
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

#[derive(Debug)]
struct Tensor {
    entry: Entry,
    file: usize,
}

/// One stored tensor: its bytes as they are in the file (little-endian, row-major).
#[derive(Debug, Clone, Copy)]
pub struct TensorView<'a> {
    /// The name in the file.
    pub name: &'a str,
    /// The stored element type.
    pub dtype: Dtype,
    /// The shape; empty for a scalar.
    pub shape: &'a [usize],
    /// The mapped bytes. They may be unaligned.
    pub data: &'a [u8],
    /// The file that holds the tensor.
    pub file: &'a Path,
    /// Where in that file `data` begins, in bytes: ONNX external data can point there.
    pub file_offset: u64,
    map: &'a Mmap,
}

impl MappedTensors {
    /// Opens the weights of a checkpoint directory: `model.safetensors`, or the shards that
    /// `model.safetensors.index.json` lists. A directory with pickled weights alone is refused with the remedy.
    pub fn open(dir: &Path) -> Result<Self, CheckpointError> {
        Self::from_files(&shards::weight_files(dir)?)
    }

    /// Maps the given safetensors files. A name may occur once only.
    pub fn from_files(paths: &[PathBuf]) -> Result<Self, CheckpointError> {
        let mut weights = Self { files: Vec::new(), tensors: Vec::new(), by_name: HashMap::new() };
        for path in paths {
            weights.add_file(path)?;
        }
        Ok(weights)
    }

    fn add_file(&mut self, path: &Path) -> Result<(), CheckpointError> {
        let file = File::open(path).map_err(|e| CheckpointError::io(path, e))?;
        // SAFETY: a map is sound as long as nobody shrinks or rewrites the file meanwhile. That cannot be
        // enforced portably; checkpoints are write-once files, and every loader of this format relies on it.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| CheckpointError::io(path, e))?;
        let (entries, _) = parse_header(&map, path)?;
        let file = self.files.len();
        for entry in entries {
            if let Some(earlier) = self.by_name.insert(entry.name.clone(), self.tensors.len()) {
                let earlier = self.files.get(self.tensors[earlier].file).map_or(path, |f| &f.path);
                let message = format!("tensor `{}` is also in {}", entry.name, earlier.display());
                return Err(CheckpointError::weights(path, message));
            }
            self.tensors.push(Tensor { entry, file });
        }
        self.files.push(MappedFile { path: path.to_owned(), map });
        Ok(())
    }

    /// The one file that has all tensors; none where there are several.
    pub fn path(&self) -> Option<&Path> {
        match self.files.as_slice() {
            [only] => Some(&only.path),
            _ => None,
        }
    }

    /// The tensor with this exact name.
    pub fn get(&self, name: &str) -> Option<TensorView<'_>> {
        self.by_name.get(name).map(|&index| self.view(&self.tensors[index]))
    }

    /// All tensors, in the order of their files and of their data.
    pub fn iter(&self) -> impl Iterator<Item = TensorView<'_>> {
        self.tensors.iter().map(|tensor| self.view(tensor))
    }

    /// All names, in the same order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|tensor| tensor.entry.name.as_str())
    }

    /// The number of tensors.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there is no tensor at all.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// The size of all tensors in bytes.
    pub fn byte_size(&self) -> usize {
        self.tensors.iter().map(|tensor| tensor.entry.range.len()).sum()
    }

    fn view<'a>(&'a self, tensor: &'a Tensor) -> TensorView<'a> {
        let MappedFile { path, map } = &self.files[tensor.file];
        let Entry { name, dtype, shape, range } = &tensor.entry;
        let Range { start, end } = *range;
        TensorView {
            name,
            dtype: *dtype,
            shape,
            data: &map[start..end],
            file: path,
            file_offset: start as u64,
            map,
        }
    }
}

impl TensorView<'_> {
    /// The element type, if it is one that models are stored in: a plain float.
    pub fn float_type(&self) -> Option<DType> {
        match self.dtype {
            Dtype::F32 => Some(DType::F32),
            Dtype::F16 => Some(DType::F16),
            Dtype::BF16 => Some(DType::BF16),
            _ => None,
        }
    }

    /// Tells the system that the mapped pages of this tensor are not needed at the moment, for instance because a
    /// packed copy was made, so that they no longer count as this process's memory. Reading the tensor again
    /// is allowed and fetches it from the file. Best effort; does nothing where the system has no such call.
    pub fn advise_unused(&self) {
        if self.data.is_empty() {
            return;
        }
        #[cfg(unix)]
        {
            let advice = memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: MADV_DONTNEED loses data only in private or anonymous maps that were written to. This is
            // a read-only map of a file: a later read of a dropped page, including neighbours of the tensor
            // that share its first or last page, faults the same bytes in again.
            let advised = unsafe {
                self.map.unchecked_advise_range(advice, self.file_offset as usize, self.data.len())
            };
            if let Err(error) = advised {
                tracing::debug!(tensor = self.name, %error, "mapped pages were not dropped");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::testing::{TestTensor, write_safetensors};

    #[test]
    fn views_point_into_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        write_safetensors(
            &path,
            &[TestTensor::f32("a", &[2, 2], &[1., 2., 3., 4.]), TestTensor::f32("b", &[], &[5.])],
        );
        let weights = MappedTensors::open(dir.path()).unwrap();
        assert_eq!((weights.len(), weights.byte_size()), (2, 20));
        let (a, b) = (weights.get("a").unwrap(), weights.get("b").unwrap());
        assert_eq!((a.shape, b.shape, b.float_type()), (&[2, 2][..], &[][..], Some(DType::F32)));
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(&bytes[b.file_offset as usize..], 5f32.to_le_bytes());
        a.advise_unused();
        assert_eq!(a.data[..4], 1f32.to_le_bytes());
        assert!(weights.get("c").is_none());
    }

    #[test]
    fn a_name_in_two_files_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("1.safetensors"), dir.path().join("2.safetensors")];
        for path in &paths {
            write_safetensors(path, &[TestTensor::f32("w", &[1], &[0.])]);
        }
        let error = MappedTensors::from_files(&paths).unwrap_err().to_string();
        assert!(error.ends_with("1.safetensors") && error.contains("tensor `w` is also in "), "{error}");
    }

    #[test]
    fn an_empty_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        std::fs::write(&path, []).unwrap();
        let error = MappedTensors::open(dir.path()).unwrap_err().to_string();
        assert!(error.ends_with("expected a safetensors file of at least 8 bytes, found 0"), "{error}");
    }
}
