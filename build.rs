//! Compiles `model_specs/` into Rust modules, and tells the build scripts of dependents where they are.

use std::env;
use std::path::Path;

fn main() {
    // Cargo hands this on as DEP_SKILLSET_SPECS, so that other crates' specs can extend these.
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::metadata=specs={}", Path::new(&root).join("model_specs").display());
    println!("cargo::rerun-if-env-changed=SKILLSET_MODELS");

    // `SKILLSET_MODELS=bert,llama` compiles just those; without it, cargo features choose modalities.
    let named = env::var("SKILLSET_MODELS").unwrap_or_default();
    let named = named.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let has_feature = |name: &&str| env::var_os(format!("CARGO_FEATURE_{}", name.to_uppercase())).is_some();
    let modalities =
        ["audio", "multimodal", "text", "vision"].into_iter().filter(has_feature).map(str::to_owned);

    let builder = skillset_codegen::Builder::new().runtime("skillset_runtime");
    builder.select(named).modalities(modalities).compile_or_exit();
}
