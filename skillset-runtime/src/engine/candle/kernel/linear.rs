//! `activation(x · weightᵀ + bias)` with the weight packed at load.

use std::mem::MaybeUninit;
use std::sync::Arc;

use candle_core::Tensor;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmUninitOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

use super::activation::{self, Target};
use super::parallel;
use super::storage::{Floats, filled};
use crate::engine::candle::error::Fault;
use crate::ir::Activation;

/// The product kernel for the instruction set of this machine; finding it costs next to nothing.
fn gemm() -> GemmExecutor {
    GemmExecutor::default()
}

/// A weight in the layout that the product kernel reads.
pub(in crate::engine::candle) struct Packed(PackedBMatrix<f32>);

/// How a weight is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::candle) struct Stored {
    /// Its two sizes.
    pub shape: [usize; 2],
    /// `[in, out]` instead of `[out, in]`.
    pub transposed: bool,
}

/// A linear layer ready to run.
#[derive(Clone)]
pub(in crate::engine::candle) struct PackedLinear {
    pub weight: Arc<Packed>,
    pub bias: Option<Tensor>,
    pub activation: Option<Activation>,
}

impl Packed {
    /// Packs a weight that is stored in row-major order.
    pub(in crate::engine::candle) fn new(weight: &[f32], stored: Stored) -> Result<Self, Fault> {
        let view = NdTensorView::try_from_data(stored.shape, weight)
            .map_err(|error| Fault::Reason(format!("a weight of {:?}: {error:?}", stored.shape)))?;
        let view = if stored.transposed { view } else { view.transposed() };
        Ok(Self(gemm().prepack_b(view)))
    }
}

impl PackedLinear {
    /// Applies the layer to the last axis of `x`.
    pub(in crate::engine::candle) fn apply(&self, x: &Tensor) -> Result<Tensor, Fault> {
        let x = x.contiguous()?;
        let (inner, width) = (self.weight.0.rows(), self.weight.0.cols());
        let mut shape = x.dims().to_vec();
        match shape.last_mut() {
            Some(last) if *last == inner => *last = width,
            _ => return Err(Fault::Reason(format!("a linear layer of {inner} inputs on {:?}", x.dims()))),
        }
        let rows: usize = shape[..shape.len() - 1].iter().product();
        let (x, bias) = (Floats::of(&x), self.bias.as_ref().map(Floats::of));
        let bias = bias.as_ref().map(Floats::contiguous).transpose()?;
        let x = NdTensorView::from_data([rows, inner], x.contiguous()?);
        let fill = |out: &mut [MaybeUninit<f32>]| {
            let options = GemmUninitOptions { bias: bias.map(BiasVector::Row), ..Default::default() };
            let weight = GemmInputB::Packed(&self.weight.0);
            let out = gemm()
                .gemm_uninit(out, GemmInputA::Unpacked(x), weight, options)
                .map_err(|error| Fault::Reason(format!("product of {rows} × {inner} × {width}: {error}")))?;
            if let Some(function) = self.activation {
                let apply = |_, out: &mut [f32]| activation::apply(function, Target::InPlace(out));
                parallel::rows(out, 1, 8, apply);
            }
            Ok(())
        };
        // SAFETY: a product that succeeds writes every element.
        unsafe { filled(&shape, fill) }
    }
}
