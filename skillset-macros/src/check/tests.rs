//! Attributes against a made-up index and made-up features: what real model types and this build do not show.

use quote::quote;

use super::*;
use crate::arguments::parse;

const INDEX: &str = r#"{
    "measured": {
        "title": "Measured",
        "modality": "text",
        "tasks": {
            "fill-mask": { "class": "MeasuredForMaskedLM", "measured": { "candle": "1e-5", "onnx": "1e-5" } },
            "text-classification": { "class": "MeasuredForClassification", "measured": { "candle": "1e-5" } },
            "text-generation": { "class": "MeasuredForCausalLM", "measured": { "onnx": "1e-5" } },
            "token-classification": { "class": "MeasuredForTokens", "measured": {} }
        }
    },
    "described": {
        "title": "Described",
        "modality": "text",
        "tasks": { "fill-mask": { "class": "DescribedForMaskedLM", "measured": {} } }
    },
    "heard": {
        "title": "Heard",
        "modality": "audio",
        "tasks": { "feature-extraction": { "class": "HeardModel", "measured": { "candle": "1e-5" } } }
    }
}"#;

/// A model type that transformers knows and nobody has written an architecture for.
const LISTED: &str = "known_only\ttext\tKnown Only\tfill-mask feature-extraction multiple-choice\n";

fn check_with(
    tokens: proc_macro2::TokenStream,
    features: &'static [&'static str],
) -> Result<Skill, Vec<String>> {
    let mut errors = Errors::default();
    let index = Index::read(INDEX, LISTED).unwrap();
    let arguments = parse(tokens, &mut errors);
    let skill = check(&arguments, Known { index: &index, features: Features(features) }, &mut errors);
    if errors.is_empty() { Ok(skill.expect("no error, so a skill")) } else { Err(errors.messages()) }
}

fn errors(tokens: proc_macro2::TokenStream) -> Vec<String> {
    check_with(tokens, &["text"]).err().unwrap_or_default()
}

#[test]
fn a_model_type_without_evidence_needs_consent() {
    assert_eq!(
        errors(quote!(model = "described", task = "fill-mask", backends(cpu))),
        ["Described has metadata, but no task of it was measured: what it computes was never held against \
          transformers and may be wrong; add `allow_unverified` to compile it all the same"]
    );
    let consent = quote!(model = "described", task = "fill-mask", backends(cpu), allow_unverified);
    let skill = check_with(consent, &["text"]).unwrap();
    assert!(!skill.origin.model_type().unwrap().1.is_verified());
}

#[test]
fn a_task_without_evidence_needs_consent() {
    assert_eq!(
        errors(quote!(model = "measured", task = "token-classification", backends(cpu))),
        [
            "`token-classification` of Measured has metadata, but was not measured: what it computes was never held \
          against transformers and may be wrong; add `allow_unverified` to compile it all the same"
        ]
    );
    assert!(
        errors(quote!(model = "measured", task = "token-classification", backends(cpu), allow_unverified))
            .is_empty()
    );
}

#[test]
fn a_backend_whose_engine_was_not_measured_needs_consent() {
    assert_eq!(
        errors(quote!(model = "measured", task = "text-classification", backends(onnx_cpu, cpu))),
        [
            "`onnx_cpu` runs MeasuredForClassification on `onnx`, and it was measured on `candle` only: what it computes \
          was never held against transformers and may be wrong; add `allow_unverified` to compile it all the same, or \
          name a backend of `candle`"
        ]
    );
    let consent =
        quote!(model = "measured", task = "text-classification", backends(onnx_cpu), allow_unverified);
    assert!(errors(consent).is_empty());
    assert!(
        errors(quote!(model = "measured", task = "text-generation", backends(onnx_cpu, cuda))).is_empty()
    );
}

#[test]
fn a_missing_feature_is_named() {
    assert_eq!(
        errors(quote!(model = "heard", task = "feature-extraction", backends(cpu))),
        [
            "model type `heard` needs the cargo feature `audio` of skillset, which is off; turn it on in Cargo.toml: \
          `skillset = { features = [\"audio\"] }`"
        ]
    );
    let cuda = || quote!(model = "measured", task = "text-classification", backends(cuda));
    assert_eq!(
        errors(cuda()),
        [
            "`cuda` runs MeasuredForClassification by the candle engine only, which needs the cargo feature `cuda` of \
          skillset; turn it on in Cargo.toml: `skillset = { features = [\"cuda\"] }`"
        ]
    );
    assert!(check_with(cuda(), &["text", "cuda"]).is_ok());
}

#[test]
fn a_long_list_of_model_types_is_not_printed() {
    let entry = r#"{ "title": "T", "modality": "text", "tasks": {} }"#;
    let many: Vec<String> = (0..40).map(|number| format!("\"type_{number}\": {entry}")).collect();
    let index = Index::read(&format!("{{{}}}", many.join(",")), "").unwrap();
    let mut errors = Errors::default();
    let arguments = parse(quote!(model = "zzz", task = "fill-mask", backends(cpu)), &mut errors);
    check(&arguments, Known { index: &index, features: Features(&["text"]) }, &mut errors);
    assert_eq!(errors.messages(), ["unknown model type `zzz`; `skillset list` prints the 40 there are"]);
}

#[test]
fn a_mistake_hides_no_other() {
    let found = errors(quote!(
        model = "mesured",
        task = "fil-mask",
        backends(cpu, gpu),
        precision = f16,
        max_length = 0,
        tests = false,
        cases = "cases.json"
    ));
    let starts = [
        "expected a string, such as `precision",
        "unknown model type `mesured`; did you mean `measured`?",
        "there is no task `fil-mask`; did you mean `fill-mask`?",
        "unknown backend `gpu`; did you mean `cuda`?",
        "`cases` are run by the generated tests",
        "`max_length` takes a number of tokens",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
}

#[test]
fn numbers_of_generation_fit_their_types() {
    let parameters =
        quote!(max_new_tokens = 8u8, num_beams = 2, length_penalty = -1, temperature = 1, seed = -3);
    let skill =
        quote!(model = "measured", task = "text-generation", backends(onnx_cpu), generation(#parameters));
    let generation = check_with(skill, &["text"]).unwrap().generation;
    let written: Vec<String> =
        generation.iter().map(|(name, value)| format!("{name} = {}", quote!(#value))).collect();
    assert_eq!(
        written,
        [
            "max_new_tokens = 8",
            "num_beams = 2",
            "length_penalty = - 1.0",
            "temperature = 1.0",
            "seed = - 3",
            "do_sample = true"
        ]
    );
    let endless = quote!(
        model = "measured",
        task = "text-generation",
        backends(onnx_cpu),
        generation(temperature = 1e999)
    );
    assert_eq!(
        errors(endless),
        ["`temperature` takes a number above 0; for the likeliest tokens set `do_sample = false`"]
    );
}

#[test]
fn the_index_of_this_build_is_readable_and_every_model_type_has_a_task() {
    let index = Index::get();
    assert!(index.architectures().len() > 0);
    assert!(
        index
            .model_types()
            .iter()
            .all(|name| index.listed(name).is_some_and(|listed| !listed.title.is_empty()))
    );
    for entry in index.architectures().filter_map(|name| index.find(name)) {
        // Some heads have no pipeline, so no task here.
        assert!(entry.tasks.keys().any(|task| crate::tasks::find(task).is_some()), "{}", entry.title);
    }
}

#[test]
fn an_exported_graph_runs_any_task_on_what_reads_onnx_files() {
    let check = |tokens| check_with(tokens, &[]);
    let skill = check(quote!(onnx = "model.onnx", task = "fill-mask", backends(cuda, onnx_cpu))).unwrap();
    assert!(skill.origin.model_type().is_none() && !skill.origin.has_fixture());
    assert_eq!(
        check(quote!(onnx = "model", task = "text-generation", backends(cpu))).err().unwrap(),
        [
            "expected an ONNX file of the checkpoint, such as `onnx = \"onnx/model.onnx\"`",
            "`cpu` cannot run an exported graph, which needs ONNX Runtime; use `onnx_cpu`",
        ]
    );
}

#[test]
fn a_skill_runs_one_thing() {
    let check = |tokens| check_with(tokens, &["text"]).err().unwrap();
    assert_eq!(
        check(quote!(model = "measured", spec = "model.json", task = "fill-mask", backends(onnx_cpu)))[1..],
        ["`model` and `spec` both say what the skill runs; remove one"]
    );
    assert_eq!(
        check(quote!(
            onnx = "model.onnx",
            models = crate::m,
            task = "fill-mask",
            backends(onnx_cpu),
            allow_unverified
        )),
        [
            "`models` is where the build script's module of a `spec` is, and there is no `spec`; remove it",
            "`allow_unverified` is for built-in model types, of which this project says what was measured; remove it",
        ]
    );
    let missing = check(quote!(spec = "no/such.json", task = "fill-mask", backends(cpu)));
    assert!(missing[0].contains("no/such.json: "), "{missing:?}");
    assert!(missing[0].ends_with("; the path is relative to the folder of the crate"), "{missing:?}");
}

#[test]
fn a_model_type_without_architecture_names_remedies() {
    assert_eq!(
        errors(quote!(model = "known_only", task = "fill-mask", backends(cpu), allow_unverified)),
        [
            "there is no architecture for `known_only` (Known Only) yet, only metadata; run a graph that was exported \
          elsewhere, by adding `onnx = \"onnx/model.onnx\"`, or describe the architecture in a spec of your own: \
          `spec = \"model_specs/known_only.json\"`"
        ]
    );
    let confused = errors(quote!(model = "Known-only", task = "fill-mask", backends(cpu)));
    assert!(
        confused[0].starts_with("unknown model type `Known-only`; did you mean `known_only`?"),
        "{confused:?}"
    );
}

#[test]
fn the_exported_graph_of_a_model_type_has_its_tasks() {
    let of = |model: &str, task: &str| {
        check_with(quote!(model = #model, onnx = "model.onnx", task = #task, backends(onnx_cpu)), &[])
    };
    for task in ["fill-mask", "feature-extraction", "sentence-similarity"] {
        let skill = of("known_only", task).unwrap();
        let Origin::Exported(Exported { of: Some((model_type, _)), .. }) = skill.origin else {
            panic!("an exported graph of a model type");
        };
        assert_eq!(model_type, "known_only");
    }
    assert!(
        of("measured", "token-classification").is_ok(),
        "evidence is of the architecture, not of this graph"
    );
    assert_eq!(
        of("known_only", "token-classification").err().unwrap(),
        [
            "Known Only has no task `token-classification`; transformers has classes for `fill-mask`, `feature-extraction` \
          and `multiple-choice`"
        ]
    );
    let unknown = of("konwn_only", "fill-mask").err().unwrap();
    assert!(
        unknown[0].starts_with("unknown model type `konwn_only`; did you mean `known_only`?"),
        "{unknown:?}"
    );
}
