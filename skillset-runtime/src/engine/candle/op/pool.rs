//! The largest of neighbours.

use candle_core::{DType as CandleType, Tensor};

use super::{Context, Fault};
use crate::engine::candle::kernel;
use crate::ir::MaxPool;

/// The largest element under a window that moves over `[n, c, h, w]`.
pub(super) fn max_pool(context: &Context<'_>, pool: &MaxPool, x: &Tensor) -> Result<Tensor, Fault> {
    let [height, width] = [x.dim(2)?, x.dim(3)?];
    let fits = |axis: usize, length: usize| length + 2 * pool.padding[axis] >= pool.kernel[axis];
    if !fits(0, height) || !fits(1, width) {
        let reason = format!("a window of {:?} is larger than an image of {height} × {width}", pool.kernel);
        return Err(Fault::Reason(reason));
    }
    if context.kernels && x.dtype() == CandleType::F32 {
        return kernel::max_pool::max_pool(context.memory, pool, x);
    }
    let x = surrounded(&surrounded(x, 2, pool.padding[0])?, 3, pool.padding[1])?;
    let [kernel, stride] = [pool.kernel, pool.stride].map(|[down, across]| (down, across));
    Ok(x.max_pool2d_with_stride(kernel, stride)?)
}

/// `x` with `count` entries before and behind those of `axis` that are smaller than any number.
fn surrounded(x: &Tensor, axis: usize, count: usize) -> candle_core::Result<Tensor> {
    if count == 0 {
        return Ok(x.clone());
    }
    let mut shape = x.dims().to_vec();
    shape[axis] = count;
    let least = Tensor::full(f32::NEG_INFINITY, shape, x.device())?.to_dtype(x.dtype())?;
    Tensor::cat(&[&least, x, &least], axis)
}
