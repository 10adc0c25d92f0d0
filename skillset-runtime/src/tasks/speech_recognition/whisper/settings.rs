//! What `generation_config.json` says of Whisper's own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::super::error::TaskError;
use crate::checkpoint::{Checkpoint, CheckpointError, ConfigError, Reader};

/// Frames that the two convolutions of the encoder make one position of.
pub(super) const STRIDE: usize = 2;

/// Positions and tokens; none where the language is to be detected.
type Forced = Vec<(usize, Option<i64>)>;

/// The settings beside the parameters of any generation.
#[derive(Debug)]
pub(super) struct Settings {
    /// What every text starts with.
    pub start: i64,
    /// What ends a text.
    pub end: Option<i64>,
    /// Positions of the encoder's states, and of the decoder.
    pub max_source_positions: usize,
    pub max_target_positions: usize,
    /// Tokens of languages, as `<|en|>`, and of tasks.
    pub languages: Option<BTreeMap<String, i64>>,
    pub tasks: Option<BTreeMap<String, i64>>,
    /// False for a model that knows English only.
    pub is_multilingual: bool,
    /// Those that hold where a call does not say.
    pub language: Option<String>,
    pub task: Option<String>,
    pub return_timestamps: Option<bool>,
    pub condition_on_prev_tokens: bool,
    /// What texts start with in older files: tokens by position, the first behind `start`.
    pub forced: Option<Forced>,
    /// The token that says that there are no timestamps; those behind it are timestamps.
    pub no_timestamps: Option<i64>,
    pub max_initial_timestamp: Option<usize>,
    /// What stands before the text of earlier windows.
    pub previous: Option<i64>,
}

impl Settings {
    /// Reads `generation_config.json`, or `config.json` where there is none.
    ///
    /// # Errors
    /// If a field has the wrong type, or one that is not supported would change the result.
    pub(super) fn read(checkpoint: &Checkpoint) -> Result<Self, TaskError> {
        let (file, value) = match checkpoint.generation_config() {
            Some(value) => ("generation_config.json", value),
            None => ("config.json", checkpoint.config()),
        };
        let file = checkpoint.dir().join(file).display().to_string();
        let read = || Self::read_json(&Reader::new(value, &file)?, &checkpoint.config_reader()?);
        Ok(read().map_err(CheckpointError::from)?)
    }

    fn read_json(r: &Reader<'_>, config: &Reader<'_>) -> Result<Self, ConfigError> {
        for field in ["compression_ratio_threshold", "logprob_threshold", "no_speech_threshold"] {
            let unset = r.value(field).is_none_or(Value::is_null);
            r.require(unset, field, "null, since texts are not generated again at another temperature")?;
        }
        let start = match r.opt_i64("decoder_start_token_id")? {
            Some(start) => start,
            None => config.i64("decoder_start_token_id", None)?,
        };
        let end = match r.value("eos_token_id") {
            Some(Value::Array(ends)) => ends.first().and_then(Value::as_i64),
            _ => r.opt_i64("eos_token_id")?,
        };
        let suppressed: Option<Vec<i64>> = r.opt("suppress_tokens")?;
        let before_last = suppressed.as_deref().and_then(|tokens| tokens.iter().rev().nth(1).copied());
        let forced = match forced(r)? {
            Some(forced) => Some(forced),
            None => forced(config)?,
        };
        Ok(Self {
            start,
            end: end.or(r.opt_i64("bos_token_id")?),
            max_source_positions: config.positive("max_source_positions", 1500)?,
            max_target_positions: config.positive("max_target_positions", 448)?,
            languages: ids(r, "lang_to_id")?,
            tasks: ids(r, "task_to_id")?,
            is_multilingual: r.bool("is_multilingual", true)?,
            language: r.opt_string("language")?,
            task: r.opt_string("task")?,
            return_timestamps: r.opt_bool("return_timestamps")?,
            condition_on_prev_tokens: r.opt_bool("condition_on_prev_tokens")?.unwrap_or(false),
            forced,
            no_timestamps: r.opt_i64("no_timestamps_token_id")?,
            max_initial_timestamp: r.opt_usize("max_initial_timestamp_index")?,
            previous: r.opt_i64("prev_sot_token_id")?.or(before_last),
        })
    }
}

fn ids(r: &Reader<'_>, field: &str) -> Result<Option<BTreeMap<String, i64>>, ConfigError> {
    let Some(table) = r.opt_object(field)? else { return Ok(None) };
    table.keys().map(|key| Ok((key.to_owned(), table.i64(key, None)?))).collect::<Result<_, _>>().map(Some)
}

/// `[[1, 50259], [2, null], …]`
fn forced(r: &Reader<'_>) -> Result<Option<Forced>, ConfigError> {
    const FIELD: &str = "forced_decoder_ids";
    let Some(value) = r.value(FIELD).filter(|value| !value.is_null()) else { return Ok(None) };
    let pair = |pair: &Value| match &pair.as_array()?[..] {
        [at, token] if token.is_null() => Some((at.as_u64()? as usize, None)),
        [at, token] => Some((at.as_u64()? as usize, Some(token.as_i64()?))),
        _ => None,
    };
    let pairs = value.as_array().and_then(|pairs| pairs.iter().map(pair).collect::<Option<Vec<_>>>());
    let expected = || format!("expected a list of positions and tokens such as [1, 50259], found {value}");
    pairs.map(Some).ok_or_else(|| r.error(FIELD, expected()))
}
