//! Small specs in, code out: `tests/golden/x.json` ↔ `tests/golden/x.rs`.
//!
//! `SKILLSET_UPDATE=1 cargo test -p skillset-codegen` writes the expected files anew.
#![cfg(feature = "format")]

use std::path::{Path, PathBuf};

use skillset_codegen::{Selection, SpecFile, compile};

#[test]
fn emitted_code_is_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let paths = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut specs: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    specs.sort();
    let file = |path: &PathBuf| SpecFile {
        path: format!("golden/{}", path.file_name().unwrap().to_string_lossy()),
        text: std::fs::read_to_string(path).unwrap(),
    };
    let files: Vec<SpecFile> = specs.iter().map(file).collect();
    let output = compile(&files, None, &Selection::default(), "skillset_runtime")
        .unwrap_or_else(|errors| panic!("{errors}"));

    let update = std::env::var_os("SKILLSET_UPDATE").is_some();
    let mut differing = vec![];
    for module in output.modules.iter().chain(&output.facts) {
        let doc: Vec<String> =
            module.doc.iter().map(|line| format!("//! {line}").trim_end().to_owned()).collect();
        let code = format!("{}\n\n{}", doc.join("\n"), module.code);
        let path = folder.join(format!("{}.rs", module.name));
        if update {
            std::fs::write(&path, &code).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != code {
            differing.push(format!("--- {} is now\n{code}", path.display()));
        }
    }
    assert!(differing.is_empty(), "{}\nSKILLSET_UPDATE=1 records these", differing.join("\n"));
}
