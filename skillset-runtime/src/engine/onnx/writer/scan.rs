//! A selective scan as a loop over positions.

use super::WriteError;
use super::lowering::Lowering;
use super::value_info;
use crate::engine::onnx::proto::{AttributeProto, GraphProto, NodeProto};
use crate::ir::{Dim, Fact, Value};

impl Lowering<'_> {
    /// [`Op::SelectiveScan`](crate::ir::Op::SelectiveScan) by ONNX's `Scan`.
    ///
    /// Its decomposition is one product where all of a head's state decays alike. Where each number of it has a decay of
    /// its own, that takes memory for every pair of positions and every number; a loop holds one state.
    pub fn selective_scan(&mut self, inputs: &[Value]) -> Result<String, WriteError> {
        let fact = |value: Value| self.graph.fact(value).clone();
        let (x, step, map) = (fact(inputs[0]), fact(inputs[1]), fact(inputs[3]));
        let [batch, _, heads, width] = &x.shape[..] else { unreachable!("a scan's input has four axes") };
        let state = Fact::new(x.dtype, [batch, heads, width, &map.shape[3]].map(Clone::clone));
        let names: Vec<String> = inputs.iter().map(|&input| self.get(input)).collect();

        let before = match names.get(5) {
            Some(before) => before.clone(),
            None => {
                let zero = self.scalar(0.0);
                self.expand(&zero, &[], &state.shape)?
            }
        };
        let maps = [&names[3], &names[4]].map(|name| self.repeat_groups(name, &map.shape, heads));
        let [input, output] = maps;
        let (input, output) = (input?, output?);

        let at_position = |fact: &Fact| {
            let mut shape = fact.shape.clone();
            shape.remove(1);
            Fact::new(fact.dtype, shape)
        };
        let map_heads = if map.shape[2] == Dim::from(1) { Dim::from(1) } else { heads.clone() };
        let map = Fact::new(map.dtype, [batch.clone(), map_heads, map.shape[3].clone()]);
        let facts = [&state, &at_position(&x), &at_position(&step), &map, &map];
        let body = self.position(&names[2], facts);

        let [last, outputs] = ["Scan", "Scan"].map(|what| self.fresh(what));
        let axes = |name: &str, axis: usize, count: usize| AttributeProto::ints(name, vec![axis; count]);
        self.nodes.push(NodeProto {
            input: vec![before, names[0].clone(), names[1].clone(), input, output],
            output: vec![last.clone(), outputs.clone()],
            name: Some(outputs.clone()),
            op_type: Some("Scan".into()),
            attribute: vec![
                AttributeProto::graph("body", body),
                AttributeProto::int("num_scan_inputs", 4),
                axes("scan_input_axes", 1, 4),
                axes("scan_output_axes", 3, 1),
            ],
            domain: None,
        });
        match names.get(5) {
            Some(_) => Ok(self.node("Concat", &[&outputs, &last], vec![AttributeProto::int("axis", 3)])),
            None => Ok(outputs),
        }
    }

    /// `[batch, s, groups, n]` with a group for each head, or one for all.
    fn repeat_groups(&mut self, x: &str, shape: &[Dim], heads: &Dim) -> Result<String, WriteError> {
        let [batch, length, groups, size] = shape else { unreachable!("maps have four axes") };
        if *groups == Dim::from(1) || groups == heads {
            return Ok(x.to_owned());
        }
        let each = heads.exact_div(groups).expect("groups divide heads in a checked graph");
        let split = [batch, length, groups, &Dim::from(1), size].map(Clone::clone);
        let copied = [batch, length, groups, &each, size].map(Clone::clone);
        let x = self.reshape(x, shape, &split)?;
        let x = self.expand(&x, &split, &copied)?;
        self.reshape(&x, &copied, &[batch, length, heads, size].map(Clone::clone))
    }

    /// The loop's body: the state and what one position reads, to the state and what it gives.
    ///
    /// Every node in it depends on what it takes, so none of it is taken for a node outside.
    fn position(&mut self, decay: &str, facts: [&Fact; 5]) -> GraphProto {
        let outside = std::mem::take(&mut self.nodes);
        let names = ["state", "x", "step", "input", "output"].map(|name| self.fresh(name));
        let [state, x, step, input, output] = &names;
        let [channels, width, last] = [2, 2, 3].map(|axis| self.ints(&[axis]));

        let step = self.op("Unsqueeze", &[step, &channels]);
        let rate = self.op("Mul", &[&step, decay]);
        let kept = self.op("Exp", &[&rate]);
        let kept = self.op("Unsqueeze", &[&kept, &width]);
        let kept = self.op("Mul", &[state, &kept]);
        let x = self.op("Mul", &[x, &step]);
        let x = self.op("Unsqueeze", &[&x, &last]);
        let input = self.op("Unsqueeze", &[input, &width]);
        let added = self.op("Mul", &[&x, &input]);
        let next = self.op("Add", &[&kept, &added]);
        let output = self.op("Unsqueeze", &[output, &width]);
        let products = self.op("Mul", &[&next, &output]);
        let y = self.node("ReduceSum", &[&products, &last], vec![AttributeProto::int("keepdims", 0)]);

        let node = std::mem::replace(&mut self.nodes, outside);
        let results = [(&next, facts[0]), (&y, facts[1])];
        GraphProto {
            name: Some("position".into()),
            node,
            initializer: vec![],
            input: names.iter().zip(facts).map(|(name, fact)| value_info(name, fact)).collect(),
            output: results.into_iter().map(|(name, fact)| value_info(name, fact)).collect(),
        }
    }
}
