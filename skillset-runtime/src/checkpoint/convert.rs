//! Conversion of stored tensors to the types that engines compute in.

use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::Dtype;

use super::{CheckpointError, TensorView};

/// Elements per task of a parallel conversion; smaller tensors are converted on the calling thread.
const CHUNK: usize = 1 << 16;

/// The elements as `f32`, in row-major order. Wider types are rounded to nearest, booleans become 0 and 1.
/// Quantised floats (F8 and narrower) are an error: they mean nothing without their scales.
pub fn to_f32(view: &TensorView<'_>) -> Result<Vec<f32>, CheckpointError> {
    let mut out = vec![0.0; view.element_count()];
    copy_to_f32(view, &mut out)?;
    Ok(out)
}

/// Like [`to_f32`], into a buffer of the caller's. Its length must be the tensor's element count.
pub fn copy_to_f32(view: &TensorView<'_>, out: &mut [f32]) -> Result<(), CheckpointError> {
    assert_eq!(out.len(), view.element_count(), "the buffer must hold tensor `{}` exactly", view.name);
    let data = view.data;
    match view.dtype {
        Dtype::F32 => convert(data, out, f32::from_le_bytes),
        Dtype::F16 => convert(data, out, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => convert(data, out, |b| bf16::from_le_bytes(b).to_f32()),
        Dtype::F64 => convert(data, out, |b| f64::from_le_bytes(b) as f32),
        Dtype::I64 => convert(data, out, |b| i64::from_le_bytes(b) as f32),
        Dtype::U64 => convert(data, out, |b| u64::from_le_bytes(b) as f32),
        Dtype::I32 => convert(data, out, |b| i32::from_le_bytes(b) as f32),
        Dtype::U32 => convert(data, out, |b| u32::from_le_bytes(b) as f32),
        Dtype::I16 => convert(data, out, |b| f32::from(i16::from_le_bytes(b))),
        Dtype::U16 => convert(data, out, |b| f32::from(u16::from_le_bytes(b))),
        Dtype::I8 => convert(data, out, |b| f32::from(i8::from_le_bytes(b))),
        Dtype::U8 => convert(data, out, |[b]| f32::from(b)),
        Dtype::BOOL => convert(data, out, |[b]| f32::from(u8::from(b != 0))),
        _ => return Err(unconvertible(view, "f32")),
    }
    Ok(())
}

/// The elements of an integer or boolean tensor as `i64`, in row-major order. Floats are an error, and so is a
/// `U64` beyond `i64`.
pub fn to_i64(view: &TensorView<'_>) -> Result<Vec<i64>, CheckpointError> {
    let mut out = vec![0; view.element_count()];
    let data = view.data;
    match view.dtype {
        Dtype::I64 => convert(data, &mut out, i64::from_le_bytes),
        Dtype::I32 => convert(data, &mut out, |b| i64::from(i32::from_le_bytes(b))),
        Dtype::U32 => convert(data, &mut out, |b| i64::from(u32::from_le_bytes(b))),
        Dtype::I16 => convert(data, &mut out, |b| i64::from(i16::from_le_bytes(b))),
        Dtype::U16 => convert(data, &mut out, |b| i64::from(u16::from_le_bytes(b))),
        Dtype::I8 => convert(data, &mut out, |b| i64::from(i8::from_le_bytes(b))),
        Dtype::U8 => convert(data, &mut out, |[b]| i64::from(b)),
        Dtype::BOOL => convert(data, &mut out, |[b]| i64::from(b != 0)),
        Dtype::U64 if data.chunks_exact(8).all(|b| b[7] < 0x80) => {
            convert(data, &mut out, i64::from_le_bytes);
        }
        _ => return Err(unconvertible(view, "i64")),
    }
    Ok(out)
}

/// Fills `out` from elements of `N` bytes. Both slices hold the same number of elements, which the header
/// check has made sure of.
fn convert<T: Send, const N: usize>(data: &[u8], out: &mut [T], element: impl Fn([u8; N]) -> T + Sync) {
    let fill = |(out, data): (&mut [T], &[u8])| {
        let (elements, _) = data.as_chunks::<N>();
        for (out, &bytes) in out.iter_mut().zip(elements) {
            *out = element(bytes);
        }
    };
    if out.len() <= CHUNK {
        fill((out, data));
    } else {
        out.par_chunks_mut(CHUNK).zip(data.par_chunks(CHUNK * N)).for_each(fill);
    }
}

fn unconvertible(view: &TensorView<'_>, wanted: &'static str) -> CheckpointError {
    CheckpointError::Unconvertible {
        path: view.file.to_owned(),
        tensor: view.name.to_owned(),
        found: format!("{:?}", view.dtype),
        wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Weights;
    use crate::checkpoint::testing::{TestTensor, write_safetensors};

    fn weights(tensors: &[TestTensor]) -> Weights {
        let dir = tempfile::tempdir().unwrap();
        write_safetensors(&dir.path().join("model.safetensors"), tensors);
        Weights::open(dir.path()).unwrap()
    }

    #[test]
    fn every_plain_type() {
        let le = |bytes: &[&[u8]]| bytes.concat();
        let weights = weights(&[
            TestTensor::raw(
                "f16",
                "F16",
                &[2],
                le(&[&f16::ONE.to_le_bytes(), &f16::NEG_INFINITY.to_le_bytes()]),
            ),
            TestTensor::raw("bf16", "BF16", &[1], bf16::from_f32(-2.5).to_le_bytes().to_vec()),
            TestTensor::raw("f64", "F64", &[1], 0.1f64.to_le_bytes().to_vec()),
            TestTensor::raw("i64", "I64", &[1], (-3i64).to_le_bytes().to_vec()),
            TestTensor::raw("u64", "U64", &[1], u64::MAX.to_le_bytes().to_vec()),
            TestTensor::raw("bool", "BOOL", &[2], vec![0, 2]),
            TestTensor::raw("i8", "I8", &[1], vec![0xff]),
            TestTensor::raw("f8", "F8_E4M3", &[1], vec![1]),
        ]);
        let f32s = |name: &str| to_f32(&weights.get(name).unwrap()).unwrap();
        assert_eq!(f32s("f16"), [1.0, f32::NEG_INFINITY]);
        assert_eq!(f32s("bf16"), [-2.5]);
        assert_eq!(f32s("f64"), [0.1]);
        assert_eq!(f32s("i64"), [-3.0]);
        assert_eq!(f32s("bool"), [0.0, 1.0]);
        assert_eq!(f32s("i8"), [-1.0]);
        let i64s = |name: &str| to_i64(&weights.get(name).unwrap());
        assert_eq!(i64s("i8").unwrap(), [-1]);
        assert_eq!(i64s("bool").unwrap(), [0, 1]);
        assert!(i64s("u64").is_err() && i64s("f64").is_err());
        let error = to_f32(&weights.get("f8").unwrap()).unwrap_err().to_string();
        assert!(
            error.ends_with("tensor `f8` is stored as F8_E4M3, which cannot be converted to f32"),
            "{error}"
        );
    }

    #[test]
    fn large_tensors_keep_their_order() {
        let values: Vec<f32> = (0..3 * CHUNK + 5).map(|i| i as f32).collect();
        let weights = weights(&[TestTensor::f32("w", &[values.len()], &values)]);
        assert_eq!(to_f32(&weights.get("w").unwrap()).unwrap(), values);
    }
}
