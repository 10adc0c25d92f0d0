//! What was measured of a task.

use std::fmt;

use super::{ModelType, Task};
use crate::engine::EngineKind;
use crate::ir::DType;

/// How closely an engine's outputs of a task follow those that transformers gave, as `evidence.json` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Support {
    /// What computed the outputs.
    pub engine: EngineKind,
    /// The precision of the computation.
    pub precision: DType,
    /// Configs that were compared.
    pub configs: usize,
    /// Recorded calls and generations that were compared.
    pub runs: usize,
    /// What the relative error ‖a−e‖ / ‖e‖ of every output stays below, a power of ten.
    pub max_relative_error: f64,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, precision, configs, runs, max_relative_error } = self;
        let engine = engine.name();
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{engine} {precision} < {max_relative_error:e} in {runs} run{} of {configs} config{}",
            plural(*runs),
            plural(*configs)
        )
    }
}

impl Task {
    /// Whether it was measured on any engine.
    pub fn is_verified(&self) -> bool {
        !self.support.is_empty()
    }
}

impl ModelType {
    /// Whether any task was measured on any engine.
    pub fn is_verified(&self) -> bool {
        self.tasks.iter().any(Task::is_verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_is_one_phrase() {
        let support = Support {
            engine: EngineKind::Onnx,
            precision: DType::F32,
            configs: 1,
            runs: 12,
            max_relative_error: 1e-5,
        };
        assert_eq!(support.to_string(), "onnx f32 < 1e-5 in 12 runs of 1 config");
    }
}
