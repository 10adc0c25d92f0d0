//! Nonlinearities by the names that `config.json` gives them (transformers' `ACT2FN`).

use std::fmt;
use std::str::FromStr;

/// A neural network's element-wise nonlinearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// x (`linear`)
    Identity,
    /// max(x, 0)
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// max(x, 0)²
    Relu2,
    /// x · Φ(x) by the error function.
    Gelu,
    /// GELU by its tanh approximation (`gelu_new`, `gelu_fast`, `gelu_pytorch_tanh`).
    GeluTanh,
    /// x · σ(1.702 x)
    QuickGelu,
    /// x · σ(x) (`silu`, `swish`)
    Silu,
    /// σ(x)
    Sigmoid,
    /// tanh x
    Tanh,
    /// x · tanh(ln(1 + eˣ))
    Mish,
    /// √ln(1 + eˣ)
    SqrtSoftplus,
    /// x if positive, else 0.01 x
    LeakyRelu,
    /// x · min(max(x + 3, 0), 6) / 6
    HardSwish,
    /// GELU limited to ±10.
    ClippedGelu,
    /// (1 + erf((x − 0.707107) / (0.282095 √2))) / 2 (MEGA, arXiv:2209.10655).
    Laplace,
}

/// Every accepted name, and what it means.
const NAMES: &[(&str, Activation)] = &[
    ("gelu", Activation::Gelu),
    ("gelu_10", Activation::ClippedGelu),
    ("gelu_accurate", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_python", Activation::Gelu),
    ("gelu_python_tanh", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("hardswish", Activation::HardSwish),
    ("laplace", Activation::Laplace),
    ("leaky_relu", Activation::LeakyRelu),
    ("linear", Activation::Identity),
    ("mish", Activation::Mish),
    ("quick_gelu", Activation::QuickGelu),
    ("relu", Activation::Relu),
    ("relu2", Activation::Relu2),
    ("relu6", Activation::Relu6),
    ("sigmoid", Activation::Sigmoid),
    ("silu", Activation::Silu),
    ("sqrtsoftplus", Activation::SqrtSoftplus),
    ("swish", Activation::Silu),
    ("tanh", Activation::Tanh),
];

impl Activation {
    /// The names that [`FromStr`] accepts, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// A name that is no supported activation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown activation {name:?}; supported: {}", Activation::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownActivation {
    name: String,
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, activation)| *activation).ok_or_else(|| UnknownActivation { name: name.into() })
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Identity => "linear",
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
            Self::Relu2 => "relu2",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_pytorch_tanh",
            Self::QuickGelu => "quick_gelu",
            Self::Silu => "silu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Mish => "mish",
            Self::SqrtSoftplus => "sqrtsoftplus",
            Self::LeakyRelu => "leaky_relu",
            Self::HardSwish => "hardswish",
            Self::ClippedGelu => "gelu_10",
            Self::Laplace => "laplace",
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_activation_reads_back_from_its_own_name() {
        for (_, activation) in NAMES {
            assert_eq!(activation.to_string().parse(), Ok(*activation));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_choices() {
        let error = "gleu".parse::<Activation>().unwrap_err().to_string();
        assert!(error.starts_with("unknown activation \"gleu\"; supported: gelu, gelu_10, "), "{error}");
    }
}
