//! Operations that move elements, or need them in some order.

use candle_core::{D, Tensor};

use super::Fault;

/// Values joined along `axis`.
pub(super) fn concat(axis: usize, inputs: &[&Tensor]) -> Result<Tensor, Fault> {
    let filled: Vec<&Tensor> = inputs.iter().copied().filter(|x| x.elem_count() > 0).collect();
    match filled.as_slice() {
        [] => Ok(Tensor::cat(inputs, axis)?),
        [one] => Ok((*one).clone()),
        several => Ok(Tensor::cat(several, axis)?),
    }
}

/// The range `start..end` of `axis`.
pub(super) fn slice(axis: usize, start: usize, end: usize, x: &Tensor) -> Result<Tensor, Fault> {
    let size = x.dim(axis)?;
    if start > end || end > size {
        return Err(Fault::Reason(format!(
            "{start}..{end} is no range of axis {axis}, which has {size} entries"
        )));
    }
    Ok(x.narrow(axis, start, end - start)?)
}

/// The products of matrices, broadcast over the axes in front of them.
pub(super) fn product(a: &Tensor, b: &Tensor) -> Result<Tensor, Fault> {
    // candle steps along two axes in front at most.
    if a.rank().max(b.rank()) <= 4 {
        return Ok(matrices(a)?.broadcast_matmul(&matrices(b)?)?);
    }
    let (longer, shorter) = if a.rank() < b.rank() { (b.dims(), a.dims()) } else { (a.dims(), b.dims()) };
    let mut leading = longer[..longer.len() - 2].to_vec();
    let shared = &shorter[..shorter.len().saturating_sub(2)];
    for (size, other) in leading.iter_mut().rev().zip(shared.iter().rev()) {
        *size = if *size == 1 { *other } else { *size };
    }
    let with = |rows: usize, columns: usize| [&leading[..], &[rows, columns]].concat();
    let flat = |x: &Tensor| {
        let (rows, columns) = (x.dim(D::Minus2)?, x.dim(D::Minus1)?);
        x.broadcast_as(with(rows, columns))?.contiguous()?.reshape(((), rows, columns))
    };
    let products = flat(a)?.matmul(&flat(b)?)?;
    let (_, rows, columns) = products.dims3()?;
    Ok(products.reshape(with(rows, columns))?)
}

/// `x` as candle multiplies it: matrices one behind the other, each by rows or by columns.
pub(super) fn matrices(x: &Tensor) -> Result<Tensor, Fault> {
    let (sizes, strides) = (x.dims(), x.stride());
    let (Some((leading, &[rows, columns])), Some((steps, matrix))) =
        (sizes.split_last_chunk(), strides.split_last_chunk::<2>())
    else {
        return Ok(x.clone());
    };
    let mut expected = rows * columns;
    let mut even = *matrix == [columns, 1] || *matrix == [1, rows];
    for (size, step) in leading.iter().zip(steps).rev() {
        even &= *size == 1 || *step == expected;
        expected *= size;
    }
    if even { Ok(x.clone()) } else { Ok(x.contiguous()?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn many_axes_in_front_of_matrices_are_broadcast() {
        let numbers = |shape: &[usize]| {
            let count = shape.iter().product::<usize>();
            let values: Vec<f32> = (0..count).map(|value| value as f32).collect();
            Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        let (a, b) = (numbers(&[2, 1, 3, 2, 4]), numbers(&[5, 1, 4, 2]));
        let found = product(&a, &b).unwrap();
        assert_eq!(found.dims(), [2, 5, 3, 2, 2]);
        let of = |i: usize, j: usize, k: usize| found.get(i).unwrap().get(j).unwrap().get(k).unwrap();
        let expected =
            a.get(1).unwrap().get(0).unwrap().get(2).unwrap().matmul(&b.get(4).unwrap().get(0).unwrap());
        assert_eq!(
            of(1, 4, 2).flatten_all().unwrap().to_vec1::<f32>().unwrap(),
            expected.unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        );
    }
}
