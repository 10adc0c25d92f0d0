//! Tensors as ONNX Runtime's values.

use ort::memory::{AllocationDevice, Allocator};
use ort::value::{DynTensor, DynValue, Tensor as OrtTensor, TensorElementType};

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

/// A copy of a value in host memory.
pub(super) fn from_ort(value: &DynValue) -> ort::Result<Tensor> {
    let shape: Vec<usize> = value.shape().iter().map(|&size| size.max(0) as usize).collect();
    let data: TensorData = match value.data_type() {
        TensorElementType::Float32 => value.try_extract_tensor::<f32>()?.1.to_vec().into(),
        TensorElementType::Int64 => value.try_extract_tensor::<i64>()?.1.to_vec().into(),
        TensorElementType::Bool => value.try_extract_tensor::<bool>()?.1.to_vec().into(),
        other => return Err(ort::Error::new(format!("an output has elements of type {other}"))),
    };
    Tensor::new(shape, data).map_err(|error| ort::Error::new(error.to_string()))
}

/// A float state of which row `i` is row `rows[i]` of `state`. Of a state `[rows, heads, capacity, width]`
/// that is in place, only the first `filled` positions are copied.
pub(super) fn take_rows(state: &DynValue, rows: &[usize], filled: Option<usize>) -> ort::Result<DynValue> {
    let tensor = state.view().downcast::<ort::value::DynTensorValueType>()?;
    let host: DynTensor = tensor.to(AllocationDevice::CPU, 0)?;
    let (shape, values) = host.try_extract_tensor::<f32>()?;
    let mut shape: Vec<usize> = shape.iter().map(|&size| size.max(0) as usize).collect();
    shape[0] = rows.len();
    let row: usize = shape[1..].iter().product();
    // What is copied at once: a whole row, or what is filled of each of its heads.
    let (step, copied) = match filled {
        Some(filled) => (shape[2] * shape[3], filled * shape[3]),
        None => (row, row),
    };
    let mut taken = OrtTensor::<f32>::new(&Allocator::default(), shape)?;
    let (_, memory) = taken.extract_tensor_mut();
    for (to, from) in rows.iter().enumerate() {
        for start in (0..row).step_by(step.max(1)) {
            let source = &values[from * row + start..][..copied];
            memory[to * row + start..][..copied].copy_from_slice(source);
        }
    }
    Ok(taken.into_dyn())
}
