//! Decoders that others exported: one graph or two, with caches as inputs and outputs.
//!
//! What a graph takes is read from its signature. A decoder without caches runs all positions at every step.

mod graph;
mod layout;
mod session;

use std::path::Path;

use ort::session::Session as OrtSession;

use self::graph::{BRANCH, Graph, list};
pub(super) use self::layout::find_encoder;

use self::layout::Layout;
use self::session::DecoderSession;
use super::Provider;
use crate::engine::{EngineError, Program, Session, Signature, Tensors};

/// A decoder of exported graphs.
#[derive(Debug)]
pub(super) struct ExportedDecoder {
    engine: String,
    provider: Provider,
    signature: Signature,
    first: Graph,
    /// What runs later steps, if it is another graph.
    next: Option<Graph>,
}

impl ExportedDecoder {
    /// The decoder that `file` belongs to; `open` loads a graph.
    ///
    /// # Errors
    /// If a graph of it is missing, cannot be loaded, or takes or gives what a decoder does not.
    pub(super) fn open(
        engine: String,
        provider: Provider,
        file: &Path,
        open: impl Fn(&Path) -> Result<OrtSession, String>,
    ) -> Result<Self, String> {
        let layout = Layout::find(file)?;
        let load = |path: &Path| {
            let named = |error: String| match path == file {
                true => error,
                false => format!("{}: {error}", path.display()),
            };
            open(path).and_then(Graph::new).map_err(named)
        };
        let first = load(&layout.first)?;
        let next = layout.next.as_deref().map(load).transpose()?;
        let decoder =
            Self { engine, provider, signature: signature(file, &first, next.as_ref()), first, next };
        decoder.check()?;
        Ok(decoder)
    }

    /// The graph of a step behind `past` positions.
    fn graph(&self, past: usize) -> &Graph {
        match (&self.next, past) {
            (Some(next), 1..) => next,
            _ => &self.first,
        }
    }

    /// Checks that each cache that a later step takes comes from the step before.
    fn check(&self) -> Result<(), String> {
        let (first, next) = (&self.first, self.graph(1));
        for cache in &next.caches {
            let givers = [Some(first), Some(next).filter(|_| !cache.is_cross)];
            if let Some(graph) = givers.into_iter().flatten().find(|graph| !graph.gives(&cache.next_name)) {
                return Err(format!(
                    "it takes {:?}, and no graph gives {:?} for it; outputs are {}",
                    cache.name,
                    cache.next_name,
                    list(&graph.outputs)
                ));
            }
        }
        if first.caches.iter().any(|cache| cache.is_cross) && !first.takes(BRANCH) {
            return Err(format!(
                "its first step takes keys and values of the encoder, and there is no {BRANCH:?} to compute them"
            ));
        }
        Ok(())
    }

    fn failed(&self, reason: impl std::fmt::Display) -> EngineError {
        EngineError::Failed {
            engine: self.engine.clone(),
            graph: self.signature.name.clone(),
            reason: reason.to_string(),
        }
    }
}

/// What the steps of a decoder are given: the inputs of either graph.
fn signature(file: &Path, first: &Graph, next: Option<&Graph>) -> Signature {
    let mut inputs = first.given.clone();
    for input in next.into_iter().flat_map(|graph| &graph.given) {
        if !inputs.iter().any(|known| known.name == input.name) {
            inputs.push(input.clone());
        }
    }
    Signature {
        name: file.display().to_string(),
        inputs,
        outputs: vec!["logits".to_owned()],
        has_state: !next.unwrap_or(first).caches.is_empty(),
        lookups: vec![],
    }
}

impl Program for ExportedDecoder {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn run(&self, inputs: &Tensors) -> Result<Tensors, EngineError> {
        let rows = inputs.get("input_ids").and_then(|ids| ids.shape().first().copied());
        DecoderSession::new(self, rows.unwrap_or(0)).step(inputs)
    }

    fn session(&self, batch: usize, _: usize) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(DecoderSession::new(self, batch)))
    }
}
