//! The fields that every config has: the runtime's `CommonConfig`.

use crate::lower::ident;
use proc_macro2::TokenStream;
use quote::quote;

/// Fields that a spec may name, with their types; other types of them would be other fields.
const FIELDS: [(&str, &str); 9] = [
    ("architectures", "[String]?"),
    ("chunk_size_feed_forward", "usize"),
    ("dtype", "String?"),
    ("is_encoder_decoder", "bool"),
    ("labels", "Labels"),
    ("output_attentions", "bool?"),
    ("output_hidden_states", "bool?"),
    ("return_dict", "bool?"),
    ("transformers_version", "String?"),
];

/// The type of a common field.
pub(crate) fn common_type(name: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// How emitted code gets at a field of the config that is in `receiver`.
pub(crate) fn field_of(receiver: &TokenStream, name: &str) -> TokenStream {
    let field = ident(name);
    match common_type(name) {
        Some(_) => quote!(#receiver.common.#field),
        None => quote!(#receiver.#field),
    }
}
