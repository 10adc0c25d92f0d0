//! Products with a matrix in the layout that the product kernel reads.

use std::mem::MaybeUninit;

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmUninitOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use crate::engine::candle::error::Fault;

/// The product kernel for the instruction set of this machine; finding it costs next to nothing.
fn gemm() -> GemmExecutor {
    GemmExecutor::default()
}

/// A matrix packed at load.
pub(in crate::engine::candle) struct Packed(PackedBMatrix<f32>);

impl Packed {
    /// Packs a weight of `[out, in]`, or `[in, out]` if `transposed`, in row-major order.
    pub(in crate::engine::candle) fn new(
        weight: &[f32],
        shape: [usize; 2],
        transposed: bool,
    ) -> Result<Self, Fault> {
        let view = NdTensorView::try_from_data(shape, weight)
            .map_err(|error| Fault::Reason(format!("a weight of {shape:?}: {error:?}")))?;
        let view = if transposed { view } else { view.transposed() };
        Ok(Self(gemm().prepack_b(view)))
    }

    /// Inputs and outputs.
    pub(super) fn sizes(&self) -> [usize; 2] {
        [self.0.rows(), self.0.cols()]
    }

    /// Writes `x · weightᵀ + bias` to `out`; rows of `x` start every `step` elements and may overlap.
    pub(super) fn multiply<'o>(
        &self,
        x: &[f32],
        step: usize,
        bias: Option<&[f32]>,
        out: &'o mut [MaybeUninit<f32>],
    ) -> Result<&'o mut [f32], Fault> {
        let [inner, width] = self.sizes();
        let rows = out.len().checked_div(width).unwrap_or(0);
        let failed = |error: &dyn std::fmt::Debug| {
            Fault::Reason(format!("product of {rows} × {inner} × {width}: {error:?}"))
        };
        let a = NdTensorView::from_slice_with_strides([rows, inner], x, [step, 1])
            .map_err(|error| failed(&error))?;
        let options = GemmUninitOptions { bias: bias.map(BiasVector::Row), ..Default::default() };
        let product = gemm().gemm_uninit(out, GemmInputA::Unpacked(a), GemmInputB::Packed(&self.0), options);
        product.map_err(|error| failed(&error))
    }
}
