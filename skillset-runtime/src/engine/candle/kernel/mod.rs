//! Kernels for the processor, in single precision, one file each.
//!
//! A kernel reads candle tensors in place, whatever their strides where that pays, and writes a new
//! one. Inner loops are vectorised for the instruction set that the machine turns out to have, by
//! [`rten_simd`]; outer loops spread over the current rayon pool.

pub(super) mod activation;
pub(super) mod attention;
pub(super) mod conv;
pub(super) mod deformable_attention;
pub(super) mod elementwise;
pub(super) mod experts;
pub(super) mod grid_sample;
pub(super) mod group_norm;
pub(super) mod linear;
pub(super) mod max_pool;
pub(super) mod memory;
pub(super) mod norm;
pub(super) mod packed;
mod parallel;
mod product;
pub(super) mod rotary;
pub(super) mod selective_scan;
pub(super) mod softmax;
mod storage;
mod table;
