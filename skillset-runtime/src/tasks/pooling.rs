//! One vector for a text from the vectors of its tokens, as sentence-transformers does.

use std::path::Path;

use serde_json::Value;

use super::error::TaskError;
use crate::checkpoint::{Checkpoint, ConfigError, Reader, read_json, read_json_if_present, stays_inside};

/// How a text's vector is made of its tokens' vectors; several ways are concatenated.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooling {
    /// The ways, in the order in which their vectors stand.
    pub modes: Vec<PoolingMode>,
    /// Whether the vector is scaled to length 1.
    pub normalize: bool,
}

/// A way to make one vector of several (the fields of `1_Pooling/config.json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolingMode {
    /// The first token's vector (`cls`).
    Cls,
    /// The largest value of each component.
    Max,
    /// The mean.
    Mean,
    /// The sum over the square root of the number of tokens.
    MeanSqrtLen,
    /// The mean, the n-th token counted n times.
    WeightedMean,
    /// The last token's vector.
    LastToken,
}

/// The switches of a pooling config and their modes, in the order in which sentence-transformers concatenates.
const SWITCHES: [(&str, &str, PoolingMode); 6] = [
    ("pooling_mode_cls_token", "cls", PoolingMode::Cls),
    ("pooling_mode_max_tokens", "max", PoolingMode::Max),
    ("pooling_mode_mean_tokens", "mean", PoolingMode::Mean),
    ("pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", PoolingMode::MeanSqrtLen),
    ("pooling_mode_weightedmean_tokens", "weightedmean", PoolingMode::WeightedMean),
    ("pooling_mode_lasttoken", "lasttoken", PoolingMode::LastToken),
];

impl Default for Pooling {
    /// The mean, not scaled: what sentence-transformers does with a plain checkpoint.
    fn default() -> Self {
        Self { modes: vec![PoolingMode::Mean], normalize: false }
    }
}

impl Pooling {
    /// Reads `modules.json` and the pooling config that it points to; the default without them.
    ///
    /// # Errors
    /// If a file is broken, or there is a module that is not supported, such as a dense layer.
    pub fn from_checkpoint(checkpoint: &Checkpoint) -> Result<Self, TaskError> {
        Self::from_dir(checkpoint.dir())
    }

    fn from_dir(dir: &Path) -> Result<Self, TaskError> {
        let path = dir.join("modules.json");
        let Some(modules) = read_json_if_present(&path)? else { return Ok(Self::default()) };
        let file = path.display().to_string();
        let modules =
            modules.as_array().ok_or_else(|| ConfigError::at(&file, "", "expected a list of modules"))?;
        let mut pooling = Self { modes: vec![], normalize: false };
        for (index, module) in modules.iter().enumerate() {
            let r = Reader::new(module, &file)?;
            let class = r.string("type", None)?;
            match class.rsplit('.').next() {
                Some("Transformer") => {}
                Some("Pooling") => {
                    let folder = r.string("path", None)?;
                    if !stays_inside(&folder) {
                        let problem = format!("expected a folder inside the checkpoint's, found {folder:?}");
                        return Err(ConfigError::at(&file, &format!("/{index}/path"), problem).into());
                    }
                    let path = dir.join(folder).join("config.json");
                    let config = read_json(&path, "modules.json names it")?;
                    pooling.modes = read_modes(&config, &path.display().to_string())?;
                }
                Some("Normalize") => pooling.normalize = true,
                _ => {
                    let problem =
                        format!("{class:?} is not supported; expected Transformer, Pooling or Normalize");
                    return Err(ConfigError::at(&file, &format!("/{index}/type"), problem).into());
                }
            }
        }
        if pooling.modes.is_empty() {
            pooling.modes = Self::default().modes;
        }
        Ok(pooling)
    }

    /// The text's vector, by the vectors of its tokens, of which there has to be at least one.
    pub(super) fn pool<'a>(&self, tokens: impl ExactSizeIterator<Item = &'a [f32]> + Clone) -> Vec<f32> {
        let mut pooled: Vec<f32> = self.modes.iter().flat_map(|mode| mode.pool(tokens.clone())).collect();
        if self.normalize {
            let length = pooled.iter().map(|x| x * x).sum::<f32>().sqrt();
            // torch's `normalize` divides by no less than this.
            let length = length.max(1e-12);
            pooled.iter_mut().for_each(|x| *x /= length);
        }
        pooled
    }
}

/// Reads which modes are on. Newer files have one name (or several) in `pooling_mode`.
fn read_modes(config: &Value, file: &str) -> Result<Vec<PoolingMode>, ConfigError> {
    let r = Reader::new(config, file)?;
    if r.opt_bool("include_prompt")? == Some(false) {
        return Err(r.error("include_prompt", "false is not supported; expected true"));
    }
    let names = match r.value("pooling_mode") {
        Some(Value::Array(_)) => r.opt_list_string("pooling_mode")?,
        _ => r.opt_string("pooling_mode")?.map(|name| vec![name]),
    };
    if let Some(names) = names {
        let mode = |name: &String| {
            let found = SWITCHES.iter().find(|(_, known, _)| known == name);
            found.map(|(.., mode)| *mode).ok_or_else(|| {
                let known: Vec<&str> = SWITCHES.iter().map(|(_, known, _)| *known).collect();
                r.error("pooling_mode", format!("expected one of {}, found {name:?}", known.join(", ")))
            })
        };
        return names.iter().map(mode).collect();
    }
    let mut modes = vec![];
    for (switch, _, mode) in SWITCHES {
        if r.bool(switch, false)? {
            modes.push(mode);
        }
    }
    Ok(modes)
}

impl PoolingMode {
    fn pool<'a>(self, tokens: impl ExactSizeIterator<Item = &'a [f32]> + Clone) -> Vec<f32> {
        let count = tokens.len() as f32;
        let width = tokens.clone().next().map_or(0, <[f32]>::len);
        let fold =
            |start: f32, tokens: &mut dyn Iterator<Item = (f32, &'a [f32])>, f: fn(f32, f32) -> f32| {
                let mut sum = vec![start; width];
                for (weight, token) in tokens {
                    sum.iter_mut().zip(token).for_each(|(sum, x)| *sum = f(*sum, weight * x));
                }
                sum
            };
        let add: fn(f32, f32) -> f32 = |a, b| a + b;
        let divided = |mut sum: Vec<f32>, by: f32| {
            sum.iter_mut().for_each(|x| *x /= by);
            sum
        };
        let mut plain = tokens.clone().map(|token| (1.0, token));
        match self {
            Self::Cls => tokens.clone().next().map(<[f32]>::to_vec).unwrap_or_default(),
            Self::LastToken => tokens.last().map(<[f32]>::to_vec).unwrap_or_default(),
            Self::Max => fold(f32::NEG_INFINITY, &mut plain, f32::max),
            Self::Mean => divided(fold(0.0, &mut plain, add), count),
            Self::MeanSqrtLen => divided(fold(0.0, &mut plain, add), count.sqrt()),
            Self::WeightedMean => {
                let mut weighted = tokens.enumerate().map(|(n, token)| ((n + 1) as f32, token));
                divided(fold(0.0, &mut weighted, add), count * (count + 1.0) / 2.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pool(modes: &[PoolingMode], normalize: bool) -> Vec<f32> {
        let tokens: [&[f32]; 3] = [&[1.0, -2.0], &[3.0, 0.0], &[5.0, 8.0]];
        Pooling { modes: modes.to_vec(), normalize }.pool(tokens.into_iter())
    }

    #[test]
    fn modes() {
        assert_eq!(pool(&[PoolingMode::Cls, PoolingMode::LastToken], false), [1.0, -2.0, 5.0, 8.0]);
        assert_eq!(pool(&[PoolingMode::Max], false), [5.0, 8.0]);
        assert_eq!(pool(&[PoolingMode::Mean], false), [3.0, 2.0]);
        assert_eq!(pool(&[PoolingMode::WeightedMean], false), [22.0 / 6.0, 22.0 / 6.0]);
        assert_eq!(pool(&[PoolingMode::MeanSqrtLen], false), [9.0 / 3.0_f32.sqrt(), 6.0 / 3.0_f32.sqrt()]);
        assert_eq!(pool(&[PoolingMode::Cls], true), [1.0 / 5.0_f32.sqrt(), -2.0 / 5.0_f32.sqrt()]);
    }

    #[test]
    fn modules_cannot_leave_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let modules = json!([{"type": "sentence_transformers.models.Pooling", "path": "../1_Pooling"}]);
        std::fs::write(dir.path().join("modules.json"), modules.to_string()).unwrap();
        let error = Pooling::from_dir(dir.path()).unwrap_err().to_string();
        assert_eq!(
            error.replace(dir.path().to_str().unwrap(), "DIR"),
            "DIR/modules.json: /0/path: expected a folder inside the checkpoint's, found \"../1_Pooling\""
        );
    }

    #[test]
    fn both_spellings_of_the_config() {
        let read = |config| read_modes(&config, "config.json");
        let old = json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true});
        assert_eq!(read(old).unwrap(), [PoolingMode::Cls, PoolingMode::Mean]);
        assert_eq!(read(json!({"pooling_mode": "lasttoken"})).unwrap(), [PoolingMode::LastToken]);
        assert_eq!(
            read(json!({"pooling_mode": "sum"})).unwrap_err().to_string(),
            "config.json: /pooling_mode: expected one of cls, max, mean, mean_sqrt_len_tokens, weightedmean, \
             lasttoken, found \"sum\""
        );
    }
}
