//! `skillset doctor`: what can run here.

use clap::Args;
use serde_json::json;
use skillset_runtime::engine::probe::{Probe, probe_all};

use super::{Error, print};

/// Report which engines and devices work on this machine, by running a small graph on each.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> Result<(), Error> {
        let probes = probe_all();
        if self.json {
            let entry = |probe: &Probe| {
                let (works, detail) = match &probe.outcome {
                    Ok(detail) => (true, detail),
                    Err(reason) => (false, reason),
                };
                json!({ "engine": probe.engine, "backend": probe.backend, "works": works, "detail": detail })
            };
            return print::json(&probes.iter().map(entry).collect());
        }
        let row = |probe: &Probe| {
            let (works, detail) = match &probe.outcome {
                Ok(detail) => ("yes", detail),
                Err(reason) => ("no", reason),
            };
            vec![probe.engine.to_owned(), probe.backend.to_owned(), works.to_owned(), detail.clone()]
        };
        print::table(&["engine", "backend", "works", "detail"], &probes.iter().map(row).collect::<Vec<_>>())
    }
}
