//! Named tensors in safetensors files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, serialize};

use super::{Tensor, TensorData};
use crate::engine::Tensors;
use crate::new_file::NewFile;

/// Why tensors cannot be read from or written to a file.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is no valid safetensors file.
    #[error("{}: not a valid safetensors file: {source}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: SafeTensorError,
    },
    /// An element type that is no input of a model.
    #[error(
        "{}: tensor {name:?}: expected floats (f64, f32, f16, bf16), integers or bool, found {found:?}",
        path.display()
    )]
    Type {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its type.
        found: Dtype,
    },
}

/// Reads every tensor of a file. Floats are widened or narrowed to `f32`, integers widened to `i64`.
///
/// # Errors
/// If the file is missing, malformed, or holds a type that is none of these.
pub fn read_tensors(path: &Path) -> Result<Tensors, TensorFileError> {
    let bytes = fs::read(path).map_err(|source| TensorFileError::Io { path: path.to_owned(), source })?;
    let format = |source| TensorFileError::Format { path: path.to_owned(), source };
    let file = SafeTensors::deserialize(&bytes).map_err(format)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.tensors() {
        let data = decode(&view).ok_or_else(|| TensorFileError::Type {
            path: path.to_owned(),
            name: name.clone(),
            found: view.dtype(),
        })?;
        // The library has checked that shape and data agree.
        let tensor = Tensor { shape: view.shape().to_vec(), data };
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

/// Writes tensors to a file, which appears complete or not at all.
///
/// # Errors
/// If the folder is missing or not writable.
pub fn write_tensors(path: &Path, tensors: &Tensors) -> Result<(), TensorFileError> {
    let encoded: Vec<_> =
        tensors.iter().map(|(name, tensor)| (name, tensor.shape(), encode(tensor))).collect();
    let format = |source| TensorFileError::Format { path: path.to_owned(), source };
    let io = |source| TensorFileError::Io { path: path.to_owned(), source };
    let views = encoded.iter().map(|(name, shape, (dtype, bytes))| {
        TensorView::new(*dtype, shape.to_vec(), bytes).map(|view| (name.as_str(), view))
    });
    let bytes = serialize(views.collect::<Result<Vec<_>, _>>().map_err(format)?, None).map_err(format)?;
    let write = || {
        let mut file = NewFile::create(path)?;
        file.write_all(&bytes)?;
        file.finish()
    };
    write().map_err(io)
}

fn decode(view: &TensorView<'_>) -> Option<TensorData> {
    fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
        bytes.as_chunks().0.iter().map(|&chunk| read(chunk)).collect()
    }
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F32 => each(bytes, f32::from_le_bytes).into(),
        Dtype::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32).into(),
        Dtype::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()).into(),
        Dtype::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()).into(),
        Dtype::I64 => each(bytes, i64::from_le_bytes).into(),
        Dtype::I32 => each(bytes, |b| i64::from(i32::from_le_bytes(b))).into(),
        Dtype::I16 => each(bytes, |b| i64::from(i16::from_le_bytes(b))).into(),
        Dtype::I8 => each(bytes, |b| i64::from(i8::from_le_bytes(b))).into(),
        Dtype::U8 => each(bytes, |[b]| i64::from(b)).into(),
        Dtype::BOOL => each(bytes, |[b]| b != 0).into(),
        _ => return None,
    })
}

fn encode(tensor: &Tensor) -> (Dtype, Vec<u8>) {
    match tensor.data() {
        TensorData::F32(values) => (Dtype::F32, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        TensorData::I64(values) => (Dtype::I64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        TensorData::Bool(values) => (Dtype::BOOL, values.iter().map(|&v| u8::from(v)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_survive_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.safetensors");
        let tensors = Tensors::from([
            ("floats".to_owned(), Tensor::new([2, 1], vec![1.5f32, -2.0]).unwrap()),
            ("ids".to_owned(), Tensor::new([3], vec![1i64, -2, 3]).unwrap()),
            ("mask".to_owned(), Tensor::new([2], vec![true, false]).unwrap()),
        ]);
        write_tensors(&path, &tensors).unwrap();
        assert_eq!(read_tensors(&path).unwrap(), tensors);
        // Readable for whom any new file is readable.
        let plain = dir.path().join("plain");
        fs::write(&plain, "").unwrap();
        let permissions = |path: &Path| fs::metadata(path).unwrap().permissions();
        assert_eq!(permissions(&path), permissions(&plain));
    }

    #[test]
    fn a_broken_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.safetensors");
        fs::write(&path, b"nonsense").unwrap();
        let error = read_tensors(&path).unwrap_err().to_string();
        assert!(error.contains("t.safetensors: not a valid safetensors file"), "{error}");
    }
}
