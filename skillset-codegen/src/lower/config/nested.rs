//! Fields that are configs of other models.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::error::suggest;
use crate::lower::Model;
use crate::lower::expr::{Checked, ident};
use crate::lower::facts::json_or_empty;
use crate::lower::nested::{KnownModel, Nested};
use crate::source::Node;

/// The nested config of a type such as `Config<clip_vision_model>` or `Config`; none for any other type.
pub(super) fn parse(kind: &str, models: &BTreeMap<String, Model>) -> Checked<Option<Nested>> {
    if kind == "Config" {
        return Ok(Some(Nested::Chosen(BTreeMap::new())));
    }
    let Some(name) = named(kind) else { return Ok(None) };
    let model = models.get(name).ok_or_else(|| {
        let hint = suggest(name, models.keys().map(String::as_str));
        format!("there is no architecture of {name:?} among these specs{hint}")
    })?;
    Ok(Some(Nested::Known(Box::new(KnownModel::new(model)))))
}

/// The model type in `Config<clip_vision_model>`.
pub(crate) fn named(kind: &str) -> Option<&str> {
    kind.strip_prefix("Config<")?.strip_suffix('>')
}

/// The expression that reads the config; `module` is that of its type, if the spec names that.
pub(super) fn read(name: &str, default: Option<&Node>, module: Option<&TokenStream>) -> TokenStream {
    let default = json_or_empty(default);
    match module {
        Some(module) => quote!(r.config(#name, #default, #module::Config::read)?),
        None => quote!(r.any_config(#name, #default)?),
    }
}

/// Statements that refuse what no graph of the nested model describes.
pub(super) fn checks(name: &str, default: Option<&Node>, nested: &Nested) -> Vec<TokenStream> {
    let field = ident(name);
    match nested {
        Nested::Known(model) if model.is_refused => {
            let (default, module) = (json_or_empty(default), model.module());
            vec![quote!(r.config(#name, #default, #module::Config::supported)?;)]
        }
        Nested::Known(_) => vec![],
        Nested::Chosen(needs) => {
            let check = needs.iter().map(|(task, need)| {
                let (inputs, outputs) = (&need.inputs, &need.outputs);
                let (inputs, outputs) = (inputs.iter(), outputs.iter());
                quote! {
                    Nested::new(super::TYPES, &config.#field).require(
                        r,
                        #name,
                        &Need { task: #task, inputs: &[#(#inputs),*], outputs: &[#(#outputs),*] },
                    )?;
                }
            });
            check.collect()
        }
    }
}
