//! Kinds of layers as configs without a list of them mean it.

use super::bounded::MAX_COUNT;

/// `kinds` over and over, an entry for each of `count` layers; none for more layers than a model has.
pub fn cycle(count: usize, kinds: &[&str]) -> Option<Vec<String>> {
    of_layers(count, |layer| kinds[layer % kinds.len()]).filter(|_| !kinds.is_empty())
}

/// `kinds` over and over as [`cycle`] has them, but for the last layer, which is `last`.
pub fn cycle_then(count: usize, kinds: &[&str], last: &str) -> Option<Vec<String>> {
    let mut layers = cycle(count, kinds)?;
    if let Some(end) = layers.last_mut() {
        last.clone_into(end);
    }
    Some(layers)
}

/// `kind` for the first of every `period` layers, `other` for the rest; none where there is no such period.
pub fn first_of_every(count: usize, period: usize, kind: &str, other: &str) -> Option<Vec<String>> {
    let is_first = |layer: usize| layer.is_multiple_of(period);
    of_layers(count, |layer| if is_first(layer) { kind } else { other }).filter(|_| period > 0)
}

/// `kind` for the last of every `period` layers, `other` for the rest; none where there is no such period.
pub fn last_of_every(count: usize, period: usize, kind: &str, other: &str) -> Option<Vec<String>> {
    let is_last = |layer: usize| (layer + 1).is_multiple_of(period);
    of_layers(count, |layer| if is_last(layer) { kind } else { other }).filter(|_| period > 0)
}

/// `kind` for the first `number` layers, `other` for the rest.
pub fn first_layers(count: usize, number: usize, kind: &str, other: &str) -> Option<Vec<String>> {
    of_layers(count, |layer| if layer < number { kind } else { other })
}

fn of_layers<'k>(count: usize, kind: impl Fn(usize) -> &'k str) -> Option<Vec<String>> {
    (count <= MAX_COUNT).then(|| (0..count).map(|layer| kind(layer).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_the_number_of_the_layer() {
        let text = |kinds: Option<Vec<String>>| kinds.map(|kinds| kinds.concat());
        assert_eq!(text(cycle(5, &["a", "b"])).as_deref(), Some("ababa"));
        assert_eq!(text(cycle_then(3, &["a", "b"], "c")).as_deref(), Some("abc"));
        assert_eq!(text(first_of_every(5, 3, "a", "b")).as_deref(), Some("abbab"));
        assert_eq!(text(last_of_every(5, 3, "a", "b")).as_deref(), Some("bbabb"));
        assert_eq!(text(first_layers(3, 2, "a", "b")).as_deref(), Some("aab"));
        assert_eq!(text(first_layers(1, 2, "a", "b")).as_deref(), Some("a"));
    }

    #[test]
    fn no_number_makes_a_panic() {
        assert_eq!(cycle(1 << 40, &["a"]), None);
        assert_eq!(last_of_every(2, 0, "a", "b"), None);
        assert_eq!(first_of_every(2, 0, "a", "b"), None);
    }
}
