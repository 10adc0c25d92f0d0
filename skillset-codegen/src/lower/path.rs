//! Checkpoint paths with placeholders: `encoder.layer.{i}`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::vocabulary::Type;

use super::expr::Checked;
use super::names::Locals;

/// A checked path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    text: String,
    /// The names in braces.
    pub uses: BTreeSet<String>,
    /// The path below which tensors are that are not stored below this one, and whether they may be.
    tied: Option<(Box<Path>, TokenStream)>,
}

impl Path {
    /// Checks `text` and appends it to this path. `{base}` stands for the path of the base model, in a head.
    pub(crate) fn join(&self, text: &str, locals: &Locals, base: Option<&str>) -> Checked<Self> {
        let tied = match &self.tied {
            Some((target, condition)) => {
                Some((Box::new(target.join(text, locals, base)?), condition.clone()))
            }
            None => None,
        };
        let (mut uses, mut joined) = (self.uses.clone(), self.text.clone());
        if !joined.is_empty() && !text.is_empty() {
            joined.push('.');
        }
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let inner = rest[open..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, after) = inner.ok_or_else(|| format!("unbalanced braces in {text:?}"))?;
            joined.push_str(&rest[..open]);
            match (base, locals.get(name)) {
                (Some(base), _) if name == "base" => joined.push_str(base),
                (_, Some(local)) if local.ty == Type::Usize => {
                    joined.push_str(&format!("{{{name}}}"));
                    uses.insert(name.to_owned());
                }
                _ => return Err(format!("`{{{name}}}` is no number of a repeated step")),
            }
            rest = after;
        }
        joined.push_str(rest);
        // `{base}` is empty where the base model is the root.
        let text = joined.trim_start_matches('.').to_owned();
        Ok(Self { text, uses, tied })
    }

    /// This path where tensors may be below `target` instead, if `condition` holds, which reads `uses`.
    pub(crate) fn tied(mut self, target: Self, condition: TokenStream, uses: BTreeSet<String>) -> Self {
        self.uses.extend(target.uses.iter().cloned().chain(uses));
        self.tied = Some((Box::new(target), condition));
        self
    }

    /// The scope at this path below `g`, as an argument.
    pub(crate) fn scope(&self) -> TokenStream {
        let scope = self.receiver();
        if self.is_empty() { scope } else { quote!(&#scope) }
    }

    /// The scope at this path below `g`, to call a method of.
    pub(crate) fn receiver(&self) -> TokenStream {
        let text = self.literal();
        match &self.tied {
            Some((target, condition)) => {
                let target = target.literal();
                quote!(g.tied_at(#text, #condition, #target))
            }
            None if self.is_empty() => quote!(g),
            None => quote!(g.at(#text)),
        }
    }

    /// The path as a string.
    fn literal(&self) -> TokenStream {
        let text = &self.text;
        if text.contains('{') { quote!(&format!(#text)) } else { quote!(#text) }
    }

    /// The path, if it has no placeholders.
    pub(crate) fn fixed(&self) -> Option<&str> {
        self.uses.is_empty().then_some(self.text.as_str())
    }

    /// Whether it leads nowhere else.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.tied.is_none()
    }
}
