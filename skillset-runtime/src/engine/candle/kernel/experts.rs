//! Mixtures of experts: each expert computes the rows that chose it, and no others.

use candle_core::Tensor;

use super::linear::PreparedLinear;
use super::memory::Memory;
use super::storage::Floats;
use crate::engine::candle::error::Fault;

/// A gated network ready to run.
pub(in crate::engine::candle) struct Expert {
    /// Width → hidden, through the nonlinearity.
    pub gate: PreparedLinear,
    /// Width → hidden.
    pub up: PreparedLinear,
    /// Hidden → width.
    pub down: PreparedLinear,
}

/// The rows that chose an expert, each with what the result counts.
#[derive(Clone, Default)]
struct Chosen {
    rows: Vec<u32>,
    weights: Vec<f32>,
}

/// `Σ weight · expert(x)` over the experts that the indices of each row name.
pub(in crate::engine::candle) fn apply(
    memory: &Memory,
    experts: &[Expert],
    x: &Tensor,
    indices: &Tensor,
    weights: &Tensor,
) -> Result<Tensor, Fault> {
    let width = x.dims().last().copied().unwrap_or(0);
    let flat = x.contiguous()?.reshape(((), width))?;
    let mut sums = vec![0.0; flat.elem_count()];
    for (expert, chosen) in experts.iter().zip(group(experts.len(), indices, weights)?) {
        if chosen.rows.is_empty() {
            continue;
        }
        let result = expert.apply(memory, &flat, chosen.rows.clone())?;
        let result = Floats::of(&result);
        let results = result.contiguous()?.chunks_exact(width);
        for ((&row, weight), result) in chosen.rows.iter().zip(chosen.weights).zip(results) {
            let sum = &mut sums[row as usize * width..][..width];
            sum.iter_mut().zip(result).for_each(|(sum, result)| *sum += weight * result);
        }
    }
    Ok(Tensor::from_vec(sums, x.dims(), x.device())?)
}

impl Expert {
    /// The results of some rows of `x`.
    fn apply(&self, memory: &Memory, x: &Tensor, rows: Vec<u32>) -> Result<Tensor, Fault> {
        let is_all = rows.len() == x.dims()[0];
        let x = if is_all { x.clone() } else { x.index_select(&Tensor::new(rows, x.device())?, 0)? };
        let inner = self.gate.apply(memory, &x)?.mul(&self.up.apply(memory, &x)?)?;
        self.down.apply(memory, &inner)
    }
}

/// For each of `count` experts the rows that chose it, in order.
fn group(count: usize, indices: &Tensor, weights: &Tensor) -> Result<Vec<Chosen>, Fault> {
    let each = indices.dims().last().copied().unwrap_or(1).max(1);
    let indices = indices.flatten_all()?.to_vec1::<i64>()?;
    let weights = weights.flatten_all()?.to_vec1::<f32>()?;
    let mut chosen = vec![Chosen::default(); count];
    for (at, (&index, weight)) in indices.iter().zip(weights).enumerate() {
        let expert = usize::try_from(index).ok().and_then(|index| chosen.get_mut(index));
        let Some(expert) = expert else {
            return Err(Fault::Reason(format!("row {} chose expert {index} of {count}", at / each)));
        };
        expert.rows.push((at / each) as u32);
        expert.weights.push(weight);
    }
    Ok(chosen)
}
