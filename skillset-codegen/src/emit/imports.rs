//! The `use` lines of a module: what its code names.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::lower::ident;
use crate::vocabulary::Vocabulary;

const CHECKPOINT: [&str; 22] = [
    "AnyConfig",
    "CommonConfig",
    "ConfigError",
    "Json",
    "JsonMap",
    "LayerType",
    "LayerTypes",
    "OneOrMany",
    "OrString",
    "Reader",
    "ToJson",
    "Words",
    "align_stages",
    "are_stages",
    "config_to_json",
    "cycle",
    "cycle_then",
    "first_layers",
    "first_of_every",
    "is_stage_out",
    "last_of_every",
    "unsupported",
];
const IR: [&str; 6] = ["DType", "Dim", "Outputs", "Scope", "Submodel", "Value"];
const MODEL: [&str; 8] =
    ["FieldInfo", "InputInfo", "InputKind", "Modality", "ModelType", "Need", "Nested", "Processor"];
/// Types that blocks hand to each other or read from a config.
const BLOCKS: [&str; 6] =
    ["GatedActivation", "LayerRopeParameters", "Levels", "Rope", "RopeParameters", "Routing"];

/// Imports for every identifier in `code` that the runtime exports, from below the path `runtime`.
pub(super) fn emit_imports(code: &TokenStream, runtime: &str) -> TokenStream {
    let mut named = BTreeSet::new();
    collect_idents(code.clone(), &mut named);
    let vocabulary = Vocabulary::get();
    let blocks = vocabulary.blocks.values().map(|block| block.rust.as_str());
    let enums = |of: &'static str| {
        let of_module = vocabulary.enums.iter().filter(move |(_, found)| found.module == of);
        of_module.map(|(name, _)| name.as_str())
    };
    let records = vocabulary.records.keys().map(String::as_str);
    let blocks = blocks.chain(records).chain(enums("blocks")).chain(BLOCKS);
    let ir = enums("ir").chain(IR);
    let runtime: TokenStream = runtime.parse().unwrap_or_else(|_| quote!(skillset_runtime));

    let mut uses = vec![];
    let mut import = |module: &str, known: &mut dyn Iterator<Item = &str>| {
        let known: BTreeSet<&str> = known.filter(|name| named.contains(*name)).collect();
        let (module, known) = (ident(module), known.into_iter().map(ident).collect::<Vec<_>>());
        match known.as_slice() {
            [] => {}
            [one] => uses.push(quote!(use #runtime::#module::#one;)),
            _ => uses.push(quote!(use #runtime::#module::{#(#known),*};)),
        }
    };
    import("blocks", &mut blocks.into_iter());
    import("checkpoint", &mut CHECKPOINT.into_iter());
    import("engine", &mut ["EngineKind"].into_iter());
    import("ir", &mut ir.into_iter());
    import("model", &mut MODEL.into_iter().chain(["Metadata", "Support", "Task"]));
    quote!(#(#uses)*)
}

fn collect_idents(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect_idents(group.stream(), into),
            _ => {}
        }
    }
}
