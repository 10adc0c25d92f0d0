//! What a text starts with: `_retrieve_init_tokens` of transformers' `WhisperForConditionalGeneration`.

use super::languages;
use super::settings::Settings;
use crate::model::{did_you_mean, nearest};

/// What Whisper can do.
const TASKS: [&str; 2] = ["translate", "transcribe"];

/// The tokens before the text, as far as they are known before anything is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    tokens: Vec<Option<i64>>,
    /// Whether the language is still to be detected.
    pub detects_language: bool,
}

impl Opening {
    /// What a call asks for: a language, a task, timestamps.
    ///
    /// # Errors
    /// If the model has no token for what is asked.
    pub(super) fn new(
        settings: &Settings,
        language: Option<&str>,
        task: Option<&str>,
        timestamps: bool,
    ) -> Result<Self, String> {
        if !settings.is_multilingual && (language.is_some() || task.is_some()) {
            return Err("language, task: expected neither, since the model knows English only".to_owned());
        }
        let language = language.or(settings.language.as_deref());
        let task = task.or(settings.task.as_deref());
        let mut tokens = vec![Some(settings.start)];
        if language.is_none() && task.is_none() {
            tokens.extend(forced(settings)?);
        }
        let is_undefined = matches!(tokens[..], [_] | [_, None, ..]);
        let found = language.map(|language| language_id(settings, language)).transpose()?;
        let detects_language = found.is_none() && settings.languages.is_some() && is_undefined;
        if found.is_some() || detects_language {
            match tokens.get_mut(1) {
                Some(second) => *second = found,
                None => tokens.push(found),
            }
        }
        let is_task = |token: &Option<i64>| {
            let mut tasks = settings.tasks.iter().flat_map(|tasks| tasks.values());
            token.is_some_and(|token| tasks.any(|task| *task == token))
        };
        match task {
            Some(task) => tokens.push(Some(task_id(settings, task)?)),
            None if language.is_some() && settings.tasks.is_some() && !tokens.iter().any(is_task) => {
                tokens.push(Some(task_id(settings, "transcribe")?));
            }
            None => {}
        }
        match settings.no_timestamps {
            Some(token) if timestamps && tokens.last() == Some(&Some(token)) => {
                tokens.pop();
            }
            Some(token) if !timestamps && tokens.last() != Some(&Some(token)) => tokens.push(Some(token)),
            _ => {}
        }
        Ok(Self { tokens, detects_language })
    }

    /// The tokens, with the language that was detected if it is to be.
    pub(super) fn tokens(&self, detected: Option<i64>) -> Vec<i64> {
        let mut tokens = self.tokens.clone();
        if let (true, Some(second)) = (self.detects_language, tokens.get_mut(1)) {
            *second = detected;
        }
        tokens.into_iter().flatten().collect()
    }
}

/// The tokens that an older file forces, without the first.
fn forced(settings: &Settings) -> Result<Vec<Option<i64>>, String> {
    let Some(forced) = &settings.forced else { return Ok(vec![]) };
    if forced.first().is_none_or(|(at, _)| *at != 1) {
        return Ok(vec![]);
    }
    let in_order = |(index, (at, token)): (usize, &(usize, Option<i64>))| match *at == index + 1 {
        true => Ok(*token),
        false => Err(format!("forced_decoder_ids: expected position {} next, found {at}", index + 1)),
    };
    forced.iter().enumerate().map(in_order).collect()
}

fn language_id(settings: &Settings, language: &str) -> Result<i64, String> {
    let known = settings.languages.as_ref().ok_or(
        "language: expected lang_to_id in generation_config.json, found none; update that file, or leave the option out",
    )?;
    let name = language.to_lowercase();
    if let Some(id) = known.get(&name) {
        return Ok(*id);
    }
    let code = languages::code(&name).ok_or_else(|| {
        let near = did_you_mean(nearest(&name, languages::names()));
        format!("language: expected a language that Whisper knows, found {language:?}{near}")
    })?;
    let token = format!("<|{code}|>");
    known.get(&token).copied().ok_or_else(|| {
        format!(
            "language: expected one of lang_to_id in generation_config.json, found {language:?} ({token})"
        )
    })
}

fn task_id(settings: &Settings, task: &str) -> Result<i64, String> {
    let known = settings.tasks.as_ref().ok_or(
        "task: expected task_to_id in generation_config.json, found none; update that file, or leave the option out",
    )?;
    let id = known.get(task).filter(|_| TASKS.contains(&task));
    id.copied().ok_or_else(|| format!("task: expected {}, found {task:?}", TASKS.join(" or ")))
}
