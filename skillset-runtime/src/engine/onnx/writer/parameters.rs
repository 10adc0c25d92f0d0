//! Parameters: initializers that stay in the checkpoint's files.

use std::collections::BTreeMap;

use super::lowering::Lowering;
use super::{WriteError, data_type};
use crate::engine::onnx::proto::{AttributeProto, StringStringEntryProto, TensorProto};
use crate::ir::Param;
use crate::weights::{WeightView, Weights};

/// Tensors of fewer bytes stand in the model file: optimisers look into small ones.
const INLINE_BELOW: usize = 1024;

/// `TensorProto.DataLocation.EXTERNAL`
const EXTERNAL: i32 = 1;

/// An initializer whose elements are not in the model file.
#[derive(Clone, Debug)]
pub(in crate::engine::onnx) struct External<'w> {
    /// The initializer's name.
    pub name: String,
    /// The stored tensor.
    pub view: WeightView<'w>,
}

/// The parameters written so far.
#[derive(Default)]
pub(super) struct Parameters<'w> {
    pub externals: Vec<External<'w>>,
    /// Address of the elements → the initializer that has them: tied parameters are stored once.
    known: BTreeMap<(*const u8, usize), String>,
}

impl<'w> Parameters<'w> {
    /// The name of the value of `param`, in the graph's float type. The tensors of a stack are joined when the model is
    /// loaded, which is when ONNX Runtime computes what is constant.
    pub fn lower(
        &mut self,
        g: &mut Lowering<'_>,
        param: &Param,
        weights: &'w dyn Weights,
    ) -> Result<String, WriteError> {
        if !param.stacked {
            return self.tensor(g, &param.name, &param.shape, weights);
        }
        let axis = g.ints(&[0]);
        let mut entries = vec![];
        for (name, shape) in param.tensors() {
            let entry = self.tensor(g, &name, shape, weights)?;
            entries.push(g.op("Unsqueeze", &[&entry, &axis]));
        }
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        Ok(g.node("Concat", &entries, vec![AttributeProto::int("axis", 0)]))
    }

    /// The name of the value of a tensor of the checkpoint, in the graph's float type.
    fn tensor(
        &mut self,
        g: &mut Lowering<'_>,
        name: &str,
        shape: &[usize],
        weights: &'w dyn Weights,
    ) -> Result<String, WriteError> {
        let graph = || g.graph.name.clone();
        let Some(view) = weights.get(name) else {
            return Err(WriteError::MissingWeight { graph: graph(), param: name.to_owned() });
        };
        let elements: usize = shape.iter().product();
        if view.shape != shape || view.bytes.len() != elements * view.dtype.size() {
            return Err(WriteError::WeightShape {
                graph: graph(),
                param: name.to_owned(),
                expected: shape.to_vec(),
                found: view.shape.to_vec(),
                bytes: view.bytes.len(),
            });
        }
        let key = (view.bytes.as_ptr(), view.bytes.len());
        let stored = match self.known.get(&key) {
            Some(known) => known.clone(),
            None if view.bytes.len() < INLINE_BELOW => {
                let tensor = TensorProto { raw_data: Some(view.bytes.to_vec()), ..describe(name, &view) };
                g.constants.push(tensor);
                name.to_owned()
            }
            None => {
                self.externals.push(External { name: name.to_owned(), view });
                name.to_owned()
            }
        };
        self.known.entry(key).or_insert_with(|| stored.clone());
        Ok(if view.dtype == g.graph.float { stored } else { g.cast(g.graph.float, &stored) })
    }
}

impl External<'_> {
    /// The initializer, with its elements in the file `location` from `offset` on.
    pub fn tensor(&self, location: &str, offset: u64) -> TensorProto {
        let length = self.view.bytes.len().to_string();
        let entries = [("location", location.to_owned()), ("offset", offset.to_string()), ("length", length)];
        TensorProto {
            external_data: entries.map(|(key, value)| StringStringEntryProto::new(key, value)).into(),
            data_location: Some(EXTERNAL),
            ..describe(&self.name, &self.view)
        }
    }
}

fn describe(name: &str, view: &WeightView<'_>) -> TensorProto {
    TensorProto {
        dims: view.shape.iter().map(|&size| size as i64).collect(),
        data_type: Some(data_type(view.dtype)),
        name: Some(name.to_owned()),
        ..TensorProto::default()
    }
}
