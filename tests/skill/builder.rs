//! What the builder can say: where the checkpoint is, and how it runs.

use skillset::runtime::checkpoint::hub::Quiet;
use skillset::{SkillError, skillset};

use crate::support::checkpoint;

const FIXTURE: &str = "bert-text-classification";

#[skillset(model = "bert", task = "text-classification", backends(cpu))]
struct Plain;

#[skillset(
    model = "bert",
    task = "text-classification",
    backends(cpu),
    checkpoint = "org/name",
    revision = "v1"
)]
struct WithCheckpoint;

/// A hub cache that has the fixture as `org/name` at one revision.
fn cache(revision: &str) -> tempfile::TempDir {
    let cache = tempfile::tempdir().unwrap();
    let model = cache.path().join("models--org--name");
    std::fs::create_dir_all(model.join("refs")).unwrap();
    std::fs::create_dir_all(model.join("snapshots")).unwrap();
    std::fs::write(model.join("refs").join(revision), "0123abc").unwrap();
    std::fs::rename(checkpoint(FIXTURE).keep(), model.join("snapshots/0123abc")).unwrap();
    cache
}

#[test]
fn the_number_of_threads_and_rows_does_not_change_results() {
    let folder = checkpoint(FIXTURE);
    let texts = ["Short.", "A much longer text about a museum near the river."].map(Into::into);
    let expected = Plain::from_dir(folder.path()).unwrap().run_batch(&texts).unwrap();
    let one = Plain::builder().threads(1).batch_size(1).from_dir(folder.path()).unwrap();
    for (found, expected) in one.run_batch(&texts).unwrap().iter().zip(&expected) {
        assert_eq!(found[0].label, expected[0].label);
        assert!((found[0].score - expected[0].score).abs() < 1e-5, "{found:?} {expected:?}");
    }
}

#[test]
fn a_cached_model_is_opened_without_the_hub() {
    let cache = cache("main");
    let builder = || Plain::builder().cache_dir(cache.path()).offline(true).progress(Quiet);
    assert!(builder().from_pretrained("org/name").is_ok());
    let error = builder().revision("v2").from_pretrained("org/name").err().expect("only main is cached");
    assert!(error.to_string().starts_with("org/name@v2: offline mode"), "{error}");
}

#[test]
fn a_default_checkpoint_has_its_revision() {
    let cache = cache("v1");
    let builder = || WithCheckpoint::builder().cache_dir(cache.path()).offline(true).token("");
    assert!(builder().load().is_ok());
    assert!(builder().revision("main").load().is_err());
    assert!(matches!(Plain::builder().load(), Err(SkillError::NoCheckpoint)));
}

#[test]
fn a_directory_needs_no_hub() {
    let folder = checkpoint(FIXTURE);
    let path = folder.path().to_str().unwrap();
    assert!(Plain::from_pretrained(path).is_ok());
    assert!(Plain::builder().offline(true).from_pretrained(path).is_ok());
}
