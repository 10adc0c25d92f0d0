//! Reading `rope_parameters` from a config, in today's spelling and in those before.

use serde_json::json;

use super::{RopeParameters, RopeScaling};
use crate::checkpoint::{ConfigError, Json, JsonMap, Reader};

/// Every supported `rope_type`.
const TYPES: [&str; 6] = ["default", "dynamic", "linear", "llama3", "longrope", "yarn"];

/// The base where nothing names one, as in transformers.
const DEFAULT_THETA: f64 = 10_000.0;

impl RopeParameters {
    /// Reads the parameters as transformers' `convert_rope_params_to_dict` does: from `rope_scaling` (the old
    /// spelling, which wins where it is set) or `rope_parameters`, with `rope_theta`,
    /// `partial_rotary_factor` and `original_max_position_embeddings` beside or inside of it.
    ///
    /// # Errors
    /// If a field is missing or of the wrong type, or `rope_type` is not supported.
    pub fn read(r: &Reader<'_>, default_theta: f64) -> Result<Self, ConfigError> {
        let default = json!({ "rope_type": "default", "rope_theta": default_theta });
        let entries = match r.rope_parameters(&default.to_string())? {
            Json::Object(entries) => entries,
            _ => JsonMap::new(),
        };
        // `entries` has all of it; what stands beside it may be a field of its own.
        let r = &r.untracked();
        let is_set = |field: &str| r.value(field).is_some_and(|value| !value.is_null());
        let rope = r.object(if is_set("rope_scaling") { "rope_scaling" } else { "rope_parameters" })?;
        let inside_or_beside = |field: &str| Ok(rope.opt_f64(field)?.or(r.opt_f64(field)?));
        check_positive(r, "rope_theta")?;
        let inside = Self::read_entries(&rope)?;
        let original = r.opt_usize("original_max_position_embeddings")?;
        Ok(Self {
            theta: inside_or_beside("rope_theta")?.unwrap_or(default_theta),
            partial_rotary_factor: inside_or_beside("partial_rotary_factor")?.unwrap_or(1.0),
            original_max_position_embeddings: original.or(inside.original_max_position_embeddings),
            entries,
            ..inside
        })
    }

    /// Reads the object itself, whatever stands beside it.
    pub(super) fn read_entries(rope: &Reader<'_>) -> Result<Self, ConfigError> {
        check_positive(rope, "rope_theta")?;
        check_positive(rope, "factor")?;
        Ok(Self {
            theta: rope.opt_f64("rope_theta")?.unwrap_or(DEFAULT_THETA),
            partial_rotary_factor: rope.opt_f64("partial_rotary_factor")?.unwrap_or(1.0),
            scaling: RopeScaling::read(rope)?,
            attention_factor: rope.opt_f64("attention_factor")?,
            original_max_position_embeddings: rope.opt_usize("original_max_position_embeddings")?,
            entries: rope.extra(),
        })
    }
}

/// Frequencies are powers of the base and quotients by the factor.
fn check_positive(r: &Reader<'_>, field: &str) -> Result<(), ConfigError> {
    match r.opt_f64(field)? {
        Some(value) if value <= 0.0 => {
            Err(r.error(field, format!("expected a positive number, found {value}")))
        }
        _ => Ok(()),
    }
}

impl RopeScaling {
    fn read(r: &Reader<'_>) -> Result<Self, ConfigError> {
        let field = if r.has("rope_type") { "rope_type" } else { "type" };
        let kind = r.string(field, "default".to_owned())?;
        Ok(match kind.as_str() {
            "default" => Self::Default,
            "linear" => Self::Linear { factor: r.f64("factor", None)? },
            "dynamic" => Self::Dynamic { factor: r.f64("factor", None)? },
            "yarn" => Self::Yarn {
                factor: r.opt_f64("factor")?,
                // transformers reads 0 as unset.
                beta_fast: r.opt_f64("beta_fast")?.filter(|&beta| beta != 0.0).unwrap_or(32.0),
                beta_slow: r.opt_f64("beta_slow")?.filter(|&beta| beta != 0.0).unwrap_or(1.0),
                mscale: r.opt_f64("mscale")?,
                mscale_all_dim: r.opt_f64("mscale_all_dim")?,
                truncate: r.bool("truncate", true)?,
            },
            "longrope" => Self::LongRope {
                factor: r.opt_f64("factor")?,
                short_factor: r.list_f64("short_factor", None)?,
                long_factor: r.list_f64("long_factor", None)?,
            },
            "llama3" => Self::Llama3 {
                factor: r.f64("factor", None)?,
                low_freq_factor: r.f64("low_freq_factor", None)?,
                high_freq_factor: r.f64("high_freq_factor", None)?,
            },
            other => {
                let message =
                    format!("unsupported rotary scaling {other:?}; supported: {}", TYPES.join(", "));
                return Err(r.error(field, message));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn read(config: &Value) -> Result<RopeParameters, String> {
        let reader = Reader::new(config, "config.json").map_err(|error| error.to_string())?;
        RopeParameters::read(&reader, 10_000.0).map_err(|error| error.to_string())
    }

    #[test]
    fn old_and_new_spellings_mean_the_same() {
        let old = json!({ "rope_theta": 5e5, "rope_scaling": { "type": "linear", "factor": 2.0 } });
        let new = json!({ "rope_parameters": { "rope_type": "linear", "factor": 2.0, "rope_theta": 5e5 } });
        // What is written back keeps the old spelling beside the new one, as transformers does.
        let meaning = |json| RopeParameters { entries: Default::default(), ..read(json).unwrap() };
        assert_eq!(meaning(&old), meaning(&new));
    }

    #[test]
    fn nothing_set_is_plain_rotation() {
        let parameters = read(&json!({ "rope_scaling": null })).unwrap();
        assert_eq!((parameters.theta, parameters.scaling), (10_000.0, RopeScaling::Default));
    }

    #[test]
    fn a_base_or_factor_that_makes_no_frequencies_is_refused() {
        let error = read(&json!({ "rope_theta": 0 })).unwrap_err();
        assert_eq!(error, "config.json: /rope_theta: expected a positive number, found 0");
        let error =
            read(&json!({ "rope_parameters": { "rope_type": "linear", "factor": -2.0 } })).unwrap_err();
        assert_eq!(error, "config.json: /rope_parameters/factor: expected a positive number, found -2");
    }

    #[test]
    fn an_unknown_type_is_refused_by_name() {
        let error = read(&json!({ "rope_parameters": { "rope_type": "spiral" } })).unwrap_err();
        assert_eq!(
            error,
            "config.json: /rope_parameters/rope_type: unsupported rotary scaling \"spiral\"; supported: \
             default, dynamic, linear, llama3, longrope, yarn"
        );
    }
}
