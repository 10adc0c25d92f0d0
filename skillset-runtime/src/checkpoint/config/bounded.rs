//! Getters and checks for values that emitted code computes with.

use super::value::show;
use super::{ConfigError, Reader};

/// More layers than this are taken for damage: a graph has nodes for each one.
pub(super) const MAX_COUNT: usize = 1 << 16;

impl Reader<'_> {
    /// Reads a size that something is divided by: 0 is an error.
    pub fn positive(&self, field: &str, default: impl Into<Option<usize>>) -> Result<usize, ConfigError> {
        let errors_before = self.error_count();
        let size = self.usize(field, default)?;
        // A stand-in for a value that was reported already is 0, too.
        self.require(size > 0 || self.error_count() > errors_before, field, "a positive integer")?;
        Ok(size)
    }

    /// Reads how often a part of the model is repeated: at most 2¹⁶ times.
    pub fn count(&self, field: &str, default: impl Into<Option<usize>>) -> Result<usize, ConfigError> {
        let count = self.usize(field, default)?;
        self.require(count <= MAX_COUNT, field, format_args!("at most {MAX_COUNT} layers"))?;
        Ok(count)
    }

    /// As [`count`](Self::count) of a field that may be `null`, and is without a default where it is missing.
    pub fn opt_count(
        &self,
        field: &str,
        default: impl Into<Option<usize>>,
    ) -> Result<Option<usize>, ConfigError> {
        let count = match default.into() {
            Some(default) => self.opt_usize_or(field, default)?,
            None => self.opt_usize(field)?,
        };
        let is_sane = count.is_none_or(|count| count <= MAX_COUNT);
        self.require(is_sane, field, format_args!("at most {MAX_COUNT} layers"))?;
        Ok(count)
    }

    /// Reads how often parts of each stage of the model are repeated: each at most 2¹⁶ times.
    pub fn list_count(
        &self,
        field: &str,
        default: impl Into<Option<Vec<usize>>>,
    ) -> Result<Vec<usize>, ConfigError> {
        let counts = self.list_usize(field, default)?;
        let is_sane = counts.iter().all(|&count| count <= MAX_COUNT);
        self.require(is_sane, field, format_args!("at most {MAX_COUNT} layers a stage"))?;
        Ok(counts)
    }

    /// Reads `[height, width]`, or one number that is both.
    pub fn size2(
        &self,
        field: &str,
        default: impl Into<Option<[usize; 2]>>,
    ) -> Result<[usize; 2], ConfigError> {
        self.get(field, default)
    }

    /// An error "expected …, found …" at `field` unless `holds`; a [collecting](Reader::collecting) reader records it.
    pub fn require(
        &self,
        holds: bool,
        field: &str,
        expected: impl std::fmt::Display,
    ) -> Result<(), ConfigError> {
        if holds {
            return Ok(());
        }
        let found = self.value(field).map_or_else(|| "nothing".to_owned(), show);
        self.refuse(field, format_args!("expected {expected}, found {found}"))
    }

    /// An error at `field`; a [collecting](Reader::collecting) reader records it.
    pub(super) fn refuse(&self, field: &str, message: impl std::fmt::Display) -> Result<(), ConfigError> {
        self.settle(Err(self.error(field, message)))
    }

    /// How many errors this reader has collected.
    fn error_count(&self) -> usize {
        self.collected.as_ref().map_or(0, |errors| errors.borrow().messages().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T>(
        config: serde_json::Value,
        get: impl Fn(&Reader<'_>) -> Result<T, ConfigError>,
    ) -> Result<T, String> {
        let reader = Reader::new(&config, "config.json").unwrap().collecting();
        let value = get(&reader).map_err(|error| error.to_string())?;
        reader.finish().map(|()| value).map_err(|error| error.to_string())
    }

    #[test]
    fn sizes_that_divide_are_positive() {
        assert_eq!(read(json!({}), |r| r.positive("heads", 12)), Ok(12));
        let zero = read(json!({ "heads": 0 }), |r| r.positive("heads", 12));
        assert_eq!(zero.unwrap_err(), "config.json: /heads: expected a positive integer, found 0");
        let word = read(json!({ "heads": "x" }), |r| r.positive("heads", 12));
        assert_eq!(word.unwrap_err(), "config.json: /heads: expected a non-negative integer, found \"x\"");
        let both = read(json!({ "heads": 0, "width": "x" }), |r| {
            Ok((r.usize("width", 1)?, r.positive("heads", 1)?))
        });
        assert_eq!(both.unwrap_err().lines().count(), 2);
    }

    #[test]
    fn layers_are_limited() {
        let many = read(json!({ "layers": 100_000 }), |r| r.count("layers", 12));
        assert_eq!(many.unwrap_err(), "config.json: /layers: expected at most 65536 layers, found 100000");
        let many = read(json!({ "depths": [2, 100_000] }), |r| r.list_count("depths", None));
        assert_eq!(
            many.unwrap_err(),
            "config.json: /depths: expected at most 65536 layers a stage, found [2,100000]"
        );
    }

    #[test]
    fn a_size_is_one_number_or_two() {
        let size = |config| read(config, |r| r.size2("size", [224, 224]));
        assert_eq!(size(json!({})), Ok([224, 224]));
        assert_eq!(size(json!({ "size": 32 })), Ok([32, 32]));
        assert_eq!(size(json!({ "size": [12, 20] })), Ok([12, 20]));
        let error = |config| size(config).unwrap_err().replace("config.json: ", "");
        assert_eq!(
            error(json!({ "size": [1, 2, 3] })),
            "/size: expected a size or [height, width], found [1,2,3]"
        );
        assert_eq!(error(json!({ "size": [1, -2] })), "/size/1: expected a non-negative integer, found -2");
        assert_eq!(error(json!({ "size": null })), "/size: expected a non-negative integer, found null");
    }
}
