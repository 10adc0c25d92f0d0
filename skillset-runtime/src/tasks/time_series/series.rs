//! What tasks on time series take.

use serde_json::Value;

use crate::checkpoint::{ConfigError, Reader};
use crate::tasks::options::TaskOptions;

/// A stretch of a time series: rows in the order of time, of one value for each channel. NaN stands for what was not
/// observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    values: Vec<f32>,
    channels: usize,
}

/// Why rows are no series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// There is nothing in it.
    #[error("expected rows of a value for each channel, found none")]
    Empty,
    /// A row has another number of channels than the first one.
    #[error("row {row}: expected {expected} values as in the first row, found {found}")]
    Uneven {
        /// The row's position.
        row: usize,
        /// How many values the first row has.
        expected: usize,
        /// How many this one has.
        found: usize,
    },
    /// A value is an infinity.
    #[error("row {row}: expected finite numbers, or NaN for what was not observed, found an infinity")]
    Infinite {
        /// The row's position.
        row: usize,
    },
}

/// What a call to a task on time series can ask for: nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeriesOptions;

impl TaskOptions for SeriesOptions {
    const FIELDS: &'static [&'static str] = &[];

    fn read(_: &Reader<'_>) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl Series {
    /// A series of rows.
    ///
    /// # Errors
    /// If there are none, or they do not have the same number of values, or one of these is infinite.
    pub fn new(rows: impl IntoIterator<Item = impl AsRef<[f32]>>) -> Result<Self, SeriesError> {
        let (mut values, mut channels) = (vec![], None);
        for (row, found) in rows.into_iter().enumerate() {
            let found = found.as_ref();
            let expected = *channels.get_or_insert(found.len());
            if found.len() != expected {
                return Err(SeriesError::Uneven { row, expected, found: found.len() });
            }
            if found.iter().any(|value| value.is_infinite()) {
                return Err(SeriesError::Infinite { row });
            }
            values.extend_from_slice(found);
        }
        match channels {
            Some(channels) if channels > 0 => Ok(Self { values, channels }),
            _ => Err(SeriesError::Empty),
        }
    }

    /// A series of one channel.
    ///
    /// # Errors
    /// As [`Series::new`].
    pub fn of_one_channel(values: &[f32]) -> Result<Self, SeriesError> {
        Self::new(values.iter().map(std::slice::from_ref))
    }

    /// How many channels there are.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.values.len() / self.channels
    }

    /// The last rows, row by row.
    pub(super) fn last(&self, rows: usize) -> &[f32] {
        &self.values[self.values.len().saturating_sub(rows.saturating_mul(self.channels))..]
    }

    /// Reads a list of rows, or of the values of one channel; null stands for what was not observed.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        let number = |value: &Value| match value {
            Value::Null => Ok(f32::NAN),
            value => match value.as_f64() {
                Some(number) => Ok(number as f32),
                None => Err(format!("expected numbers, or null for what was not observed, found {value}")),
            },
        };
        let row = |row: &Value| match row {
            Value::Array(values) => values.iter().map(number).collect(),
            value => Ok(vec![number(value)?]),
        };
        let rows = value.as_array().ok_or_else(|| format!("expected a list of rows, found {value}"))?;
        let rows: Vec<Vec<f32>> = rows.iter().map(row).collect::<Result<_, String>>()?;
        Self::new(rows).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_or_the_values_of_one_channel_are_read() {
        let series = Series::parse(&json!([[1, 2.5], [null, 4]])).unwrap();
        assert_eq!((series.rows(), series.channels()), (2, 2));
        assert!(series.last(1)[0].is_nan() && series.last(1)[1] == 4.0);
        assert_eq!(Series::parse(&json!([1, 2])).unwrap(), Series::of_one_channel(&[1.0, 2.0]).unwrap());
    }

    #[test]
    fn what_is_no_series_is_refused() {
        let error = |value| Series::parse(&value).unwrap_err();
        assert_eq!(error(json!([])), "expected rows of a value for each channel, found none");
        assert_eq!(error(json!([[], []])), error(json!([])));
        assert_eq!(error(json!([[1], [1, 2]])), "row 1: expected 1 values as in the first row, found 2");
        assert!(error(json!([[1], [1e300]])).starts_with("row 1: expected finite numbers"));
        assert!(error(json!("1,2")).starts_with("expected a list of rows"));
        assert!(error(json!(["1"])).starts_with("expected numbers"));
    }
}
