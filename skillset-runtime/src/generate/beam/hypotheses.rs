//! The beams of one prompt: those that run and those that have finished.

use super::candidates::Candidate;
use crate::generate::config::EarlyStopping;
use crate::generate::generation::Sequence;
use crate::generate::stop::FinishReason;
use crate::scores::top_k;

/// The score of what is no sequence, and what is added to a score that must not win.
const LOWEST: f32 = -1.0e9;

/// How finished sequences are ranked, and when the search ends.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// The power of the length that scores are divided by.
    pub length_penalty: f64,
    /// When the search ends.
    pub early_stopping: EarlyStopping,
    /// How many tokens are generated at most.
    pub max_new_tokens: usize,
}

impl Rules {
    /// What a finished sequence of `generated` tokens is ranked by.
    fn ranked(&self, score: f32, generated: usize) -> f32 {
        score / (generated as f64).powf(self.length_penalty) as f32
    }
}

/// A continuation of the prompt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hypothesis {
    /// The prompt and the tokens after it.
    pub tokens: Vec<i64>,
    /// The sum of the tokens' scores; of a finished one what it is ranked by.
    pub score: f32,
    /// Why it has finished.
    finish: Option<FinishReason>,
}

/// The search for one prompt's continuations.
#[derive(Debug)]
pub(super) struct Beams {
    rules: Rules,
    prompt: usize,
    generated: usize,
    /// Those that go on, likeliest first.
    running: Vec<Hypothesis>,
    /// As many places for finished ones, best first.
    finished: Vec<Hypothesis>,
    /// Whether a running beam may still become better than the worst finished one.
    is_improvable: bool,
    is_done: bool,
}

impl Beams {
    /// `count` beams behind a prompt.
    pub(super) fn new(prompt: Vec<i64>, count: usize, rules: Rules) -> Self {
        let beam = |score| Hypothesis { tokens: prompt.clone(), score, finish: None };
        // All are the same yet, so only one of them may be continued.
        let running = (0..count).map(|index| beam(if index == 0 { 0.0 } else { LOWEST })).collect();
        Self {
            rules,
            prompt: prompt.len(),
            generated: 0,
            running,
            finished: vec![beam(LOWEST); count],
            is_improvable: true,
            is_done: false,
        }
    }

    /// The beams that go on.
    pub(super) fn running(&self) -> &[Hypothesis] {
        &self.running
    }

    /// How many tokens follow the prompt in each of them.
    pub(super) fn generated(&self) -> usize {
        self.generated
    }

    /// Whether nothing more will change.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// The best `count` finished sequences, best first.
    pub(super) fn into_best(self, count: usize) -> impl Iterator<Item = Sequence> {
        let prompt = self.prompt;
        self.finished.into_iter().take(count).map(move |Hypothesis { tokens, score, finish }| Sequence {
            tokens,
            prompt,
            finish,
            score: Some(score),
        })
    }

    /// Goes on with `candidates`, of which `finish` says whether they end; gives the beam that each of the running
    /// ones came from.
    pub(super) fn advance<E>(
        &mut self,
        candidates: &[Candidate],
        finish: impl Fn(&[i64], usize) -> Result<Option<FinishReason>, E>,
    ) -> Result<Vec<usize>, E> {
        self.generated += 1;
        let mut continued = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let mut tokens = self.running[candidate.beam].tokens.clone();
            tokens.push(candidate.token);
            let finish = finish(&tokens, self.generated)?;
            continued.push(Hypothesis { tokens, score: candidate.score, finish });
        }
        let all_ended = continued.iter().all(|hypothesis| hypothesis.finish.is_some());
        self.finish(&continued);
        let parents = self.run_on(continued);
        self.is_improvable &= self.may_improve();
        let is_full = self.rules.early_stopping == EarlyStopping::Full && self.is_full();
        self.is_done = all_ended || is_full || !self.is_improvable;
        Ok(parents.into_iter().map(|chosen| candidates[chosen].beam).collect())
    }

    /// Puts the candidates that have ended among the finished ones. A candidate behind the first `running.len()` is
    /// only there to be continued.
    fn finish(&mut self, candidates: &[Hypothesis]) {
        let count = self.running.len();
        let closed = self.rules.early_stopping == EarlyStopping::Full && self.is_full();
        let ranked = candidates.iter().enumerate().map(|(rank, candidate)| {
            let finish = candidate.finish.filter(|_| rank < count);
            let mut score = self.rules.ranked(candidate.score, self.generated);
            for excluded in [closed, !self.is_improvable, finish.is_none()] {
                score += if excluded { LOWEST } else { 0.0 };
            }
            Hypothesis { tokens: candidate.tokens.clone(), score, finish }
        });
        let merged: Vec<Hypothesis> = self.finished.iter().cloned().chain(ranked).collect();
        self.finished = best(&merged, count).into_iter().map(|index| merged[index].clone()).collect();
    }

    /// Lets the best candidates that have not ended run on; gives their positions.
    fn run_on(&mut self, mut candidates: Vec<Hypothesis>) -> Vec<usize> {
        for candidate in &mut candidates {
            if candidate.finish.take().is_some() {
                candidate.score += LOWEST;
            }
        }
        let chosen = best(&candidates, self.running.len());
        self.running = chosen.iter().map(|&index| candidates[index].clone()).collect();
        chosen
    }

    /// Whether all places for finished sequences are taken.
    fn is_full(&self) -> bool {
        self.finished.iter().all(|hypothesis| hypothesis.finish.is_some())
    }

    /// Whether the best running beam might become better than the worst finished one.
    fn may_improve(&self) -> bool {
        let favours_length =
            self.rules.early_stopping == EarlyStopping::Never && self.rules.length_penalty > 0.0;
        let length = if favours_length { self.rules.max_new_tokens } else { self.generated };
        let worst = self.finished.last().map_or(LOWEST, |worst| worst.score);
        let worst = if self.is_full() { worst } else { worst.min(LOWEST) };
        self.running.first().is_some_and(|best| self.rules.ranked(best.score, length) > worst)
    }
}

/// The positions of the `count` highest scores, highest first.
fn best(hypotheses: &[Hypothesis], count: usize) -> Vec<usize> {
    let scores: Vec<f32> = hypotheses.iter().map(|hypothesis| hypothesis.score).collect();
    top_k(&scores, count)
}
