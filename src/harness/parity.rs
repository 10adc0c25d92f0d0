//! The outputs that transformers gave, on one backend.

use skillset_runtime::harness::{Limits, Measured, measure_task};
use skillset_runtime::tasks::JsonPipeline;

use super::{Harness, Outcome};
use crate::skill::{Preferences, place};
use crate::{Backend, Definition, Refusal, SkillError};

impl<P: JsonPipeline> Harness<P> {
    pub(super) fn check_parity(&self, backend: Backend) -> Outcome {
        let (model_type, fixture) = self.recorded()?;
        let preferences = Preferences { backends: Some(vec![backend]), ..Preferences::default() };
        let definition = Definition { strict: false, ..self.definition };
        let engine = match place(&(&definition).into(), &preferences) {
            Ok((engine, _)) => engine,
            Err(SkillError::NoBackend(refused)) => {
                self.note(&format!("{backend} is not here, so only its refusal was tested"));
                return check_refusals(backend, &refused);
            }
            Err(error) => return Err(error.to_string()),
        };
        let measured = measure_task(&fixture, model_type, self.definition.task, engine);
        let dir = fixture.dir().display();
        let Measured { difference, worst } = measured.map_err(|error| format!("{dir}: {error}"))?;
        if difference.is_within(Limits::F32) {
            return Ok(());
        }
        Err(format!(
            "{dir}: {worst}: expected what was recorded from transformers {}, found outputs that differ by \
             {:.1e} (relative, at most {:.1e}) and {:.1e} (absolute, at most {:.1e})",
            fixture.manifest().transformers,
            difference.relative,
            Limits::F32.relative,
            difference.absolute,
            Limits::F32.absolute
        ))
    }
}

/// A backend that is not here has to say so in a way that helps.
pub(super) fn check_refusals(backend: Backend, refused: &[Refusal]) -> Outcome {
    if refused.is_empty() {
        return Err("the backend was refused without a reason".to_owned());
    }
    for refusal in refused {
        // `candle (cuda:0) is not available: why; what helps`
        let (engine, rest) = refusal.reason.split_once(": ").unwrap_or_default();
        let (why, remedy) = rest.rsplit_once("; ").unwrap_or_default();
        let names_an_engine = ["candle", "onnx"].iter().any(|name| engine.starts_with(name));
        if refusal.backend != backend || !names_an_engine || why.is_empty() || remedy.is_empty() {
            return Err(format!(
                "expected a refusal that names the engine, says why, and what helps, found {:?}",
                refusal.to_string()
            ));
        }
    }
    Ok(())
}
