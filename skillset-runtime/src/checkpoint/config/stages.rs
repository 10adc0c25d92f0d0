//! Stages of backbones, by name (`stem`, `stage1`, …) and by number, of which 0 is the stem.

/// Which stages a backbone hands out: what was not given follows from what was, and is the last of the `count` stages
/// behind the stem if neither was.
pub fn align_stages(
    count: usize,
    names: Option<Vec<String>>,
    indices: Option<Vec<i64>>,
) -> (Option<Vec<String>>, Option<Vec<i64>>) {
    match (names, indices) {
        (None, None) => (Some(vec![name(count)]), i64::try_from(count).ok().map(|last| vec![last])),
        (None, Some(indices)) => {
            (indices.iter().map(|&index| position(index, count).map(name)).collect(), Some(indices))
        }
        (Some(names), None) => {
            let indices = names.iter().map(|name| i64::try_from(number(name)?).ok()).collect();
            (Some(names), indices)
        }
        both => both,
    }
}

/// Whether a backbone of `count` stages behind the stem hands out stage `stage`.
pub fn is_stage_out(names: Option<&[String]>, indices: Option<&[i64]>, stage: usize, count: usize) -> bool {
    let (names, _) = align_stages(count, names.map(<[_]>::to_vec), indices.map(<[_]>::to_vec));
    names.is_some_and(|names| names.contains(&name(stage)))
}

/// Whether names and indices are stages of a backbone that has `count` behind the stem: each once, in order, and the same
/// ones if both are given.
pub fn are_stages(names: Option<&[String]>, indices: Option<&[i64]>, count: usize) -> bool {
    let in_order = |stages: &Option<Vec<usize>>| {
        let in_order = |stages: &Vec<usize>| {
            stages.is_sorted_by(|a, b| a < b) && stages.last().is_none_or(|last| *last <= count)
        };
        stages.as_ref().is_some_and(in_order)
    };
    let named = names.map(|names| names.iter().map(|name| number(name)).collect());
    let numbered = indices.map(|indices| indices.iter().map(|&index| position(index, count)).collect());
    let agree = named.is_none() || numbered.is_none() || named == numbered;
    agree && [named, numbered].iter().flatten().all(in_order)
}

fn name(stage: usize) -> String {
    if stage == 0 { "stem".to_owned() } else { format!("stage{stage}") }
}

fn number(of: &str) -> Option<usize> {
    let number = of.strip_prefix("stage").map_or(Some(0), |number| number.parse().ok());
    number.filter(|&number| name(number) == of)
}

/// Negative indices count from the end.
fn position(index: i64, count: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => (count + 1).checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn stages_have_names_and_indices() {
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
    fn what_transformers_refuses_is_no_list_of_stages() {
        let are = |of: &[&str], indices: Option<&[i64]>| are_stages(names(of).as_deref(), indices, 3);
        assert!(are(&["stem", "stage3"], None) && are(&["stem", "stage3"], Some(&[0, -1])) && are(&[], None));
        assert!(are_stages(None, None, 3) && are_stages(None, Some(&[-4, 1, 3]), 3));
        assert!(!are(&["stage2", "stage1"], None) && !are(&["stage1", "stage1"], None));
        for unknown in ["stage4", "stage0", "stage01", "body"] {
            assert!(!are(&[unknown], None), "{unknown}");
        }
        assert!(!are(&["stage1"], Some(&[2])) && !are(&["stage1"], Some(&[1, 2])));
        for indices in [&[4][..], &[-5], &[2, -2], &[1, 0]] {
            assert!(!are_stages(None, Some(indices), 3), "{indices:?}");
        }
    }
}
