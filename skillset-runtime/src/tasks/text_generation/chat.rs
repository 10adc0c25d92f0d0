//! Chats as prompts, and with what a model adds to them.

use serde_json::Value;

use super::TextGenerationOptions;
use crate::processors::chat::{ChatOptions, ChatTemplates};
use crate::tasks::Message;

/// A chat as text, by the checkpoint's template.
pub(in crate::tasks) fn render(
    templates: Option<&ChatTemplates>,
    messages: &[Message],
    options: &TextGenerationOptions,
) -> Result<String, String> {
    let templates = templates.ok_or(
        "expected a text, found a chat, and the checkpoint has no chat template (chat_template.jinja, or \
         chat_template in tokenizer_config.json)",
    )?;
    let last = messages.last().ok_or("expected a chat of at least one message, found none")?;
    let continue_final_message = continues(last, options);
    let chat_options = ChatOptions {
        add_generation_prompt: !continue_final_message,
        continue_final_message,
        tools: options.tools.clone(),
        documents: options.documents.clone(),
        ..ChatOptions::default()
    };
    let messages: Vec<Value> = messages.iter().map(Message::for_template).collect();
    templates.render(&messages, &chat_options).map_err(|error| error.to_string())
}

/// Whether the last message of a chat is continued rather than answered.
fn continues(last: &Message, options: &TextGenerationOptions) -> bool {
    options.continue_final_message.unwrap_or(last.role == "assistant")
}

/// The chat with what was generated: as a new message of the assistant, or at the end of the last one.
pub(in crate::tasks) fn continued(
    messages: &[Message],
    new: &str,
    options: &TextGenerationOptions,
) -> Vec<Message> {
    let mut messages = messages.to_vec();
    match messages.last_mut() {
        Some(last) if continues(last, options) => last.content.push(new),
        _ => messages.push(Message::assistant(new)),
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assistants_message_is_continued_and_a_users_answered() {
        let options = TextGenerationOptions::default();
        let user = [Message::user("a")];
        assert_eq!(continued(&user, "b", &options), [Message::user("a"), Message::assistant("b")]);
        let assistant = [Message::assistant("a")];
        assert_eq!(continued(&assistant, "b", &options), [Message::assistant("ab")]);
        let answer = TextGenerationOptions { continue_final_message: Some(false), ..options };
        assert_eq!(continued(&assistant, "b", &answer).len(), 2);
    }
}
