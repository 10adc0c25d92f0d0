//! What can go wrong inside of one node, before the engine adds where.

use std::fmt;

/// Why a node could not be computed.
#[derive(Debug)]
pub(super) enum Fault {
    /// An index is outside of the axis that it picks from.
    Index {
        /// The index.
        value: i64,
        /// Where in the index tensor it stands.
        position: Vec<usize>,
        /// The size of the axis.
        size: usize,
    },
    /// Anything else.
    Reason(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index { value, position, size } => {
                write!(f, "index {value} at {position:?} is outside of 0..{size}")
            }
            Self::Reason(reason) => f.write_str(reason),
        }
    }
}

impl From<candle_core::Error> for Fault {
    fn from(error: candle_core::Error) -> Self {
        match error {
            // What candle was doing inside is no help to who reads the message.
            candle_core::Error::WithBacktrace { inner, .. } => Self::from(*inner),
            error => Self::Reason(error.to_string()),
        }
    }
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}
