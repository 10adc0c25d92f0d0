//! Compiles `model_specs/` into Rust modules: selects, calls skillset-codegen, reports every error.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=model_specs");
    println!("cargo::rerun-if-env-changed=SKILLSET_MODELS");

    // `SKILLSET_MODELS=bert,llama` compiles just those; without it, cargo features choose modalities.
    let named = env::var("SKILLSET_MODELS").unwrap_or_default();
    let named = named.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let has_feature = |name: &&str| env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some();
    let modalities =
        ["audio", "multimodal", "text", "vision"].into_iter().filter(has_feature).map(str::to_owned);

    match skillset_codegen::Builder::new().select(named).modalities(modalities).write() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}
