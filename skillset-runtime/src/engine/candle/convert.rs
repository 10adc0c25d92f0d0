//! Between host tensors, checkpoint bytes, literals and candle tensors.

use std::borrow::Cow;

use candle_core::{DType as CandleType, Device, Tensor as CandleTensor};
use half::slice::HalfFloatSliceExt;

use super::error::Fault;
use crate::ir::{DType, Literal, LiteralData};
use crate::tensor::{Tensor, TensorData};
use crate::weights::WeightView;

/// How candle stores a type of the graph; truth values are bytes of 0 and 1.
pub(super) fn dtype(dtype: DType) -> CandleType {
    match dtype {
        DType::F32 => CandleType::F32,
        DType::F16 => CandleType::F16,
        DType::BF16 => CandleType::BF16,
        DType::I64 => CandleType::I64,
        DType::Bool => CandleType::U8,
    }
}

/// A host tensor on `device`, of the graph's type.
pub(super) fn from_host(tensor: &Tensor, like: DType, device: &Device) -> candle_core::Result<CandleTensor> {
    let shape = tensor.shape();
    let moved = match tensor.data() {
        TensorData::F32(values) => CandleTensor::from_slice(values, shape, device)?,
        TensorData::I64(values) => CandleTensor::from_slice(values, shape, device)?,
        TensorData::Bool(values) => {
            let bytes = values.iter().map(|&value| u8::from(value)).collect();
            CandleTensor::from_vec(bytes, shape, device)?
        }
    };
    moved.to_dtype(dtype(like))
}

/// A value as a host tensor: floats widened, bytes as truth values.
pub(super) fn to_host(tensor: &CandleTensor) -> Result<Tensor, Fault> {
    let flat = tensor.flatten_all()?;
    let data: TensorData = match tensor.dtype() {
        CandleType::U8 => flat.to_vec1::<u8>()?.into_iter().map(|byte| byte != 0).collect::<Vec<_>>().into(),
        CandleType::I64 => flat.to_vec1::<i64>()?.into(),
        _ => flat.to_dtype(CandleType::F32)?.to_vec1::<f32>()?.into(),
    };
    Tensor::new(tensor.dims(), data).map_err(|error| Fault::Reason(error.to_string()))
}

/// A literal on `device` in a graph whose floats are `float`.
pub(super) fn literal(literal: &Literal, float: DType, device: &Device) -> candle_core::Result<CandleTensor> {
    let shape = literal.shape.as_slice();
    match &literal.data {
        LiteralData::F32(values) => CandleTensor::from_slice(values, shape, device)?.to_dtype(dtype(float)),
        LiteralData::I64(values) => CandleTensor::from_slice(values, shape, device),
        LiteralData::Bool(values) => {
            CandleTensor::from_vec(values.iter().map(|&value| u8::from(value)).collect(), shape, device)
        }
    }
}

/// The elements of a stored tensor in single precision, without a copy where they are that already.
pub(super) fn floats<'a>(view: &WeightView<'a>) -> Result<Cow<'a, [f32]>, Fault> {
    let elements: usize = view.shape.iter().product();
    let unusable = || {
        Fault::Reason(format!(
            "{} is {} × {} in {} bytes, which is no float tensor",
            view.name,
            view.dtype,
            elements,
            view.bytes.len()
        ))
    };
    if !view.dtype.is_float() || elements.checked_mul(view.dtype.size()) != Some(view.bytes.len()) {
        return Err(unusable());
    }
    Ok(match view.dtype {
        DType::F16 => {
            let halves: Vec<half::f16> = pairs(view.bytes).map(half::f16::from_le_bytes).collect();
            Cow::Owned(halves.to_f32_vec())
        }
        DType::BF16 => Cow::Owned(pairs(view.bytes).map(|b| half::bf16::from_le_bytes(b).to_f32()).collect()),
        _ => single(view.bytes),
    })
}

fn pairs(bytes: &[u8]) -> impl ExactSizeIterator<Item = [u8; 2]> + '_ {
    bytes.as_chunks::<2>().0.iter().copied()
}

/// Little-endian single-precision numbers, in place if the machine can read them there.
fn single(bytes: &[u8]) -> Cow<'_, [f32]> {
    if cfg!(target_endian = "little") {
        // SAFETY: every bit pattern is an f32.
        let (before, numbers, after) = unsafe { bytes.align_to::<f32>() };
        if before.is_empty() && after.is_empty() {
            return Cow::Borrowed(numbers);
        }
    }
    Cow::Owned(bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::floats;
    use crate::ir::DType;
    use crate::weights::WeightView;

    fn read(dtype: DType, bytes: &[u8]) -> Vec<f32> {
        let shape = [bytes.len() / dtype.size()];
        floats(&WeightView { name: "w", dtype, shape: &shape, bytes, file: None }).unwrap().into_owned()
    }

    #[test]
    fn every_stored_type_widens_exactly() {
        let values = [1.0f32, -0.5, 0.0];
        let single: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let half: Vec<u8> =
            values.iter().flat_map(|&value| half::f16::from_f32(value).to_le_bytes()).collect();
        let brain: Vec<u8> =
            values.iter().flat_map(|&value| half::bf16::from_f32(value).to_le_bytes()).collect();
        assert_eq!(read(DType::F32, &single), values);
        assert_eq!(read(DType::F16, &half), values);
        assert_eq!(read(DType::BF16, &brain), values);
    }

    #[test]
    fn numbers_may_start_anywhere_in_memory() {
        let mut bytes = vec![0];
        bytes.extend(2.5f32.to_le_bytes());
        assert_eq!(read(DType::F32, &bytes[1..]), [2.5]);
    }
}
