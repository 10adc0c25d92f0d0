//! Inputs as transformers' `forward` takes them, made what a graph takes.

use super::{Signature, Tensors};
use crate::ir::Dim;

/// Converts inputs to the element types that a program takes where that changes no value (masks of bools or floats, pixels
/// of bytes), and repeats a single row of an optional input (positions, segments) for every row of the batch.
///
/// What cannot be made to fit stays as it is, for the engine to refuse.
pub fn conform_inputs(signature: &Signature, mut inputs: Tensors) -> Tensors {
    let leads_batch = |shape: &[Dim]| shape.first().is_some_and(|dim| dim.as_symbol() == Some("batch"));
    let mut batch = None;
    for input in &signature.inputs {
        let Some(tensor) = inputs.get_mut(&input.name) else { continue };
        if let Some(converted) = tensor.convert(input.fact.dtype) {
            *tensor = converted;
        }
        if leads_batch(&input.fact.shape) {
            match (batch, tensor.shape().first()) {
                // The first input says how many rows there are.
                (None, Some(&rows)) => batch = Some(rows),
                (Some(rows), Some(1)) => *tensor = tensor.take_rows(&vec![0; rows]),
                _ => {}
            }
        }
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Builder, DType, Request};
    use crate::tensor::Tensor;

    fn conformed(ids: Tensor, mask: Tensor) -> Tensors {
        let builder = Builder::new("toy", &Request::default());
        let g = builder.root();
        let shape = [Dim::symbol("batch"), Dim::symbol("sequence")];
        let (ids_in, mask_in) = (g.input("ids", DType::I64, &shape), g.input("mask", DType::I64, &shape));
        g.output("sum", g.add(ids_in, mask_in));
        conform_inputs(
            &Signature::from(&builder.finish().unwrap()),
            [("ids".into(), ids), ("mask".into(), mask)].into(),
        )
    }

    #[test]
    fn a_single_row_stands_for_all_and_types_are_converted() {
        let ids = Tensor::new([2, 2], vec![1i64, 2, 3, 4]).unwrap();
        let tensors = conformed(ids.clone(), Tensor::new([1, 2], vec![true, false]).unwrap());
        assert_eq!(tensors["ids"], ids);
        assert_eq!(tensors["mask"], Tensor::new([2, 2], vec![1i64, 0, 1, 0]).unwrap());
    }

    #[test]
    fn the_first_input_is_never_repeated_and_no_value_is_rounded() {
        let (ids, mask) = (
            Tensor::new([1, 2], vec![1i64, 2]).unwrap(),
            Tensor::new([2, 2], vec![0.5f32, 1.0, 1.0, 1.0]).unwrap(),
        );
        let tensors = conformed(ids.clone(), mask.clone());
        assert_eq!((&tensors["ids"], &tensors["mask"]), (&ids, &mask));
    }
}
