//! Tensors as ONNX Runtime's values.

use ort::memory::AllocationDevice;
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

/// A float state of which row `i` is row `rows[i]` of `state`.
pub(super) fn take_rows(state: &DynValue, rows: &[usize]) -> ort::Result<DynValue> {
    let tensor = state.view().downcast::<ort::value::DynTensorValueType>()?;
    let host: DynTensor = tensor.to(AllocationDevice::CPU, 0)?;
    let (shape, values) = host.try_extract_tensor::<f32>()?;
    let mut shape: Vec<i64> = shape.to_vec();
    let width: usize = shape[1..].iter().map(|&size| size.max(0) as usize).product();
    let taken: Vec<f32> = rows.iter().flat_map(|row| &values[row * width..][..width]).copied().collect();
    shape[0] = rows.len() as i64;
    Ok(OrtTensor::from_array((shape, taken))?.into_dyn())
}
