//! What was measured: as `support` of tasks, and as a table in the module's documentation.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lower::{Head, Model, ident};
use crate::spec::{Engine, Engines, Evidence, Measured};

/// The slice of what was measured of the task called `name`.
pub(super) fn emit_support(
    model: &Model,
    head: &Head,
    name: &str,
    evidence: Option<&Evidence>,
) -> TokenStream {
    let measured = find(model, head, name, evidence).into_iter().flat_map(Engines::iter);
    let entries = measured.map(|(engine, measured)| {
        let Measured { precision, configs, runs, max_relative_error, .. } = measured;
        let [engine, precision] = [format!("{engine:?}"), format!("{precision:?}")].map(|name| ident(&name));
        let [configs, runs] = [configs, runs].map(|count| proc_macro2::Literal::usize_unsuffixed(*count));
        let bound: TokenStream = max_relative_error.text().parse().unwrap_or_default();
        quote! {
            Support {
                engine: EngineKind::#engine,
                precision: DType::#precision,
                configs: #configs,
                runs: #runs,
                max_relative_error: #bound,
            }
        }
    });
    quote!(&[#(#entries),*])
}

/// The tasks of a model type and what was measured of them, in Markdown.
pub(super) fn table(model: &Model, evidence: Option<&Evidence>) -> String {
    let measured = |head: &Head, task: &str| find(model, head, task, evidence).is_some();
    let is_verified = model.heads.iter().any(|head| head.names().any(|task| measured(head, task)));
    let Some(evidence) = evidence.filter(|_| is_verified) else {
        return "Nothing of it was measured against transformers.".to_owned();
    };
    let rows = model.heads.iter().flat_map(|head| {
        head.names().map(move |task| {
            let engines = find(model, head, task, Some(evidence)).into_iter().flat_map(Engines::iter);
            let engines: Vec<String> = engines.map(|(engine, measured)| phrase(engine, measured)).collect();
            let engines = if engines.is_empty() { "not measured".to_owned() } else { engines.join("; ") };
            format!("\n| `{task}` | `{}` | {engines} |", head.class)
        })
    });
    let transformers = &evidence.transformers;
    let heading =
        format!("| task | class | relative error to transformers {transformers} |\n| --- | --- | --- |");
    heading + &rows.collect::<String>()
}

fn phrase(engine: Engine, measured: &Measured) -> String {
    let Measured { precision, configs, runs, max_relative_error, .. } = measured;
    let name = format!("{engine:?} {precision:?}").to_lowercase();
    format!("{name}: below {} (runs: {runs}, configs: {configs})", max_relative_error.text())
}

fn find<'a>(model: &Model, head: &Head, task: &str, evidence: Option<&'a Evidence>) -> Option<&'a Engines> {
    evidence?.find(&model.spec.model_type.text, task, head.names())
}
