//! When a row ends.

use super::error::GenerateError;

/// Why a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// One of the tokens that end a row was generated; it is the row's last token.
    EndToken,
    /// The text contains a stop string, which the last token completed.
    StopString,
    /// As many tokens as allowed were generated.
    Length,
}

/// Turns tokens into text; what stop strings are looked for in.
pub trait Detokenize: Send + Sync {
    /// The text of `tokens`, special tokens included.
    ///
    /// # Errors
    /// If a token is not in the vocabulary.
    fn detokenize(&self, tokens: &[i64]) -> Result<String, String>;
}

/// The conditions under which a row ends.
pub(super) struct StopCriteria<'a> {
    /// Tokens that end a row.
    pub eos: Vec<i64>,
    /// How many tokens to generate at most.
    pub max_new_tokens: usize,
    /// Texts that end a row, and what makes text of tokens.
    pub strings: Option<(&'a dyn Detokenize, Vec<String>)>,
}

impl StopCriteria<'_> {
    /// Whether the row ends with the last of `tokens`, of which `generated` were generated.
    pub(super) fn check(
        &self,
        tokens: &[i64],
        generated: usize,
    ) -> Result<Option<FinishReason>, GenerateError> {
        if tokens.last().is_some_and(|last| self.eos.contains(last)) {
            return Ok(Some(FinishReason::EndToken));
        }
        if let Some((text, strings)) = &self.strings
            && completes(*text, strings, tokens).map_err(GenerateError::Decode)?
        {
            return Ok(Some(FinishReason::StopString));
        }
        Ok((generated >= self.max_new_tokens).then_some(FinishReason::Length))
    }
}

/// Whether the last token completes one of `strings`, as `StopStringCriteria` has it: the string may start in
/// the middle of a token, in the prompt too, and the last token may go on after it, but has to be part of it.
fn completes(text: &dyn Detokenize, strings: &[String], tokens: &[i64]) -> Result<bool, String> {
    let longest = strings.iter().map(String::len).max().unwrap_or(0);
    // A token that matters has at least one byte of the string. One token more gives the first of them the
    // context that decoders which trim a leading space want.
    let tail = &tokens[tokens.len().saturating_sub(longest + 1)..];
    let Some((_, before)) = tail.split_last() else { return Ok(false) };
    let (before, after) = (text.detokenize(before)?, text.detokenize(tail)?);
    // What the last token changed: usually its own text, or from where it completed a character.
    let old = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    // Of all occurrences the last one ends last.
    let ends_in_new = |string: &String| after.rfind(string).is_some_and(|start| start + string.len() > old);
    Ok(strings.iter().any(ends_in_new))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens are indices into a list of byte strings, decoded as UTF-8 with replacement characters.
    struct Pieces(&'static [&'static [u8]]);

    impl Detokenize for Pieces {
        fn detokenize(&self, tokens: &[i64]) -> Result<String, String> {
            let bytes: Vec<u8> = tokens.iter().flat_map(|&token| self.0[token as usize]).copied().collect();
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
    }

    fn stops(pieces: &'static [&'static [u8]], string: &str) -> bool {
        let tokens: Vec<i64> = (0..pieces.len() as i64).collect();
        completes(&Pieces(pieces), &[string.to_owned()], &tokens).unwrap()
    }

    /// The examples in the documentation of transformers' `StopStringCriteria`.
    #[test]
    fn overhangs_count_and_what_is_past_does_not() {
        for pieces in [
            &[b"st" as &[u8], b"op"] as &[&[u8]],
            &[b"stop"],
            &[b"st", b"opera"],
            &[b"sto", b"pper"],
            &[b"las", b"topper"],
            &[b"s", b"to", b"pped"],
        ] {
            assert!(stops(pieces, "stop"), "{pieces:?}");
        }
        for pieces in
            [&[b"stop" as &[u8], b"at"] as &[&[u8]], &[b"st", b"op", b"at"], &[b"st", b"opera", b"tion"]]
        {
            assert!(!stops(pieces, "stop"), "{pieces:?}");
        }
    }

    #[test]
    fn characters_split_over_tokens() {
        assert!(!stops(&[b"a", &[0xe2], &[0x82]], "€"));
        assert!(stops(&[b"a", &[0xe2], &[0x82], &[0xac, b'b']], "€"));
        assert!(stops(&[b"aa", b"a"], "aa"));
    }

    #[test]
    fn an_end_token_goes_before_the_length() {
        let criteria = StopCriteria { eos: vec![2, 3], max_new_tokens: 2, strings: None };
        assert_eq!(criteria.check(&[1, 3], 2).unwrap(), Some(FinishReason::EndToken));
        assert_eq!(criteria.check(&[1, 1], 2).unwrap(), Some(FinishReason::Length));
        assert_eq!(criteria.check(&[1, 1], 1).unwrap(), None);
    }
}
