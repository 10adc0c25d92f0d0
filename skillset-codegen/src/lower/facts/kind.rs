//! Types of harvested fields: what they are in Rust, and how they are read.

use proc_macro2::TokenStream;
use quote::quote;

use crate::error::suggest;
use crate::lower::expr::{Checked, ident};
use crate::spec::Fact;

use super::Surroundings;
use super::literal::{json, json_or_empty, literal, rope_default};

/// A type of a field, as the harvest spells it: `OneOrMany<i64>?`.
pub(super) struct Kind<'a> {
    pub(super) name: &'a str,
    optional: bool,
}

impl<'a> Kind<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let name = text.strip_suffix('?');
        Self { name: name.unwrap_or(text), optional: name.is_some() }
    }

    /// What stands between `open` and `>`.
    fn argument(&self, open: &str) -> Option<&'a str> {
        self.name.strip_prefix(open)?.strip_suffix('>')
    }

    /// The type of a nested config.
    pub(super) fn nested(&self) -> Option<&'a str> {
        self.argument("Config<")
    }

    fn is_rope(&self) -> bool {
        matches!(self.name, "RopeParameters" | "Map<RopeParameters>")
    }

    /// What a missing field means: JSON, or words for where it comes from.
    pub(super) fn default_text(&self, fact: &Fact) -> String {
        match &fact.default {
            Some(default) => json(default),
            None if fact.derived.is_some() => "from other fields".to_owned(),
            None if self.is_rope() => "by its own rules".to_owned(),
            None if !self.optional && (self.nested().is_some() || self.name == "Config") => "{}".to_owned(),
            None => "null".to_owned(),
        }
    }

    fn is_json(&self) -> bool {
        self.is_rope() || self.name == "Json"
    }

    pub(super) fn rust_type(&self, around: Surroundings<'_>) -> Checked<TokenStream> {
        let plain = match self.nested() {
            Some(nested) => around.path(nested).map(|path| quote!(#path::Config))?,
            None => plain_type(self.name)?,
        };
        // JSON has a null of its own.
        Ok(if self.optional && !self.is_json() { quote!(Option<#plain>) } else { plain })
    }

    /// The expression that reads the field `name`.
    pub(super) fn read(&self, name: &str, fact: &Fact, around: Surroundings<'_>) -> Checked<TokenStream> {
        if self.is_rope() {
            let default = rope_default(fact.default.as_ref());
            return Ok(quote!(r.rope_parameters(#default)?));
        }
        if self.name == "Json" {
            let default = fact.default.as_ref().map_or_else(|| "null".to_owned(), json);
            return Ok(quote!(r.json(#name, #default)?));
        }
        if let Some(nested) = self.nested() {
            let (path, default) = (around.path(nested)?, json_or_empty(fact.default.as_ref()));
            return Ok(match self.optional {
                true => quote!(r.opt_config(#name, #path::Config::read)?),
                false => quote!(r.config(#name, #default, #path::Config::read)?),
            });
        }
        if self.name == "Config" {
            let default = json_or_empty(fact.default.as_ref());
            return Ok(match self.optional {
                true => quote!(r.opt_any_config(#name)?),
                false => quote!(r.any_config(#name, #default)?),
            });
        }
        let default = fact.default.as_ref().map(|default| literal(default, self.name)).transpose()?;
        let getters = match getter(self.name) {
            Some(name) => [name.to_owned(), format!("opt_{name}"), format!("opt_{name}_or")],
            None => ["get", "opt", "opt_or"].map(str::to_owned),
        };
        let [plain, opt, opt_or] = getters.map(|name| ident(&name));
        Ok(match (self.optional, default) {
            (false, None) => quote!(r.#plain(#name, None)?),
            (false, Some(default)) => quote!(r.#plain(#name, #default)?),
            (true, None) => quote!(r.#opt(#name)?),
            (true, Some(default)) => quote!(r.#opt_or(#name, #default)?),
        })
    }
}

/// The name of the reader's getter; none for types that only the generic ones read.
fn getter(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "usize" => "usize",
        "i64" => "i64",
        "f64" => "f64",
        "bool" => "bool",
        "String" => "string",
        "Activation" => "parsed",
        "[usize]" => "list_usize",
        "[i64]" => "list_i64",
        "[f64]" => "list_f64",
        "[bool]" => "list_bool",
        "[String]" => "list_string",
        _ => return None,
    })
}

fn plain_type(kind: &str) -> Checked<TokenStream> {
    if let Some(item) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let item = plain_type(item)?;
        return Ok(quote!(Vec<#item>));
    }
    for generic in ["OneOrMany", "OrString"] {
        let argument = kind.strip_prefix(generic).and_then(|rest| rest.strip_prefix('<')?.strip_suffix('>'));
        if let Some(argument) = argument {
            let (generic, argument) = (ident(generic), plain_type(argument)?);
            return Ok(quote!(#generic<#argument>));
        }
    }
    Ok(match kind {
        "usize" | "i64" | "f64" | "bool" | "String" | "Activation" => {
            let name = ident(kind);
            quote!(#name)
        }
        "Size2" => quote!([usize; 2]),
        "Config" => quote!(AnyConfig),
        "Json" | "RopeParameters" | "Map<RopeParameters>" => quote!(Json),
        _ => {
            const KNOWN: [&str; 12] = [
                "usize",
                "i64",
                "f64",
                "bool",
                "String",
                "Activation",
                "Size2",
                "Config",
                "Json",
                "RopeParameters",
                "OneOrMany<…>",
                "OrString<…>",
            ];
            return Err(format!("unknown type {kind:?}{}", suggest(kind, KNOWN)));
        }
    })
}
