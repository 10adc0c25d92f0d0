//! `activation(x · weightᵀ + bias)` with the weight prepared at load.

use std::mem::MaybeUninit;
use std::sync::Arc;

use candle_core::Tensor;

use super::memory::Memory;
use super::packed::Packed;
use super::storage::Floats;
use super::{activation, parallel, table};
use crate::engine::candle::error::Fault;
use crate::ir::Activation;

/// A weight in one of the forms that a linear layer takes.
#[derive(Clone)]
pub(in crate::engine::candle) enum Weight {
    /// In the layout that the product kernel reads.
    Packed(Arc<Packed>),
    /// `[out, in]` as stored, because others read it so.
    Table(Tensor),
}

/// A linear layer ready to run.
#[derive(Clone)]
pub(in crate::engine::candle) struct PreparedLinear {
    pub weight: Weight,
    pub bias: Option<Tensor>,
    pub activation: Option<Activation>,
}

impl Weight {
    /// Inputs and outputs.
    fn sizes(&self) -> Result<[usize; 2], Fault> {
        match self {
            Self::Packed(packed) => Ok(packed.sizes()),
            Self::Table(table) => table.dims2().map(|(out, inner)| [inner, out]).map_err(Fault::from),
        }
    }
}

impl PreparedLinear {
    /// Applies the layer to the last axis of `x`.
    pub(in crate::engine::candle) fn apply(&self, memory: &Memory, x: &Tensor) -> Result<Tensor, Fault> {
        let x = x.contiguous()?;
        let [inner, width] = self.weight.sizes()?;
        let mut shape = x.dims().to_vec();
        match shape.last_mut() {
            Some(last) if *last == inner => *last = width,
            _ => return Err(Fault::Reason(format!("a linear layer of {inner} inputs on {:?}", x.dims()))),
        }
        let (x, bias) = (Floats::of(&x), self.bias.as_ref().map(Floats::of));
        let (x, bias) = (x.contiguous()?, bias.as_ref().map(Floats::contiguous).transpose()?);
        let fill = |out: &mut [MaybeUninit<f32>]| {
            let out = self.multiply(x, [inner, width], bias, out)?;
            if let Some(function) = self.activation {
                parallel::rows(out, 1, 8, |_, out| activation::apply(function, out));
            }
            Ok(())
        };
        // SAFETY: a product that succeeds writes every element.
        unsafe { memory.filled(&shape, fill) }
    }

    /// `x · weightᵀ + bias`
    fn multiply<'o>(
        &self,
        x: &[f32],
        [inner, width]: [usize; 2],
        bias: Option<&[f32]>,
        out: &'o mut [MaybeUninit<f32>],
    ) -> Result<&'o mut [f32], Fault> {
        match &self.weight {
            Weight::Packed(packed) => packed.multiply(x, inner, bias, out),
            Weight::Table(weight) => {
                let weight = Floats::of(weight);
                let weight = weight.contiguous()?;
                table::multiply(x, weight, inner, out);
                // SAFETY: every element of the product has just been written.
                let out = unsafe { out.assume_init_mut() };
                if let Some(bias) = bias {
                    let add = |(out, bias): (&mut f32, &f32)| *out += bias;
                    out.chunks_exact_mut(width).for_each(|row| row.iter_mut().zip(bias).for_each(add));
                }
                Ok(out)
            }
        }
    }
}
