//! Where engines get parameters from.

use std::path::Path;

use crate::ir::DType;

/// One stored tensor.
#[derive(Clone, Copy, Debug)]
pub struct WeightView<'a> {
    /// Its name in the file, which may differ from the parameter's (prefix, legacy spelling, tied weights).
    pub name: &'a str,
    /// How elements are stored: `F32`, `F16` or `BF16`.
    pub dtype: DType,
    /// Sizes of the axes.
    pub shape: &'a [usize],
    /// The elements, little-endian, row-major.
    pub bytes: &'a [u8],
    /// The file that holds them, and where in it they start; `None` for tensors in memory.
    pub file: Option<(&'a Path, u64)>,
}

/// The parameters of one graph, by the names that the graph gives them.
pub trait Weights: Send + Sync {
    /// The tensor of a parameter; `None` if the graph has no such parameter.
    fn get(&self, param: &str) -> Option<WeightView<'_>>;

    /// Says that the bytes of a parameter will not be read soon, so its mapped pages may be dropped.
    fn release(&self, param: &str) {
        let _ = param;
    }
}
