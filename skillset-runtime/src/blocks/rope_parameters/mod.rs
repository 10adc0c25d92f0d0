//! The `rope_parameters` of a config and what they mean for frequencies.

mod by_layer;
mod read;

pub use by_layer::LayerRopeParameters;

use std::f64::consts::PI;

use crate::checkpoint::{Json, JsonMap, ToJson};

/// How positions turn into rotations: transformers' `rope_parameters` (formerly `rope_theta` and `rope_scaling`).
#[derive(Clone, Debug, PartialEq)]
pub struct RopeParameters {
    /// The base of the geometric series of wavelengths.
    pub theta: f64,
    /// The share of a head's channels that rotate.
    pub partial_rotary_factor: f64,
    /// What is done for contexts longer than those of pretraining.
    pub scaling: RopeScaling,
    /// Factor of cosines and sines; none: what the scaling prescribes.
    pub attention_factor: Option<f64>,
    /// The context length of pretraining; none: the config's `max_position_embeddings`.
    pub original_max_position_embeddings: Option<usize>,
    /// The whole object in today's spelling, with entries that no field above stands for.
    pub entries: JsonMap<String, Json>,
}

/// A scaling for long contexts, by transformers' `rope_type`.
#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// None.
    Default,
    /// Positions divided by a factor (arXiv:2306.15595).
    Linear {
        /// The factor.
        factor: f64,
    },
    /// NTK-aware scaling of the base by the current length.
    Dynamic {
        /// The factor.
        factor: f64,
    },
    /// YaRN (arXiv:2309.00071).
    Yarn {
        /// The factor; none: `max_position_embeddings / original_max_position_embeddings`.
        factor: Option<f64>,
        /// Rotations above which a channel is not interpolated.
        beta_fast: f64,
        /// Rotations below which a channel is fully interpolated.
        beta_slow: f64,
        /// Numerator of the attention factor's log scale.
        mscale: Option<f64>,
        /// Denominator of the attention factor's log scale.
        mscale_all_dim: Option<f64>,
        /// Whether the correction range is rounded to channels.
        truncate: bool,
    },
    /// LongRoPE (arXiv:2402.13753): a factor per channel pair, one set for short and one for long sequences.
    LongRope {
        /// Ratio of the extended to the original context; none: from the config's lengths.
        factor: Option<f64>,
        /// Divisors up to the original context.
        short_factor: Vec<f64>,
        /// Divisors beyond it.
        long_factor: Vec<f64>,
    },
    /// Llama 3's: long wavelengths divided, a smooth ramp between.
    Llama3 {
        /// Divisor of low frequencies.
        factor: f64,
        /// Wavelengths above `original / low_freq_factor` are divided.
        low_freq_factor: f64,
        /// Wavelengths below `original / high_freq_factor` are kept.
        high_freq_factor: f64,
    },
}

impl ToJson for RopeParameters {
    fn to_json(&self) -> Json {
        Json::Object(self.entries.clone())
    }
}

impl RopeParameters {
    /// How many channels of a head rotate.
    pub fn rotated(&self, head_dim: usize) -> usize {
        (head_dim as f64 * self.partial_rotary_factor) as usize
    }

    /// The context length of pretraining.
    pub fn original_max_positions(&self, max_positions: usize) -> usize {
        self.original_max_position_embeddings.unwrap_or(max_positions)
    }

    /// The factor of attention scores that DeepSeek's models take from `mscale_all_dim` of any scaling.
    pub fn score_factor(&self) -> f64 {
        let number = |key: &str| self.entries.get(key).and_then(Json::as_f64).unwrap_or(0.0);
        let (factor, all_dim) = (number("factor"), number("mscale_all_dim"));
        if self.scaling == RopeScaling::Default || all_dim == 0.0 || factor <= 1.0 {
            return 1.0;
        }
        (0.1 * all_dim * factor.ln() + 1.0).powi(2)
    }

    /// The factor of cosines and sines.
    pub fn attention_factor(&self, max_positions: usize) -> f64 {
        let original = self.original_max_positions(max_positions) as f64;
        let ratio = max_positions as f64 / original;
        let (prescribed, given) = match &self.scaling {
            RopeScaling::Yarn { factor, mscale, mscale_all_dim, .. } => {
                let factor = factor.unwrap_or(ratio);
                let log_scale = |m: f64| if factor <= 1.0 { 1.0 } else { 0.1 * m * factor.ln() + 1.0 };
                let both = mscale.zip(*mscale_all_dim).filter(|&(a, b)| a != 0.0 && b != 0.0);
                (
                    both.map_or_else(|| log_scale(1.0), |(a, b)| log_scale(a) / log_scale(b)),
                    self.attention_factor,
                )
            }
            RopeScaling::LongRope { factor, .. } => {
                let factor = factor.unwrap_or(ratio);
                let scale = if factor <= 1.0 { 1.0 } else { (1.0 + factor.ln() / original.ln()).sqrt() };
                (scale, self.attention_factor)
            }
            // The other kinds do not read `attention_factor`.
            _ => (1.0, None),
        };
        given.unwrap_or(prescribed)
    }
}

impl RopeScaling {
    /// `rope_type` as a config spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Linear { .. } => "linear",
            Self::Dynamic { .. } => "dynamic",
            Self::Yarn { .. } => "yarn",
            Self::LongRope { .. } => "longrope",
            Self::Llama3 { .. } => "llama3",
        }
    }

    /// Radians per position for each pair of channels, for the kinds that do not look at the sequence.
    pub(super) fn inverse_frequencies(
        &self,
        parameters: &RopeParameters,
        rotated: usize,
        max_positions: usize,
    ) -> Vec<f32> {
        let plain = frequencies(parameters.theta, rotated).into_iter().map(|frequency| 1.0 / frequency);
        let original = parameters.original_max_positions(max_positions) as f64;
        match *self {
            Self::Linear { factor } => plain.map(|inverse| inverse / factor as f32).collect(),
            Self::Llama3 { factor, low_freq_factor, high_freq_factor } => {
                let smooth = |inverse: f32| {
                    let inverse = f64::from(inverse);
                    let wavelength = 2.0 * PI / inverse;
                    let ramp =
                        (original / wavelength - low_freq_factor) / (high_freq_factor - low_freq_factor);
                    let scaled = if wavelength > original / low_freq_factor {
                        inverse / factor
                    } else if wavelength < original / high_freq_factor {
                        inverse
                    } else {
                        (1.0 - ramp) * inverse / factor + ramp * inverse
                    };
                    scaled as f32
                };
                plain.map(smooth).collect()
            }
            Self::Yarn { factor, beta_fast, beta_slow, truncate, .. } => {
                let factor = factor.unwrap_or(max_positions as f64 / original);
                let (low, high) =
                    yarn_range(parameters.theta, rotated, original, [beta_fast, beta_slow], truncate);
                let blend = |(channel, inverse): (usize, f32)| {
                    let ramp = ((channel as f64 - low) / (high - low)).clamp(0.0, 1.0);
                    let inverse = f64::from(inverse);
                    (inverse / factor * ramp + inverse * (1.0 - ramp)) as f32
                };
                plain.enumerate().map(blend).collect()
            }
            // Dynamic and LongRope look at the sequence and are built as graph nodes.
            Self::Default | Self::Dynamic { .. } | Self::LongRope { .. } => plain.collect(),
        }
    }
}

/// `theta^(2i / rotated)`: positions per radian for each pair of channels.
pub(super) fn frequencies(theta: f64, rotated: usize) -> Vec<f32> {
    (0..rotated).step_by(2).map(|i| (theta as f32).powf(i as f32 / rotated as f32)).collect()
}

/// The channels between which YaRN goes from extrapolation to interpolation.
fn yarn_range(theta: f64, rotated: usize, original: f64, betas: [f64; 2], truncate: bool) -> (f64, f64) {
    let rotated = rotated as f64;
    let channel = |rotations: f64| rotated * (original / (rotations * 2.0 * PI)).ln() / (2.0 * theta.ln());
    let [mut low, mut high] = betas.map(channel);
    if truncate {
        (low, high) = (low.floor(), high.ceil());
    }
    let (low, high) = (low.max(0.0), high.min(rotated - 1.0));
    // transformers keeps the ramp from becoming a division by zero the same way.
    if low == high { (low, high + 0.001) } else { (low, high) }
}
