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

/// Which stages a backbone hands out, by name (`stem`, `stage1`, …) and by index: what was not given follows from what
/// was, and is the last of the `count` stages behind the stem if neither was.
pub fn align_stages(
    count: usize,
    names: Option<Vec<String>>,
    indices: Option<Vec<i64>>,
) -> (Option<Vec<String>>, Option<Vec<i64>>) {
    let name = |index: usize| if index == 0 { "stem".to_owned() } else { format!("stage{index}") };
    let index = |name: &String| match name.strip_prefix("stage") {
        Some(number) => number.parse().ok(),
        None => (name == "stem").then_some(0),
    };
    // Negative indices count from the end.
    let position = |index: i64| match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => (count + 1).checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    };
    match (names, indices) {
        (None, None) => (Some(vec![name(count)]), i64::try_from(count).ok().map(|last| vec![last])),
        (None, Some(indices)) => {
            (indices.iter().map(|&index| position(index).map(name)).collect(), Some(indices))
        }
        (Some(names), None) => {
            let indices = names.iter().map(index).collect();
            (Some(names), indices)
        }
        both => both,
    }
}

/// Whether a backbone of `count` stages behind the stem hands out stage `stage`, of which 0 is the stem.
pub fn is_stage_out(names: Option<&[String]>, indices: Option<&[i64]>, stage: usize, count: usize) -> bool {
    let (names, _) = align_stages(count, names.map(<[_]>::to_vec), indices.map(<[_]>::to_vec));
    let name = if stage == 0 { "stem".to_owned() } else { format!("stage{stage}") };
    names.is_some_and(|names| names.contains(&name))
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
    fn stages_have_names_and_indices() {
        let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(align_stages(4, None, None), (names(&["stage4"]), Some(vec![4])));
        assert_eq!(align_stages(4, None, Some(vec![0, -2])), (names(&["stem", "stage3"]), Some(vec![0, -2])));
        assert_eq!(
            align_stages(4, names(&["stem", "stage2"]), None),
            (names(&["stem", "stage2"]), Some(vec![0, 2]))
        );
        assert_eq!(align_stages(4, names(&["body"]), None), (names(&["body"]), None));
        assert!(is_stage_out(None, None, 4, 4) && !is_stage_out(None, None, 3, 4));
        assert!(
            is_stage_out(None, Some(&[0, -2]), 3, 4) && is_stage_out(names(&["stem"]).as_deref(), None, 0, 4)
        );
    }

    #[test]
    fn no_number_makes_a_panic() {
        assert_eq!(cycle(1 << 40, &["a"]), None);
        assert_eq!(last_of_every(2, 0, "a", "b"), None);
        assert_eq!(first_of_every(2, 0, "a", "b"), None);
    }
}
