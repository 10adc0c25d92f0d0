//! Ids that are rows of a table.

use super::{EngineError, Tensors};
use crate::engine::Signature;
use crate::ir::{CheckedGraph, Op, Value};

/// Checks that inputs which are looked up in a table of fixed size name rows that it has.
///
/// Engines differ in what they make of others (ONNX counts negative ones from the end), PyTorch refuses them.
///
/// # Errors
/// Names the first input with such a value, the value and its place.
pub(super) fn check_lookups(signature: &Signature, inputs: &Tensors) -> Result<(), EngineError> {
    for lookup in &signature.lookups {
        let name = &lookup.input;
        let Some((tensor, ids)) = inputs.get(name).and_then(|t| Some((t, t.as_i64()?))) else { continue };
        let is_row = |id: i64| usize::try_from(id).is_ok_and(|id| id < lookup.rows);
        let Some(flat) = ids.iter().position(|&id| !is_row(id)) else { continue };
        let position = unravel(flat, tensor.shape());
        return Err(EngineError::Input {
            graph: signature.name.clone(),
            input: name.clone(),
            problem: format!(
                "{} at {position:?} is outside of the {} rows of {}",
                ids[flat], lookup.rows, lookup.table
            ),
        });
    }
    Ok(())
}

/// The name of a table, for messages.
pub(super) fn table(graph: &CheckedGraph, table: Value) -> String {
    let node = graph.node(table);
    match node.op {
        Op::Param(param) => format!("{:?}", graph.params[param].name),
        _ => format!("the table at {:?}", node.path),
    }
}

/// The position on each axis of element `flat`.
fn unravel(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut position = vec![0; shape.len()];
    for (place, &size) in position.iter_mut().zip(shape).rev() {
        (*place, flat) = (flat % size.max(1), flat / size.max(1));
    }
    position
}

#[cfg(test)]
mod tests {
    use crate::engine::{Signature, bind_inputs};
    use crate::ir::{Builder, DType, Dim, Request};
    use crate::tensor::Tensor;

    #[test]
    fn ids_beside_the_table_are_refused_with_their_place() {
        let builder = Builder::new("toy", &Request::default());
        let g = builder.root();
        let ids = g.input("ids", DType::I64, &[Dim::symbol("batch"), Dim::symbol("sequence")]);
        g.output("rows", g.gather(g.param("weight", &[5, 2]), 0, ids));
        let graph = builder.finish().unwrap();
        let bind = |ids: [i64; 4]| {
            let ids = Tensor::new([2, 2], ids.to_vec()).unwrap();
            bind_inputs(&Signature::from(&graph), &[("ids".to_owned(), ids)].into(), 0)
                .map_err(|error| error.to_string())
        };
        assert!(bind([0, 4, 1, 2]).is_ok());
        let message =
            |id: i64| format!("toy: input \"ids\": {id} at [1, 0] is outside of the 5 rows of \"weight\"");
        assert_eq!(bind([0, 4, -1, 2]).unwrap_err(), message(-1));
        assert_eq!(bind([0, 4, 5, 9]).unwrap_err(), message(5));
    }
}
