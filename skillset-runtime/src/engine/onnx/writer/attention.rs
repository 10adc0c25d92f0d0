//! Scaled dot-product attention.

use super::WriteError;
use super::lowering::Lowering;
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::{Attention, Compare, DType, Dim, Value};

impl Lowering<'_> {
    /// `softmax(scale · query · keyᵀ + bias + mask) · value`.
    ///
    /// Query heads that share a key head are rows of one product, so keys and values are not repeated.
    pub fn attention(&mut self, attention: &Attention, inputs: &[Value]) -> Result<String, WriteError> {
        let shape = |value: Value| self.graph.fact(value).shape.clone();
        let (query_shape, key_shape, value_shape) = (shape(inputs[0]), shape(inputs[1]), shape(inputs[2]));
        let [batch, heads, queries, width] = &query_shape[..] else {
            unreachable!("attention has four axes")
        };
        let [_, key_heads, keys, _] = &key_shape[..] else { unreachable!("attention has four axes") };
        let value_width = &value_shape[3];
        let group = heads.exact_div(key_heads).expect("key heads divide heads in a checked graph");
        let rows = queries.clone() * group;
        let per_head = |width: &Dim| [batch, heads, queries, width].map(Clone::clone);
        let grouped = |width: &Dim| [batch, key_heads, &rows, width].map(Clone::clone);

        let [query, key, value] = [0, 1, 2].map(|index| self.get(inputs[index]));
        let query = self.reshape(&query, &per_head(width), &grouped(width))?;
        let key = self.transpose(&key, &[0, 1, 3, 2]);
        let product = self.op("MatMul", &[&query, &key]);
        let scale = self.scalar(attention.scale);
        let mut scores = self.op("Mul", &[&product, &scale]);
        scores = self.reshape(&scores, &grouped(keys), &per_head(keys))?;
        if let Some(limit) = attention.softcap {
            let limit = self.scalar(limit);
            let ratio = self.op("Div", &[&scores, &limit]);
            let bounded = self.op("Tanh", &[&ratio]);
            scores = self.op("Mul", &[&bounded, &limit]);
        }
        if attention.bias {
            let bias = self.get(inputs[3]);
            scores = self.op("Add", &[&scores, &bias]);
        }
        if let Some(mask) = self.additive_mask(attention, inputs, [queries, keys])? {
            scores = self.op("Add", &[&scores, &mask]);
            // Single precision has no room for a score beside its lowest number, so adding it sets the score.
            // A bias may be that low itself, and half precision is too narrow: there sums stay finite.
            if attention.bias || self.graph.float == DType::F16 {
                let lowest = self.scalar(lowest(self.graph.float));
                scores = self.op("Max", &[&scores, &lowest]);
            }
        }
        let weights = self.node("Softmax", &[&scores], vec![AttributeProto::int("axis", -1)]);
        let weights = self.reshape(&weights, &per_head(keys), &grouped(keys))?;
        let result = self.op("MatMul", &[&weights, &value]);
        self.reshape(&result, &grouped(value_width), &per_head(value_width))
    }

    /// What is added to the scores: 0 where a query sees a key, else the lowest number; broadcast over heads.
    ///
    /// Floats that are added are the one form of mask that every provider runs.
    pub(super) fn additive_mask(
        &mut self,
        attention: &Attention,
        inputs: &[Value],
        [queries, keys]: [&Dim; 2],
    ) -> Result<Option<String>, WriteError> {
        let path = std::mem::replace(&mut self.path, "mask".into());
        let mut masks = vec![];
        if attention.causal || attention.window.is_some() {
            let rows = self.iota(&(keys.clone() - queries.clone()), queries)?;
            let column = self.ints(&[1]);
            let rows = self.op("Unsqueeze", &[&rows, &column]);
            let columns = self.iota(&Dim::from(0), keys)?;
            if attention.causal {
                let seen = self.compare(Compare::LessOrEqual, &columns, &rows);
                masks.push(self.penalty(&seen));
            }
            if let Some(window) = attention.window {
                let window = self.size(&Dim::from(window))?;
                let within = if attention.causal { Compare::Less } else { Compare::LessOrEqual };
                let ahead = (!attention.causal).then_some((&columns, &rows));
                for (from, to) in [(&rows, &columns)].into_iter().chain(ahead) {
                    let distance = self.op("Sub", &[from, to]);
                    let seen = self.compare(within, &distance, &window);
                    masks.push(self.penalty(&seen));
                }
            }
        }
        if attention.key_mask {
            let mask = self.get(inputs[inputs.len() - 1]);
            let penalty = self.penalty(&mask);
            let axes = self.ints(&[1, 2]);
            masks.push(self.op("Unsqueeze", &[&penalty, &axes]));
        }
        // The lower of two masks, not their sum, which would be −∞ where both apply.
        let masks: Vec<&str> = masks.iter().map(String::as_str).collect();
        let mask = match masks[..] {
            [] => None,
            [mask] => Some(mask.to_owned()),
            _ => Some(self.op("Min", &masks)),
        };
        self.path = path;
        Ok(mask)
    }

    /// 0 where `seen` holds, else the lowest number.
    fn penalty(&mut self, seen: &str) -> String {
        let float = self.graph.float;
        let seen = self.cast(float, seen);
        let (one, lowest) = (self.scalar(1.0), self.scalar(lowest(float)));
        let hidden = self.op("Sub", &[&one, &seen]);
        self.op("Mul", &[&hidden, &lowest])
    }
}

/// The lowest finite number of a float type.
pub(super) fn lowest(float: DType) -> f64 {
    match float {
        DType::F16 => half::f16::MIN.to_f64(),
        DType::BF16 => half::bf16::MIN.to_f64(),
        DType::F32 | DType::I64 | DType::Bool => f64::from(f32::MIN),
    }
}
