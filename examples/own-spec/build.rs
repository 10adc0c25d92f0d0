//! Compiles `model_specs/` into Rust.

fn main() {
    skillset_codegen::Builder::new().compile_or_exit();
}
