//! Cutting long inputs, and the windows that cutting leaves.

use tokenizers::Encoding;
use tokenizers::utils::truncation::TruncationDirection;

use super::Side;

/// Which sequence is cut when an input is too long. Each names transformers' strategy of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Truncation {
    /// None.
    #[default]
    Off,
    /// The longer one, token by token, until the pair fits.
    LongestFirst,
    /// The first one.
    OnlyFirst,
    /// The second one of a pair.
    OnlySecond,
}

/// Cuts a pair (or a single text) to `limit` tokens together. What is cut off stays in each encoding's
/// overflow, as windows that overlap by `stride` tokens.
pub(super) fn truncate(
    first: &mut Encoding,
    second: Option<&mut Encoding>,
    strategy: Truncation,
    limit: usize,
    stride: usize,
    side: Side,
) -> Result<(), String> {
    let lengths = (first.len(), second.as_ref().map(|second| second.len()));
    let total = lengths.0 + lengths.1.unwrap_or(0);
    if strategy == Truncation::Off || total <= limit {
        return Ok(());
    }
    let excess = total - limit;
    let keep = |length: usize, which: &str| {
        length.checked_sub(excess).filter(|&kept| kept > 0).ok_or_else(|| {
            format!(
                "{excess} tokens have to go, but the {which} text, which is to be cut, has only {length}; raise \
                 max_length or choose another truncation"
            )
        })
    };
    let (kept_first, kept_second) = match (strategy, lengths) {
        (Truncation::LongestFirst, (_, None)) => (limit, 0),
        (Truncation::LongestFirst, (a, Some(b))) => longest_first(a, b, limit),
        (Truncation::OnlySecond, (a, Some(b))) => (a, keep(b, "second")?),
        (Truncation::OnlySecond, (_, None)) => {
            return Err("the second text is to be cut, but there is only one".to_owned());
        }
        (_, (a, b)) => (keep(a, "first")?, b.unwrap_or(0)),
    };
    cut(first, kept_first, stride, side)?;
    second.map_or(Ok(()), |second| cut(second, kept_second, stride, side))
}

/// How many tokens of two sequences are kept when the longer one is always cut.
fn longest_first(a: usize, b: usize, limit: usize) -> (usize, usize) {
    let (short, half) = (a.min(b), limit / 2);
    // If the shorter one does not fit into half of the limit, both are cut; an odd token goes to the longer.
    let (short, long) = if short <= half { (short, limit - short) } else { (half, limit - half) };
    if a <= b { (short, long) } else { (long, short) }
}

fn cut(encoding: &mut Encoding, kept: usize, stride: usize, side: Side) -> Result<(), String> {
    if kept < encoding.len() && kept > 0 && stride >= kept {
        return Err(format!(
            "stride: expected less than the {kept} tokens that a window can hold, found {stride}"
        ));
    }
    let direction = match side {
        Side::Left => TruncationDirection::Left,
        Side::Right => TruncationDirection::Right,
    };
    encoding.truncate(kept, stride, direction);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of transformers: `tokenizers`' own `truncate_encodings`.
    #[test]
    fn longest_first_is_that_of_tokenizers() {
        use tokenizers::utils::truncation::{TruncationParams, truncate_encodings};
        let encoding = |n: usize| {
            let token = || tokenizers::Token::new(0, String::new(), (0, 0));
            Encoding::from_tokens((0..n).map(|_| token()).collect(), 0)
        };
        for (a, b, limit) in (0..12).flat_map(|a| (0..12).flat_map(move |b| (1..24).map(move |l| (a, b, l))))
        {
            if a + b <= limit {
                continue;
            }
            let params = TruncationParams { max_length: limit, ..TruncationParams::default() };
            let (x, y) = truncate_encodings(encoding(a), Some(encoding(b)), &params).unwrap();
            assert_eq!(longest_first(a, b, limit), (x.len(), y.unwrap().len()), "{a} {b} {limit}");
        }
    }
}
