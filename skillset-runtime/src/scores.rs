//! From logits to scores, as transformers' pipelines compute them.

/// Replaces logits by probabilities that sum to 1.
///
/// Entries of negative infinity get probability 0, as long as one entry is finite.
pub fn softmax(logits: &mut [f32]) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // A vocabulary is long enough for single precision to lose digits in a plain sum.
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - max).exp();
        sum += f64::from(*logit);
    }
    for logit in logits.iter_mut() {
        *logit = (f64::from(*logit) / sum) as f32;
    }
}

/// Replaces logits by the logarithms of their probabilities.
///
/// Entries of negative infinity stay as they are.
pub fn log_softmax(logits: &mut [f32]) {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if max == f32::NEG_INFINITY {
        return;
    }
    let sum: f64 = logits.iter().map(|&logit| f64::from((logit - max).exp())).sum();
    let log_sum = sum.ln() as f32;
    for logit in logits {
        *logit = *logit - max - log_sum;
    }
}

/// The entropy of probabilities, in nats; those that are 0 have no part in it.
pub fn entropy(probabilities: &[f32]) -> f32 {
    let terms = probabilities.iter().filter(|&&probability| probability > 0.0);
    terms.map(|&probability| f64::from(-probability * probability.ln())).sum::<f64>() as f32
}

/// The logistic function.
pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// The position of the largest value, the first one among equals; `None` if there are no values.
pub fn argmax(values: &[f32]) -> Option<usize> {
    let mut best = None;
    for (index, &value) in values.iter().enumerate() {
        if best.is_none_or(|(_, largest)| value > largest) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// The positions of the `k` largest values, largest first, equal ones in their order.
pub fn top_k(values: &[f32], k: usize) -> Vec<usize> {
    let by_rank = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
    let mut order: Vec<usize> = (0..values.len()).collect();
    if k < order.len() {
        // The order is total, so the first k of the partition are the k largest.
        order.select_nth_unstable_by(k, by_rank);
        order.truncate(k);
    }
    order.sort_unstable_by(by_rank);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_masked_entries_get_none() {
        let mut row = [1000.0, f32::NEG_INFINITY, 1000.0];
        softmax(&mut row);
        assert_eq!(row, [0.5, 0.0, 0.5]);
        log_softmax(&mut row);
        let expected = [0.5f32, 0.0, 0.5].map(|logit| (logit.exp() / (1.0 + 2.0 * 0.5f32.exp())).ln());
        assert!(row.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{row:?}");
    }

    #[test]
    fn ties_go_to_the_first() {
        let row = [1.0, 3.0, 3.0, -1.0, 2.0];
        assert_eq!(argmax(&row), Some(1));
        assert_eq!(argmax(&[]), None);
        assert_eq!(top_k(&row, 3), [1, 2, 4]);
        assert_eq!(top_k(&row, 9), [1, 2, 4, 0, 3]);
        assert_eq!(top_k(&row, 0), [] as [usize; 0]);
    }
}
