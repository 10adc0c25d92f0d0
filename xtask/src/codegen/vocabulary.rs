//! The blocks and primitives of skillset-runtime, read from its source.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use skillset_codegen::vocabulary::{Callable, Enum, Param, Vocabulary};
use syn::{
    Attribute, Expr, FnArg, ImplItem, Item, ItemEnum, ItemImpl, ItemStruct, Pat, ReturnType, Visibility,
};

/// Reads the source of the runtime.
pub fn extract(source: &Path) -> Result<Vocabulary, Box<dyn Error>> {
    let blocks = parse_folder(&source.join("blocks"))?;
    let ir = parse_folder(&source.join("ir"))?;
    let ops = parse_file(&source.join("ir/scope/ops.rs"))?;
    let vocabulary = Vocabulary {
        blocks: extract_blocks(&blocks),
        primitives: ops.iter().flat_map(primitives).collect(),
        records: extract_records(&blocks),
        enums: extract_enums(&blocks, "blocks").chain(extract_enums(&ir, "ir")).collect(),
    };
    Ok(vocabulary)
}

fn parse_file(path: &Path) -> Result<Vec<Item>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let file = syn::parse_file(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.items)
}

/// All items of a folder and the folders in it, by file name.
fn parse_folder(folder: &Path) -> Result<Vec<Item>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let mut items = vec![];
    for path in paths {
        if path.is_dir() {
            items.extend(parse_folder(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            items.extend(parse_file(&path)?);
        }
    }
    Ok(items)
}

/// Structs with `new` and `build`.
fn extract_blocks(items: &[Item]) -> BTreeMap<String, Callable> {
    let mut blocks = BTreeMap::new();
    for (item, methods) in structs_with_methods(items) {
        let (Some(new), Some(build)) = (method(&methods, "new"), method(&methods, "build")) else { continue };
        let name = item.ident.to_string();
        let required: Vec<String> =
            new.sig.inputs.iter().filter_map(argument).map(|(name, _)| name).collect();
        let defaults = struct_literal(&new.block);
        let param = |name: &str| {
            let field =
                item.fields.iter().find(|field| field.ident.as_ref().is_some_and(|ident| ident == name))?;
            let is_required = required.iter().any(|required| required == name);
            Some(Param {
                name: name.to_owned(),
                kind: rust_text(&field.ty),
                default: (!is_required).then(|| defaults.get(name).cloned().unwrap_or_default()),
                doc: doc(&field.attrs),
            })
        };
        let fields = item.fields.iter().filter_map(|field| field.ident.as_ref()).map(ToString::to_string);
        let optional = fields.filter(|field| !required.contains(field));
        let names: Vec<String> = required.iter().cloned().chain(optional).collect();
        let params = names.iter().filter_map(|name| param(name)).collect();
        let returns = return_type(&build.sig.output);
        blocks.insert(snake_case(&name), Callable { rust: name, doc: doc(&item.attrs), params, returns });
    }
    blocks
}

/// Structs of sub-paths: those called `…Names`, with `Default`.
fn extract_records(items: &[Item]) -> BTreeMap<String, Vec<Param>> {
    let mut records = BTreeMap::new();
    for (item, methods) in structs_with_methods(items) {
        let name = item.ident.to_string();
        let Some(default) = method(&methods, "default").filter(|_| name.ends_with("Names")) else { continue };
        let defaults = struct_literal(&default.block);
        let params = item.fields.iter().filter_map(|field| {
            let name = field.ident.as_ref()?.to_string();
            let default = defaults.get(&name).cloned();
            Some(Param { kind: rust_text(&field.ty), default, doc: doc(&field.attrs), name })
        });
        records.insert(name, params.collect());
    }
    records
}

/// Public enums of which every variant is a bare name, with the table of their names in configs.
fn extract_enums<'i>(items: &'i [Item], module: &'i str) -> impl Iterator<Item = (String, Enum)> + 'i {
    items.iter().filter_map(move |item| {
        let Item::Enum(ItemEnum { ident, variants, vis: Visibility::Public(_), .. }) = item else {
            return None;
        };
        let is_plain = variants.iter().all(|variant| variant.fields.is_empty());
        let variants = variants.iter().map(|variant| variant.ident.to_string()).collect();
        let names = config_names(items, &ident.to_string());
        is_plain.then(|| (ident.to_string(), Enum { module: module.to_owned(), variants, names }))
    })
}

/// The constant `NAMES: &[(&str, Enum)]`.
fn config_names(items: &[Item], of: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for item in items {
        let Item::Const(item) = item else { continue };
        let Expr::Reference(reference) = &*item.expr else { continue };
        let Expr::Array(array) = &*reference.expr else { continue };
        for element in &array.elems {
            let Expr::Tuple(pair) = element else { continue };
            if let (Some(Expr::Lit(name)), Some(Expr::Path(variant))) =
                (pair.elems.first(), pair.elems.last())
                && let syn::Lit::Str(name) = &name.lit
                && let [owner, variant] = variant.path.segments.iter().collect::<Vec<_>>().as_slice()
                && owner.ident == of
            {
                names.insert(name.value(), variant.ident.to_string());
            }
        }
    }
    names
}

/// Methods of a scope that take a value first.
fn primitives(item: &Item) -> Vec<(String, Callable)> {
    let Item::Impl(item) = item else { return vec![] };
    let methods = item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    });
    let primitive = methods.filter_map(|method| {
        let params: Vec<Param> = method
            .sig
            .inputs
            .iter()
            .filter_map(argument)
            .map(|(name, kind)| Param { name, kind, default: None, doc: String::new() })
            .collect();
        let takes_value = params.first().is_some_and(|param| param.kind == "Value");
        let rust = method.sig.ident.to_string();
        let returns = return_type(&method.sig.output);
        // `where_` only avoids a word of Rust.
        let name = rust.trim_end_matches('_').to_owned();
        takes_value.then(|| (name, Callable { doc: doc(&method.attrs), rust, params, returns }))
    });
    primitive.collect()
}

/// Public structs, each with the methods of all its `impl`s.
fn structs_with_methods(items: &[Item]) -> Vec<(&ItemStruct, Vec<&syn::ImplItemFn>)> {
    let structs = items.iter().filter_map(|item| match item {
        Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => Some(item),
        _ => None,
    });
    let with_methods = structs.map(|item| {
        let impls = items.iter().filter_map(|other| match other {
            Item::Impl(ItemImpl { self_ty, items, .. }) if item.ident == rust_text(self_ty) => Some(items),
            _ => None,
        });
        let methods = impls.flatten().filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        });
        (item, methods.collect())
    });
    with_methods.collect()
}

fn method<'a>(methods: &[&'a syn::ImplItemFn], name: &str) -> Option<&'a syn::ImplItemFn> {
    methods.iter().find(|method| method.sig.ident == name).copied()
}

/// Name and type of an argument; `None` for `self`.
fn argument(argument: &FnArg) -> Option<(String, String)> {
    let FnArg::Typed(typed) = argument else { return None };
    let Pat::Ident(name) = &*typed.pat else { return None };
    Some((name.ident.to_string(), rust_text(&typed.ty)))
}

/// The fields of the struct literal that ends a block, with their values.
fn struct_literal(block: &syn::Block) -> BTreeMap<String, String> {
    let Some(syn::Stmt::Expr(Expr::Struct(literal), None)) = block.stmts.last() else {
        return BTreeMap::new();
    };
    let fields = literal.fields.iter().map(|field| {
        let name = field.member.to_token_stream().to_string();
        (name, rust_text(&field.expr))
    });
    fields.collect()
}

fn return_type(output: &ReturnType) -> String {
    match output {
        ReturnType::Type(_, ty) => rust_text(&**ty),
        ReturnType::Default => String::new(),
    }
}

/// Tokens as people write them.
fn rust_text(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let tight =
        [(" :: ", "::"), (" < ", "<"), (" >", ">"), ("& ", "&"), (" ;", ";"), (" ()", "()"), ("() ", "()")];
    tight.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

/// The documentation of an item, lines joined.
fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (position, c) in name.chars().enumerate() {
        if c.is_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}
