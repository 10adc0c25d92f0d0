//! Generation without a cache.

use super::inputs::InputNames;
use crate::engine::{EngineError, Program, Session, Tensors};
use crate::tensor::Tensor;

/// A session that keeps no state but the inputs, and runs all positions at every step.
///
/// What `use_cache: false` asks for. It matters where keys depend on the length of the whole text, as with
/// dynamic scaling of rotary positions: a cache keeps them as they were when they came.
pub(super) struct Recomputing<'p> {
    program: &'p dyn Program,
    names: &'p InputNames,
    /// The inputs of all positions so far.
    inputs: Tensors,
    past: usize,
}

impl<'p> Recomputing<'p> {
    pub(super) fn new(program: &'p dyn Program, names: &'p InputNames) -> Self {
        Self { program, names, inputs: Tensors::new(), past: 0 }
    }

    /// The input `name` of all positions: behind that of earlier steps, unless it covers them itself as a mask
    /// does.
    fn whole(&self, name: &str, added: &Tensor) -> Option<Tensor> {
        let before = self.inputs.get(name)?;
        let given = self.program.signature().inputs.iter().find(|input| input.name == name)?;
        if given.fact.shape.get(1)?.as_symbol() != Some("sequence") {
            return None;
        }
        let (&[rows, length], &[_, new]) = (before.shape(), added.shape()) else { return None };
        let (before, added) = (before.as_i64()?, added.as_i64()?);
        let row = |row: usize| [&before[row * length..][..length], &added[row * new..][..new]].concat();
        let joined: Vec<i64> = (0..rows).flat_map(row).collect();
        Tensor::new([rows, length + new], joined).ok()
    }
}

impl Session for Recomputing<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let whole = |(name, added): (&String, &Tensor)| {
            (name.clone(), self.whole(name, added).unwrap_or_else(|| added.clone()))
        };
        let inputs: Tensors = inputs.iter().map(whole).collect();
        let outputs = self.program.run(&inputs)?;
        self.past = inputs.get(self.names.tokens).map_or(self.past, |ids| ids.shape()[1]);
        self.inputs = inputs;
        Ok(outputs)
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        for (name, tensor) in self.inputs.iter_mut().filter(|(name, _)| !self.names.placed.contains(name)) {
            let held = tensor.shape().first().copied().unwrap_or(0);
            if let Some(row) = rows.iter().find(|&&row| row >= held) {
                let graph = self.program.signature().name.clone();
                let problem = format!("there is no row {row} among {held}");
                return Err(EngineError::Input { graph, input: name.clone(), problem });
            }
            *tensor = tensor.take_rows(rows);
        }
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}
