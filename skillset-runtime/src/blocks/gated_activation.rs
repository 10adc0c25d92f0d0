//! How a config writes a nonlinearity and whether it gates in one word.

use std::fmt;
use std::str::FromStr;

use crate::ir::{Activation, UnknownActivation};

/// The nonlinearity of a feed-forward network, and whether it is the gate of a [`GatedMlp`](super::GatedMlp) or stands between the
/// layers of an [`Mlp`](super::Mlp): T5's `feed_forward_proj`, such as `relu` or `gated-silu`.
///
/// `gated-gelu` means the approximation by tanh, as checkpoints of T5 v1.1 have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatedActivation {
    /// The nonlinearity.
    pub activation: Activation,
    /// Whether it gates.
    pub gated: bool,
}

impl GatedActivation {
    /// The nonlinearity.
    pub fn activation(self) -> Activation {
        self.activation
    }

    /// Whether it gates.
    pub fn is_gated(self) -> bool {
        self.gated
    }
}

impl FromStr for GatedActivation {
    type Err = UnknownActivation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix("gated-") {
            Some("gelu") => Self { activation: Activation::GeluTanh, gated: true },
            Some(name) => Self { activation: name.parse()?, gated: true },
            None => Self { activation: text.parse()?, gated: false },
        })
    }
}

impl fmt::Display for GatedActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.gated, self.activation) {
            (true, Activation::GeluTanh) => f.write_str("gated-gelu"),
            (true, activation) => write!(f, "gated-{activation}"),
            (false, activation) => activation.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_says_both() {
        let read = |text: &str| text.parse::<GatedActivation>().map(|read| (read.gated, read.activation));
        assert_eq!(read("relu"), Ok((false, Activation::Relu)));
        assert_eq!(read("gelu"), Ok((false, Activation::Gelu)));
        assert_eq!(read("gated-gelu"), Ok((true, Activation::GeluTanh)));
        assert_eq!(read("gated-silu"), Ok((true, Activation::Silu)));
        assert!(read("gated-").unwrap_err().to_string().starts_with("unknown activation \"\"; supported"));
        assert!(read("gate-relu").unwrap_err().to_string().starts_with("unknown activation \"gate-relu\""));
    }
}
