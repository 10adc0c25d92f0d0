//! The author's cases.

use std::collections::BTreeMap;
use std::path::PathBuf;

use skillset_runtime::checkpoint::CheckpointError;
use skillset_runtime::checkpoint::hub::{HubOptions, Quiet, Source};
use skillset_runtime::harness::cases::Case;
use skillset_runtime::tasks::{JsonPipeline, RunJson};

use super::{Harness, Outcome, message};
use crate::Skill;

impl<P: JsonPipeline> Harness<P> {
    pub(super) fn check_cases(&self, file: &str) -> Outcome {
        let cases = Case::read_all(&self.crate_dir().join(file)).map_err(message)?;
        // A checkpoint is opened once, however many cases it has.
        let mut skills: BTreeMap<&str, Skill<P>> = BTreeMap::new();
        let mut failures = vec![];
        for (position, case) in cases.iter().enumerate() {
            if !skills.contains_key(case.checkpoint.as_str()) {
                skills.insert(&case.checkpoint, self.open_source(&case.checkpoint)?);
            }
            let outcome = skills[case.checkpoint.as_str()]
                .pipeline()
                .run_json(std::slice::from_ref(&case.input), &case.options)
                .map_err(message)
                .and_then(|results| case.check(&results.into_iter().next().unwrap_or_default()));
            failures.extend(outcome.err().map(|problem| format!("{file}: /{position}: {problem}")));
        }
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    }

    /// Opens a directory of the crate, or a model on the hub.
    fn open_source(&self, checkpoint: &str) -> Result<Skill<P>, String> {
        let problem = |error: String| format!("{checkpoint}: {error}");
        let own = self.crate_dir().join(checkpoint);
        let dir =
            if own.is_dir() { own } else { self.fetch(checkpoint).map_err(message).map_err(problem)? };
        self.open(&dir).map_err(message).map_err(problem)
    }

    fn fetch(&self, id: &str) -> Result<PathBuf, CheckpointError> {
        Source::parse(id)?.fetch(self.definition.origin.weights(), &HubOptions::from_env()?, &mut Quiet)
    }
}
