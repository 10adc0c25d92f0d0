//! Beam search: of each prompt's continuations the `num_beams` likeliest go on, and may end, at every step.
//!
//! As transformers' `GenerationMixin._beam_search` of a single prompt, in the same single-precision arithmetic,
//! whatever other prompts are in the batch.

mod candidates;
mod hypotheses;

use candidates::Selection;
use hypotheses::{Beams, Hypothesis, Rules};

use super::GenerationConfig;
use super::decoding::Decoding;
use super::error::GenerateError;
use super::generation::Sequence;
use super::logits::History;
use super::sampler::Sampler;
use crate::scores::log_softmax;

/// Continues each of `prompts` by beams, which are the rows of `decoding`, and gives the best
/// `num_return_sequences` of each, best first.
pub(super) fn search(
    mut decoding: Decoding<'_>,
    prompts: Vec<Vec<i64>>,
    config: &GenerationConfig,
) -> Result<Vec<Sequence>, GenerateError> {
    if prompts.is_empty() {
        return Ok(vec![]);
    }
    let (beams, returned) = (config.num_beams(), config.num_return_sequences());
    let rules = Rules {
        length_penalty: config.length_penalty.unwrap_or(1.0),
        early_stopping: config.early_stopping.unwrap_or_default(),
        max_new_tokens: decoding.stop.max_new_tokens,
    };
    // With so many candidates there are `beams` that do not end, even if all end tokens follow every beam.
    let kept = beams * (decoding.stop.eos.len() + 1).max(2);
    let mut selections: Vec<Selection> = (0..prompts.len())
        .map(|prompt| match config.do_sample() {
            true => {
                let seed = config.seed.map(|seed| (seed as u64).wrapping_add((prompt * returned) as u64));
                Selection::drawn(kept, Sampler::rng(seed))
            }
            false => Selection::best(kept),
        })
        .collect();
    let mut searches: Vec<Beams> =
        prompts.into_iter().map(|prompt| Beams::new(prompt, beams, rules.clone())).collect();

    loop {
        let rows: Vec<&[i64]> =
            searches.iter().flat_map(Beams::running).map(|beam| &beam.tokens[..]).collect();
        let logits = decoding.run(&rows)?;
        let mut parents = Vec::with_capacity(rows.len());
        for (prompt, (search, selection)) in searches.iter_mut().zip(&mut selections).enumerate() {
            let (row, generated) = (prompt * beams, search.generated());
            if search.is_done() {
                parents.extend(row..row + beams);
                continue;
            }
            let mut scores = vec![];
            for (beam, hypothesis) in search.running().iter().enumerate() {
                let own = logits.of(row + beam, generated)?;
                scores.extend(continued(own, hypothesis, row + beam, generated, &decoding));
            }
            let candidates = selection.of(scores, beams);
            if !candidates.iter().any(|candidate| candidate.score > f32::NEG_INFINITY) {
                return Err(GenerateError::NothingLeft { row, generated });
            }
            let chosen =
                search.advance(&candidates, |tokens, generated| decoding.stop.check(tokens, generated))?;
            parents.extend(chosen.into_iter().map(|beam| row + beam));
        }
        if searches.iter().all(Beams::is_done) {
            return Ok(searches.into_iter().flat_map(|search| search.into_best(returned)).collect());
        }
        decoding.reorder(&parents)?;
    }
}

/// The score of a beam with each token of the vocabulary behind it.
fn continued(
    logits: &[f32],
    beam: &Hypothesis,
    row: usize,
    generated: usize,
    decoding: &Decoding<'_>,
) -> Vec<f32> {
    let mut scores = logits.to_vec();
    log_softmax(&mut scores);
    let history = History { tokens: &beam.tokens, generated, source: decoding.source(row) };
    for processor in &decoding.processors {
        processor.process(history, &mut scores);
    }
    for score in &mut scores {
        *score += beam.score;
    }
    scores
}
