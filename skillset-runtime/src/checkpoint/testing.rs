//! Safetensors files for tests.

use std::path::Path;

/// A tensor to write.
pub(crate) struct TestTensor {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl TestTensor {
    pub(crate) fn f32(name: &str, shape: &[usize], values: &[f32]) -> Self {
        Self::raw(name, "F32", shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub(crate) fn raw(name: &str, dtype: &'static str, shape: &[usize], data: Vec<u8>) -> Self {
        Self { name: name.to_owned(), dtype, shape: shape.to_vec(), data }
    }
}

/// Writes the tensors one after the other, in the given order.
pub(crate) fn write_safetensors(path: &Path, tensors: &[TestTensor]) {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for tensor in tensors {
        let start = data.len();
        data.extend_from_slice(&tensor.data);
        let offsets = [start, data.len()];
        let entry =
            serde_json::json!({"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": offsets});
        header.insert(tensor.name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let length = (header.len() as u64).to_le_bytes();
    std::fs::write(path, [&length, header.as_bytes(), &data].concat()).unwrap();
}
