//! Tensors as ONNX Runtime's values.

use half::f16;
use ort::memory::{AllocationDevice, Allocator};

use ort::value::{DynTensor, DynValue, PrimitiveTensorElementType, Tensor as OrtTensor, TensorElementType};

use crate::tensor::{Tensor, TensorData};

/// A copy of `tensor`.
pub(super) fn to_ort(tensor: &Tensor) -> ort::Result<DynValue> {
    let shape = tensor.shape().to_vec();
    Ok(match tensor.data() {
        TensorData::F32(values) => OrtTensor::from_array((shape, values.clone()))?.into_dyn(),
        TensorData::I64(values) => OrtTensor::from_array((shape, values.clone()))?.into_dyn(),
        TensorData::Bool(values) => OrtTensor::from_array((shape, values.clone()))?.into_dyn(),
    })
}

/// A copy of `tensor` with elements of the type that a graph takes, where that is a narrower one.
pub(super) fn to_ort_as(tensor: &Tensor, element: TensorElementType) -> ort::Result<DynValue> {
    let shape = tensor.shape().to_vec();
    Ok(match (tensor.data(), element) {
        (TensorData::F32(values), TensorElementType::Float16) => {
            let values: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
            OrtTensor::from_array((shape, values))?.into_dyn()
        }
        (TensorData::I64(values), TensorElementType::Int32) => {
            // Ids, positions and masks are far from 32 bits.
            let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
            OrtTensor::from_array((shape, values))?.into_dyn()
        }
        _ => to_ort(tensor)?,
    })
}

/// A float tensor without elements.
pub(super) fn empty(element: TensorElementType, shape: Vec<usize>) -> ort::Result<DynValue> {
    Ok(match element {
        TensorElementType::Float16 => OrtTensor::<f16>::new(&Allocator::default(), shape)?.into_dyn(),
        _ => OrtTensor::<f32>::new(&Allocator::default(), shape)?.into_dyn(),
    })
}

/// A copy of a value in host memory; f16 is widened.
pub(super) fn from_ort(value: &DynValue) -> ort::Result<Tensor> {
    let shape: Vec<usize> = value.shape().iter().map(|&size| size.max(0) as usize).collect();
    let data: TensorData = match value.data_type() {
        TensorElementType::Float32 => value.try_extract_tensor::<f32>()?.1.to_vec().into(),
        TensorElementType::Float16 => {
            let values = value.try_extract_tensor::<f16>()?.1;
            values.iter().map(|value| value.to_f32()).collect::<Vec<f32>>().into()
        }
        TensorElementType::Int64 => value.try_extract_tensor::<i64>()?.1.to_vec().into(),
        TensorElementType::Bool => value.try_extract_tensor::<bool>()?.1.to_vec().into(),
        other => return Err(ort::Error::new(format!("an output has elements of type {other}"))),
    };
    Tensor::new(shape, data).map_err(|error| ort::Error::new(error.to_string()))
}

/// A float state of which row `i` is row `rows[i]` of `state`. Of a state `[rows, heads, capacity, width]`
/// that is in place, only the first `filled` positions are copied.
pub(super) fn take_rows(state: &DynValue, rows: &[usize], filled: Option<usize>) -> ort::Result<DynValue> {
    match state.data_type() {
        TensorElementType::Float16 => take_rows_of::<f16>(state, 0, rows, filled),
        _ => take_rows_of::<f32>(state, 0, rows, filled),
    }
}

/// A value whose entry `i` along `axis` is entry `rows[i]` of `value`.
pub(super) fn take_along(value: &DynValue, axis: usize, rows: &[usize]) -> ort::Result<DynValue> {
    match value.data_type() {
        TensorElementType::Int64 => take_rows_of::<i64>(value, axis, rows, None),
        TensorElementType::Bool => take_rows_of::<bool>(value, axis, rows, None),
        _ => take_rows_of::<f32>(value, axis, rows, None),
    }
}

fn take_rows_of<T: PrimitiveTensorElementType + Copy + std::fmt::Debug + 'static>(
    state: &DynValue,
    axis: usize,
    rows: &[usize],
    filled: Option<usize>,
) -> ort::Result<DynValue> {
    let tensor = state.view().downcast::<ort::value::DynTensorValueType>()?;
    let host: DynTensor = tensor.to(AllocationDevice::CPU, 0)?;
    let (shape, values) = host.try_extract_tensor::<T>()?;
    let mut shape: Vec<usize> = shape.iter().map(|&size| size.max(0) as usize).collect();
    let held = std::mem::replace(&mut shape[axis], rows.len());
    let [outer, row] = [&shape[..axis], &shape[axis + 1..]].map(|sizes| sizes.iter().product::<usize>());
    // What is copied at once: a whole row, or what is filled of each of its heads.
    let (step, copied) = match filled {
        Some(filled) => (shape[2] * shape[3], filled * shape[3]),
        None => (row, row),
    };
    let mut taken = OrtTensor::<T>::new(&Allocator::default(), shape)?;
    let (_, memory) = taken.extract_tensor_mut();
    for outer in 0..outer {
        for (to, from) in rows.iter().enumerate() {
            let (to, from) = ((outer * rows.len() + to) * row, (outer * held + from) * row);
            for start in (0..row).step_by(step.max(1)) {
                let source = &values[from + start..][..copied];
                memory[to + start..][..copied].copy_from_slice(source);
            }
        }
    }
    Ok(taken.into_dyn())
}
