//! Character positions from byte positions.

/// The number of characters before every byte position of a text.
pub(super) enum CharIndex {
    /// Bytes and characters are the same.
    Ascii,
    /// Indexed by byte position, up to and including the end; a byte inside a character counts as its start.
    Table(Vec<usize>),
}

impl CharIndex {
    pub(super) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Ascii;
        }
        let mut table = Vec::with_capacity(text.len() + 1);
        for (i, c) in text.chars().enumerate() {
            table.extend(std::iter::repeat_n(i, c.len_utf8()));
        }
        table.push(text.chars().count());
        Self::Table(table)
    }

    /// The characters of a byte range. A range that ends inside a character includes it.
    pub(super) fn range(&self, (start, end): (usize, usize)) -> (usize, usize) {
        match self {
            Self::Ascii => (start, end),
            Self::Table(table) => {
                let at = |byte: usize| table[byte.min(table.len() - 1)];
                let inside = end > 0 && end < table.len() && at(end) == at(end - 1);
                (at(start), at(end) + usize::from(inside && end > start))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_to_characters() {
        let index = CharIndex::new("aé😀b");
        assert_eq!(index.range((0, 1)), (0, 1));
        assert_eq!(index.range((1, 3)), (1, 2));
        assert_eq!(index.range((3, 7)), (2, 3));
        assert_eq!(index.range((3, 5)), (2, 3));
        assert_eq!(index.range((7, 8)), (3, 4));
        assert_eq!(index.range((8, 8)), (4, 4));
        assert_eq!(index.range((0, 0)), (0, 0));
        assert_eq!(index.range((99, 99)), (4, 4));
        assert_eq!(CharIndex::new("abc").range((1, 2)), (1, 2));
    }
}
