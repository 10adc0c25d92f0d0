//! `skillset catalog`: into new folders and its own, not into those of others.

use std::fs;

use super::{skillset, succeeds, text};

#[test]
fn a_catalog_is_written_and_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    for _ in 0..2 {
        let printed = succeeds(&["catalog", "--output", text(&site)]);
        assert_eq!(printed.trim_end(), text(&site.join("index.html")));
    }
    assert!(fs::read_to_string(site.join("types/bert.html")).unwrap().contains("BertForMaskedLM"));
}

#[test]
fn a_folder_with_other_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "").unwrap();
    let output = skillset(&["catalog", "--output", text(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap().replace(text(folder.path()), "DIR");
    assert_eq!(
        message.trim_end(),
        "error: DIR: expected a new or empty folder, or one that `skillset catalog` wrote, found other files; name \
         another folder"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
