//! Finding and rendering chat templates.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::environment::environment;
use crate::checkpoint::{Reader, read_json_if_present};
use crate::processors::ProcessorError;
use crate::processors::text::TextSettings;

/// The chat templates of a checkpoint: one, or several by name.
#[derive(Debug, Clone)]
pub struct ChatTemplates {
    templates: BTreeMap<String, String>,
    /// What templates see beside the conversation, such as `bos_token`.
    variables: Map<String, Value>,
}

/// How to render a conversation.
#[derive(Debug, Clone, Default)]
pub struct ChatOptions {
    /// End with what makes the model answer.
    pub add_generation_prompt: bool,
    /// Leave the last message open, so that the model continues it.
    pub continue_final_message: bool,
    /// The template's name, where there are several. By default that is `tool_use` if there are tools and such a
    /// template, else `default`.
    pub template: Option<String>,
    /// JSON schemas of the tools that the model may call.
    pub tools: Option<Vec<Value>>,
    /// Documents for retrieval-augmented generation.
    pub documents: Option<Vec<Value>>,
    /// Further variables, such as `enable_thinking`; they replace special tokens of the same name.
    pub variables: Map<String, Value>,
    /// The time that `strftime_now` tells; that of the system's clock if `None`. Times are UTC.
    pub now: Option<SystemTime>,
}

impl ChatTemplates {
    /// The templates of a checkpoint directory: `chat_template.jinja` and `additional_chat_templates/*.jinja`, or
    /// else `chat_template.json`, or else `chat_template` in `tokenizer_config.json`. `None` if it has none.
    pub fn from_dir(dir: impl AsRef<Path>, settings: &TextSettings) -> Result<Option<Self>, ProcessorError> {
        let dir = dir.as_ref();
        let mut templates = template_files(dir)?;
        for name in ["chat_template.json", "tokenizer_config.json"] {
            let path = dir.join(name);
            if templates.is_empty()
                && let Some(value) = read_json_if_present(&path)?
            {
                templates = embedded(&Reader::new(&value, &path.display().to_string())?)?;
            }
        }
        Ok((!templates.is_empty()).then(|| Self::new(templates, settings)))
    }

    /// Templates by name, `default` being the usual one, with the special tokens of a tokenizer.
    pub fn new(templates: BTreeMap<String, String>, settings: &TextSettings) -> Self {
        let token = |(field, token): (&str, &str)| (field.to_owned(), json!(token));
        Self { templates, variables: settings.special_tokens().map(token).collect() }
    }

    /// The names of the templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.templates.keys().map(String::as_str)
    }

    /// Renders a conversation, each message an object with `role` and usually `content`, as `apply_chat_template`
    /// does. The prompt has its special tokens already: encode it with `add_special_tokens` off.
    pub fn render(&self, messages: &[Value], options: &ChatOptions) -> Result<String, ProcessorError> {
        let (name, source) = self.choose(options)?;
        let mut messages = messages.iter().enumerate().map(message).collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(chat("expected at least one message, found none"));
        }
        let continued =
            options.continue_final_message.then(|| mark_last(&mut messages, options)).transpose()?;
        let mut variables = self.variables.clone();
        variables.insert("messages".to_owned(), Value::Array(messages));
        variables.insert("tools".to_owned(), json!(options.tools));
        variables.insert("documents".to_owned(), json!(options.documents));
        variables.insert("add_generation_prompt".to_owned(), json!(options.add_generation_prompt));
        variables.extend(options.variables.clone());
        let environment = environment(name, source, options.now).map_err(|e| explain(name, &e))?;
        let template = environment.get_template(name).map_err(|e| explain(name, &e))?;
        let prompt = template.render(minijinja::value::Serde(&variables)).map_err(|e| explain(name, &e))?;
        continued.map_or(Ok(prompt.clone()), |text| cut_at_mark(&prompt, &text))
    }

    fn choose(&self, options: &ChatOptions) -> Result<(&str, &str), ProcessorError> {
        let has = |name: &str| self.templates.contains_key(name);
        let wanted = match &options.template {
            Some(name) => name,
            None if options.tools.is_some() && has("tool_use") => "tool_use",
            None => "default",
        };
        let found = self.templates.get_key_value(wanted);
        found.map(|(name, source)| (name.as_str(), source.as_str())).ok_or_else(|| {
            let names: Vec<_> = self.names().collect();
            chat(format!("the checkpoint has no chat template {wanted:?}; it has {}", names.join(", ")))
        })
    }
}

fn chat(message: impl Into<String>) -> ProcessorError {
    ProcessorError::Chat(message.into())
}

fn explain(name: &str, error: &minijinja::Error) -> ProcessorError {
    let line = error.line().map(|line| format!(", line {line}")).unwrap_or_default();
    let detail = error.detail().map_or_else(|| error.to_string(), str::to_owned);
    chat(format!("chat template {name:?}{line}: {detail}"))
}

fn template_files(dir: &Path) -> Result<BTreeMap<String, String>, ProcessorError> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(chat(format!("{}: {e}", path.display()))),
    };
    let mut templates = BTreeMap::new();
    if let Some(text) = read(&dir.join("chat_template.jinja"))? {
        templates.insert("default".to_owned(), text);
    }
    let Ok(entries) = std::fs::read_dir(dir.join("additional_chat_templates")) else { return Ok(templates) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
        let is_template = path.extension().is_some_and(|extension| extension == "jinja");
        if let (Some(name), true) = (name, is_template)
            && let Some(text) = read(&path)?
        {
            templates.insert(name, text);
        }
    }
    Ok(templates)
}

/// The `chat_template` field: one template, or a list of named ones.
fn embedded(r: &Reader<'_>) -> Result<BTreeMap<String, String>, ProcessorError> {
    const FIELD: &str = "chat_template";
    let Some(Value::Array(list)) = r.value(FIELD) else {
        let single = r.opt_string(FIELD)?;
        return Ok(single.map(|text| ("default".to_owned(), text)).into_iter().collect());
    };
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let named = |entry: &Value| text(entry, "name").zip(text(entry, "template"));
    let templates: Option<BTreeMap<_, _>> = list.iter().map(named).collect();
    Ok(templates.ok_or_else(|| r.error(FIELD, "expected a list of objects with name and template"))?)
}

/// A message as templates see it: without null fields, and with its reasoning under every name it goes by.
fn message((i, message): (usize, &Value)) -> Result<Value, ProcessorError> {
    let Value::Object(fields) = message else {
        return Err(chat(format!("message {i}: expected an object with role and content, found {message}")));
    };
    let mut fields: Map<_, _> = fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let reasoning =
        ["reasoning_content", "thinking", "reasoning"].iter().find_map(|key| fields.get(*key).cloned());
    if let Some(reasoning) = reasoning {
        fields.entry("thinking").or_insert_with(|| reasoning.clone());
        fields.insert("reasoning_content".to_owned(), reasoning);
    }
    Ok(Value::Object(fields))
}

/// Stands behind the last message's text, to find where that ends in the prompt.
const MARK: &str = "CONTINUE_FINAL_MESSAGE_TAG ";

/// Marks the end of the last message's text, and returns the text.
fn mark_last(messages: &mut [Value], options: &ChatOptions) -> Result<String, ProcessorError> {
    if options.add_generation_prompt {
        return Err(chat("continue_final_message and add_generation_prompt exclude each other"));
    }
    let last = messages.last_mut().and_then(|message| message.get_mut("content"));
    let text = match last {
        Some(Value::Array(blocks)) => blocks.iter_mut().rev().find_map(|block| block.get_mut("text")),
        other => other,
    };
    let Some(Value::String(text)) = text else {
        return Err(chat("continue_final_message: the last message has no text to continue"));
    };
    let original = text.clone();
    text.push_str(MARK);
    Ok(original)
}

fn cut_at_mark(prompt: &str, text: &str) -> Result<String, ProcessorError> {
    match prompt.rfind(MARK.trim_end()).filter(|_| prompt.contains(text.trim())) {
        // The template trimmed the message if the mark lost its space, and then the text's own end goes too.
        Some(at) if prompt[at..].starts_with(MARK) => Ok(prompt[..at].to_owned()),
        Some(at) => Ok(prompt[..at].trim_end().to_owned()),
        None => Err(chat("continue_final_message: the chat template changes or drops the last message")),
    }
}
