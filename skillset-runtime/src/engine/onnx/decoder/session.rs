//! The steps of an exported decoder.

use std::collections::BTreeMap;

use ort::memory::MemoryInfo;
use ort::value::DynValue;

use super::super::program::state_memory;
use super::super::values::{from_ort, take_rows, to_ort_as};
use super::ExportedDecoder;
use super::graph::{BRANCH, KEPT_LOGITS, POSITIONS};
use crate::engine::{EngineError, Session, Tensors, bind_inputs};
use crate::tensor::{ShapeError, Tensor};

/// Runs of a decoder that hand their caches on.
pub(super) struct DecoderSession<'d> {
    decoder: &'d ExportedDecoder,
    /// By the names of the inputs that take them; empty before the first step.
    caches: BTreeMap<String, DynValue>,
    batch: usize,
    past: usize,
}

impl<'d> DecoderSession<'d> {
    pub(super) fn new(decoder: &'d ExportedDecoder, batch: usize) -> Self {
        Self { decoder, caches: BTreeMap::new(), batch, past: 0 }
    }

    /// What a graph may want to know of a step of `length` tokens beside what the step is given.
    fn following(&self, length: usize) -> Result<BTreeMap<&'static str, Tensor>, ShapeError> {
        let positions: Vec<i64> = (self.past..self.past + length).map(|position| position as i64).collect();
        Ok(BTreeMap::from([
            (BRANCH, Tensor::new([1], vec![self.past > 0])?),
            (KEPT_LOGITS, Tensor::new([], vec![1i64])?),
            (POSITIONS, Tensor::new([length], positions)?),
        ]))
    }

    /// Runs the graph of this step on checked inputs; of them it gets what it takes.
    fn execute(&mut self, inputs: &Tensors, length: usize) -> ort::Result<Tensors> {
        let (decoder, is_first) = (self.decoder, self.past == 0);
        let graph = decoder.graph(self.past);
        let mut session = graph.lock();
        // A binding remembers the outputs of its last run and would write the next ones over them.
        let mut binding = session.create_binding()?;
        let following = self.following(length).map_err(|error| ort::Error::new(error.to_string()))?;
        for (name, &element) in &graph.types {
            if let Some(tensor) = inputs.get(name).or_else(|| following.get(name.as_str())) {
                binding.bind_input(name, &to_ort_as(tensor, element)?)?;
            }
        }
        for cache in &graph.caches {
            match self.caches.get(&cache.name) {
                Some(value) => binding.bind_input(&cache.name, value)?,
                None => binding.bind_input(&cache.name, &cache.empty(self.batch)?)?,
            }
        }
        // What the encoder's positions give does not change, so later steps do not compute it.
        let handed_on: Vec<_> =
            decoder.graph(1).caches.iter().filter(|cache| is_first || !cache.is_cross).collect();
        binding.bind_output_to_device("logits", &MemoryInfo::default())?;
        let device = state_memory(decoder.provider)?;
        for cache in &handed_on {
            binding.bind_output_to_device(&cache.next_name, &device)?;
        }
        let mut values = session.run_binding(&binding)?;
        let mut take = |name: &str| {
            values.remove(name).ok_or_else(|| ort::Error::new(format!("there is no output {name:?}")))
        };
        let logits = from_ort(&take("logits")?)?;
        for cache in handed_on {
            self.caches.insert(cache.name.clone(), take(&cache.next_name)?);
        }
        Ok(Tensors::from([("logits".to_owned(), logits)]))
    }
}

impl Session for DecoderSession<'_> {
    fn step(&mut self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let decoder = self.decoder;
        let bindings = bind_inputs(&decoder.signature, inputs, self.past)?;
        let rows = bindings.get("batch").unwrap_or(self.batch);
        if rows != self.batch {
            return Err(decoder
                .failed(format!("the session was started for {} rows, the inputs have {rows}", self.batch)));
        }
        let length = bindings.get("sequence").unwrap_or(0);
        let outputs = self.execute(inputs, length).map_err(|error| decoder.failed(error))?;
        self.past += length;
        Ok(outputs)
    }

    fn reorder(&mut self, rows: &[usize]) -> Result<(), EngineError> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.batch) {
            return Err(self.decoder.failed(format!("there is no row {row} among {}", self.batch)));
        }
        for value in self.caches.values_mut() {
            *value = take_rows(value, rows, None).map_err(|error| self.decoder.failed(error))?;
        }
        self.batch = rows.len();
        Ok(())
    }

    fn past(&self) -> usize {
        self.past
    }
}
