//! The native engine: graphs executed by [candle](https://github.com/huggingface/candle).
//!
//! # What happens at load
//!
//! A graph is rewritten (equal nodes merged, activations moved into linear layers), and everything
//! that no input can change is computed once: nodes that read only parameters and literals become
//! constants, and the weight of each linear layer is packed into the layout that the product kernel
//! reads. A parameter's mapped bytes are released as soon as its last such reader is done, so a model
//! is never in memory twice.
//!
//! # What happens in a run
//!
//! Nodes run in order, and a value dies after its last reader. Values are candle tensors. On a CPU,
//! composites and element-wise functions run as kernels of our own, which spread over the threads of
//! one rayon pool and write to memory of values that died, in the same run or the one before;
//! everything else, and every node on any other device, is candle's own operation (composites
//! decomposed first), so the engine runs wherever candle does.
//!
//! A program is immutable after load. Threads may run it at once; each run and each
//! [session](super::Session) owns its values and caches. Between runs it keeps the memory that the last one needed.

mod convert;
mod error;
mod execute;
mod kernel;
mod load;
mod op;
mod options;
mod pool;
mod program;
mod session;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use options::{CandleDevice, CandleOptions};
pub use program::CandleProgram;

use self::pool::Pool;
use super::{Engine, EngineError, Program};
use crate::ir::CheckedGraph;
use crate::weights::Weights;

/// Executes graphs with candle on one device.
#[derive(Clone, Debug)]
pub struct CandleEngine {
    device: candle_core::Device,
    options: CandleOptions,
    pool: Arc<Pool>,
}

impl CandleEngine {
    /// An engine on `device` with the default options.
    ///
    /// # Errors
    /// If the device is not there, or support for it is not compiled in.
    pub fn new(device: CandleDevice) -> Result<Self, EngineError> {
        Self::with_options(device, CandleOptions::default())
    }

    /// An engine on `device`.
    ///
    /// # Errors
    /// As [`CandleEngine::new`]; also if the threads that `options` asks for cannot be started.
    pub fn with_options(device: CandleDevice, options: CandleOptions) -> Result<Self, EngineError> {
        let unavailable = |reason| EngineError::Unavailable { engine: format!("candle ({device})"), reason };
        let pool = match options.threads {
            None => Pool::global(),
            Some(threads) => Pool::new(threads.get()).map_err(|error| unavailable(error.to_string()))?,
        };
        let opened = device.open().map_err(unavailable)?;
        Ok(Self { device: opened, options, pool })
    }

    /// [`Engine::load`] with the concrete type, which can also [trace](CandleProgram::trace).
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_program(
        &self,
        graph: CheckedGraph,
        weights: &dyn Weights,
    ) -> Result<CandleProgram, EngineError> {
        let kernels = self.options.kernels && self.device.is_cpu() && graph.float == crate::ir::DType::F32;
        let target = load::Target {
            engine: self.name(),
            device: self.device.clone(),
            kernels,
            passes: self.options.passes,
        };
        self.pool.run(|| load::load(target, Arc::clone(&self.pool), graph, weights))
    }
}

impl Engine for CandleEngine {
    fn name(&self) -> String {
        format!("candle ({})", options::device_name(&self.device))
    }

    fn load(&self, graph: CheckedGraph, weights: &dyn Weights) -> Result<Box<dyn Program>, EngineError> {
        Ok(Box::new(self.load_program(graph, weights)?))
    }
}
