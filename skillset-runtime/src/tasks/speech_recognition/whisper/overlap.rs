//! Texts of overlapping chunks: `_find_longest_common_sequence` of transformers' `tokenization_whisper`.

/// Joins texts of which each begins with what the one before ends with, more or less. Where they overlap, the left
/// half is taken from the left one and the right half from the right one.
pub(super) fn join(texts: &[Vec<u32>]) -> Vec<u32> {
    let Some((first, others)) = texts.split_first() else { return vec![] };
    let (mut joined, mut left) = (vec![], &first[..]);
    for right in others {
        let (left_middle, right_middle) = overlap(left, right);
        joined.extend_from_slice(&left[..left_middle]);
        left = &right[right_middle..];
    }
    joined.extend_from_slice(left);
    joined
}

/// The middle of the best overlap in either text; their ends if nothing matches.
fn overlap(left: &[u32], right: &[u32]) -> (usize, usize) {
    let mut best = (0.0, (left.len(), 0));
    for shift in 1..left.len() + right.len() {
        let left_range = left.len().saturating_sub(shift)..left.len().min(left.len() + right.len() - shift);
        let right_range = shift.saturating_sub(left.len())..right.len().min(shift);
        let pairs = left[left_range.clone()].iter().zip(&right[right_range.clone()]);
        let matches = pairs.filter(|(left, right)| left == right).count();
        // Of equally good ones the longer.
        let score = matches as f64 / shift as f64 + shift as f64 / 10_000.0;
        if matches > 1 && score > best.0 {
            let middle = |range: &std::ops::Range<usize>| (range.start + range.end) / 2;
            best = (score, (middle(&left_range), middle(&right_range)));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_found_in_spite_of_an_error() {
        assert_eq!(join(&[vec![1, 2, 3, 4, 5], vec![3, 4, 5, 6]]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(join(&[vec![1, 2, 3, 4, 9], vec![3, 4, 5, 6]]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(join(&[vec![1, 2], vec![3], vec![4, 5]]), [1, 2, 3, 4, 5]);
        assert_eq!(join(&[vec![1, 2], vec![]]), [1, 2]);
        assert_eq!(join(&[]), [] as [u32; 0]);
    }
}
