//! `softmax(scale · query · keyᵀ + bias, masked) · value`

use crate::ir::{Attention, Compare, Scope, Value};

pub(super) fn decompose(g: &Scope, attention: &Attention, inputs: &[Value]) -> Value {
    let query = inputs[0];
    let (key, value) = (repeat_heads(g, inputs[1], query), repeat_heads(g, inputs[2], query));

    let scaled = g.mul(query, attention.scale);
    let mut scores = g.matmul(scaled, g.transpose(key, &[0, 1, 3, 2]));
    if let Some(limit) = attention.softcap {
        scores = g.mul(g.tanh(g.div(scores, limit)), limit);
    }
    if attention.bias {
        scores = g.add(scores, inputs[3]);
    }
    if let Some(visible) = visible(g, attention, inputs, scores) {
        scores = g.where_(visible, scores, f64::from(f32::MIN));
    }
    g.matmul(g.softmax(scores, 3), value)
}

/// Which keys each query may attend to, broadcastable to the scores; `None`: all.
fn visible(g: &Scope, attention: &Attention, inputs: &[Value], scores: Value) -> Option<Value> {
    let positions = (attention.causal || attention.window.is_some()).then(|| {
        let (queries, keys) = (g.dim(scores, 2), g.dim(scores, 3));
        let query = g.unsqueeze(g.iota(keys.clone() - queries.clone(), queries), 1);
        (query, g.iota(0, keys))
    });
    let causal = positions
        .filter(|_| attention.causal)
        .map(|(query, key)| g.compare(Compare::LessOrEqual, key, query));
    let window = positions.zip(attention.window).map(|((query, key), window)| {
        if attention.causal {
            return g.compare(Compare::Less, g.sub(query, key), window);
        }
        let behind = g.compare(Compare::LessOrEqual, g.sub(query, key), window);
        g.and(behind, g.compare(Compare::LessOrEqual, g.sub(key, query), window))
    });
    let key_mask = attention.key_mask.then(|| g.unsqueeze(g.unsqueeze(inputs[inputs.len() - 1], 1), 1));
    let both = |a, b| g.and(a, b);
    [causal, window, key_mask].into_iter().flatten().reduce(both)
}

/// Grouped-query attention: each key head stands for `heads / kv_heads` query heads.
fn repeat_heads(g: &Scope, x: Value, query: Value) -> Value {
    let (heads, shape) = (g.dim(query, 1), g.shape(x));
    let [batch, kv_heads, length, width] = &shape[..] else { return x };
    let Some(group) = heads.exact_div(kv_heads).filter(|_| heads != *kv_heads) else { return x };
    let grouped = [batch, kv_heads, &group, length, width].map(Clone::clone);
    let copies = g.expand(g.unsqueeze(x, 2), &grouped);
    g.reshape(copies, &[batch.clone(), heads, length.clone(), width.clone()])
}

#[cfg(test)]
mod tests {
    use crate::ir::{Attention, Builder, DType, Dim, Request, decompose};

    #[test]
    fn decomposed_attention_infers_the_same_type() {
        let builder = Builder::new("test", &Request::default());
        let g = builder.root();
        let shape =
            |heads: usize, length: &str| [Dim::symbol("b"), heads.into(), Dim::symbol(length), 8.into()];
        let q = g.input("q", DType::F32, &shape(4, "s"));
        let k = g.input("k", DType::F32, &shape(2, "t"));
        let v = g.input("v", DType::F32, &shape(2, "t"));
        let mask = g.input("mask", DType::Bool, &[Dim::symbol("b"), Dim::symbol("t")]);
        let attention = Attention {
            scale: 0.5,
            causal: true,
            window: Some(3),
            softcap: Some(30.0),
            bias: false,
            key_mask: true,
        };
        g.output("y", g.apply_attention(attention, [q, k, v], None, Some(mask)));
        let graph = builder.finish().unwrap();
        let expected = graph.fact(graph.outputs[0].value).clone();
        let primitive = decompose(graph, |_, _| false).unwrap();
        assert_eq!(*primitive.fact(primitive.outputs[0].value), expected);
        assert!(primitive.nodes.iter().all(|node| !node.op.is_composite()));
    }
}
