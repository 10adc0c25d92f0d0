//! Operators that move elements.

use super::WriteError;
use super::lowering::{Lowering, int_bytes};
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{DType, Dim};

impl Lowering<'_> {
    /// Gives `x`, of shape `from`, the shape `to`.
    ///
    /// Sizes that stay where they are and one size that follows from the others are left to ONNX (0 and −1),
    /// so that most shapes are constants, which optimisers look for.
    pub fn reshape(&mut self, x: &str, from: &[Dim], to: &[Dim]) -> Result<String, WriteError> {
        if from == to {
            return Ok(x.to_owned());
        }
        if let Some(axes) = inserted_ones(from, to) {
            let axes = self.ints(&axes);
            return Ok(self.op("Unsqueeze", &[x, &axes]));
        }
        if let Some(axes) = inserted_ones(to, from) {
            let axes = self.ints(&axes);
            return Ok(self.op("Squeeze", &[x, &axes]));
        }
        let stays = |(axis, dim): (usize, &Dim)| match (dim.as_constant(), from.get(axis)) {
            (None, Some(before)) if before == dim => Dim::from(0),
            _ => dim.clone(),
        };
        let mut sizes: Vec<Dim> = to.iter().enumerate().map(stays).collect();
        if let Some(last) = sizes.iter_mut().rfind(|dim| dim.as_constant().is_none()) {
            *last = Dim::constant(-1);
        }
        // A size that is the constant 0 would read as "stays"; nothing else can be said about an empty tensor.
        let attributes = match to.iter().any(|dim| dim.as_constant() == Some(0)) {
            true => vec![AttributeProto::int("allowzero", 1)],
            false => vec![],
        };
        let sizes = self.dims(if attributes.is_empty() { &sizes } else { to })?;
        Ok(self.node("Reshape", &[x, &sizes], attributes))
    }

    /// The axes in the order given.
    pub fn transpose(&mut self, x: &str, order: &[usize]) -> String {
        self.node("Transpose", &[x], vec![AttributeProto::ints("perm", order.iter().copied())])
    }

    /// Broadcasts `x`, of shape `from`, to `to`.
    pub fn expand(&mut self, x: &str, from: &[Dim], to: &[Dim]) -> Result<String, WriteError> {
        // ONNX broadcasts both ways, so only the axes that grow need their size.
        let leading = to.len() - from.len();
        let grows = |(axis, dim): (usize, &Dim)| match axis.checked_sub(leading).map(|axis| &from[axis]) {
            Some(before) if before == dim => Dim::from(1),
            _ => dim.clone(),
        };
        let sizes: Vec<Dim> = to.iter().enumerate().map(grows).collect();
        let sizes = self.dims(&sizes)?;
        Ok(self.op("Expand", &[x, &sizes]))
    }

    /// The range `start..end` of `axis`, whose size is `size`.
    pub fn slice(
        &mut self,
        x: &str,
        axis: usize,
        [start, end]: [&Dim; 2],
        size: &Dim,
    ) -> Result<String, WriteError> {
        if start.as_constant() == Some(0) && end == size {
            return Ok(x.to_owned());
        }
        // What goes to the end is counted from there: the last `n` of a size that may not be known itself.
        let (start, end) = match end == size && start.as_constant().is_none() {
            true => (self.dim(&(start.clone() - size.clone()))?, self.ints(&[i64::MAX])),
            false if end == size => (self.dim(start)?, self.ints(&[i64::MAX])),
            false => (self.dim(start)?, self.dim(end)?),
        };
        let axis = self.ints(&[axis as i64]);
        Ok(self.op("Slice", &[x, &start, &end, &axis]))
    }

    /// `start, start + 1, …`
    pub fn iota(&mut self, start: &Dim, len: &Dim) -> Result<String, WriteError> {
        if let (Some(start), Some(len)) = (start.as_constant(), len.as_size()) {
            let values: Vec<i64> = (start..).take(len).collect();
            return Ok(self.constant(DType::I64, &[len], int_bytes(&values)));
        }
        let limit = self.dim_scalar(&(start.clone() + len.clone()))?;
        let (start, step) = (self.dim_scalar(start)?, self.dim_scalar(&Dim::from(1))?);
        Ok(self.op("Range", &[&start, &limit, &step]))
    }

    /// The value of `dim` as a scalar.
    pub fn size(&mut self, dim: &Dim) -> Result<String, WriteError> {
        match dim.as_constant() {
            Some(value) => Ok(self.constant(DType::I64, &[], int_bytes(&[value]))),
            None => self.dim_scalar(dim),
        }
    }
}

/// The axes of `to` that are ones inserted into `from`; `None` if `to` differs otherwise.
fn inserted_ones(from: &[Dim], to: &[Dim]) -> Option<Vec<i64>> {
    let mut rest = from.iter().peekable();
    let mut inserted = vec![];
    for (axis, dim) in to.iter().enumerate() {
        if rest.next_if(|&before| before == dim).is_none() {
            if dim.as_constant() != Some(1) {
                return None;
            }
            inserted.push(axis as i64);
        }
    }
    rest.next().is_none().then_some(inserted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_ones_are_found() {
        let (b, s, one) = (Dim::symbol("b"), Dim::symbol("s"), Dim::from(1));
        let from = [b.clone(), s.clone()];
        assert_eq!(inserted_ones(&from, &[b.clone(), one.clone(), one.clone(), s.clone()]), Some(vec![1, 2]));
        assert_eq!(inserted_ones(&from, &[b.clone() * s.clone()]), None);
        assert_eq!(inserted_ones(&[one.clone(), b.clone()], &[one.clone(), one, b]), Some(vec![1]));
    }
}
