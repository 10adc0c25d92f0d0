//! From labelled tokens to entities: transformers' `TokenClassificationPipeline.aggregate`.

use std::str::FromStr;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::checkpoint::Labels;
use crate::scores::argmax;

/// How the tokens of an entity are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregation {
    /// Not at all: each token stands for itself.
    #[default]
    None,
    /// Neighbours with the same tag are joined.
    Simple,
    /// As `Simple`, after each word took the tag of its first token.
    First,
    /// As `Simple`, after each word took the tag with the best mean score over its tokens.
    Average,
    /// As `Simple`, after each word took the tag of its most certain token.
    Max,
}

impl FromStr for Aggregation {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "simple" => Ok(Self::Simple),
            "first" => Ok(Self::First),
            "average" => Ok(Self::Average),
            "max" => Ok(Self::Max),
            _ => Err(format!("expected none, simple, first, average or max, found {name:?}")),
        }
    }
}

/// A labelled part of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The label: of the token as it is in the config (`B-PER`), of joined tokens without its prefix (`PER`).
    pub label: String,
    /// The probability of the label; of joined tokens the mean.
    pub score: f32,
    /// The token, or the text of joined tokens as the tokenizer decodes them.
    pub word: String,
    /// The token's position in the encoded text; `None` for joined tokens.
    pub index: Option<usize>,
    /// Where the part starts in the text, in characters (Unicode scalar values, not bytes).
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// With the names of the pipeline's dictionaries: `entity` for a token, `entity_group` for joined ones.
impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(if self.index.is_some() { "entity" } else { "entity_group" }, &self.label)?;
        map.serialize_entry("score", &self.score)?;
        if let Some(index) = self.index {
            map.serialize_entry("index", &index)?;
        }
        map.serialize_entry("word", &self.word)?;
        map.serialize_entry("start", &self.start)?;
        map.serialize_entry("end", &self.end)?;
        map.end()
    }
}

/// A token that is not special, with its scores.
#[derive(Clone, Debug)]
pub(super) struct TaggedToken {
    /// The token as the vocabulary has it; the text it stands for where that is unknown to it.
    pub word: String,
    /// The probability of each class.
    pub scores: Vec<f32>,
    /// Its position among all tokens.
    pub index: usize,
    /// Its place in the text, in characters.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it continues a word.
    pub is_subword: bool,
}

/// A token or a word with one label.
struct Labelled {
    label: String,
    score: f32,
    word: String,
    start: usize,
    end: usize,
}

/// Joins the tokens of one text or window; `decode` makes text of tokens.
pub(super) fn aggregate(
    tokens: &[TaggedToken],
    labels: &Labels,
    strategy: Aggregation,
    decode: &dyn Fn(&[&str]) -> String,
) -> Vec<Entity> {
    let label = |id: usize| labels.get(id).map_or_else(|| format!("LABEL_{id}"), str::to_owned);
    let one = |token: &TaggedToken| {
        let best = argmax(&token.scores).unwrap_or(0);
        let score = token.scores.get(best).copied().unwrap_or(0.0);
        let TaggedToken { word, start, end, .. } = token.clone();
        Labelled { label: label(best), score, word, start, end }
    };
    let labelled: Vec<Labelled> = match strategy {
        Aggregation::None => {
            let entity = |token: &TaggedToken| {
                let Labelled { label, score, word, start, end } = one(token);
                Entity { label, score, word, index: Some(token.index), start, end }
            };
            return tokens.iter().map(entity).collect();
        }
        Aggregation::Simple => tokens.iter().map(one).collect(),
        _ => {
            let word = |tokens: &[TaggedToken]| {
                let scores = word_scores(tokens, strategy);
                let best = argmax(&scores).unwrap_or(0);
                let pieces: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
                let (start, end) = (tokens[0].start, tokens[tokens.len() - 1].end);
                Labelled { label: label(best), score: scores[best], word: decode(&pieces), start, end }
            };
            tokens.chunk_by(|_, next| next.is_subword).map(word).collect()
        }
    };
    group(&labelled, decode)
}

/// The scores of a word by those of its tokens.
fn word_scores(tokens: &[TaggedToken], strategy: Aggregation) -> Vec<f32> {
    let certainty = |token: &TaggedToken| token.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    match strategy {
        Aggregation::Average => {
            let mean = |class: usize| {
                tokens.iter().map(|token| token.scores[class]).sum::<f32>() / tokens.len() as f32
            };
            (0..tokens[0].scores.len()).map(mean).collect()
        }
        Aggregation::Max => {
            let certainties: Vec<f32> = tokens.iter().map(certainty).collect();
            tokens[argmax(&certainties).unwrap_or(0)].scores.clone()
        }
        _ => tokens[0].scores.clone(),
    }
}

/// Joins neighbours of the same tag; a `B-` starts anew.
fn group(labelled: &[Labelled], decode: &dyn Fn(&[&str]) -> String) -> Vec<Entity> {
    let continues = |last: &Labelled, next: &Labelled| {
        let (is_begin, tag) = split_tag(&next.label);
        !is_begin && tag == split_tag(&last.label).1
    };
    let join = |parts: &[Labelled]| {
        let words: Vec<&str> = parts.iter().map(|part| part.word.as_str()).collect();
        let label = &parts[0].label;
        Entity {
            // Whatever stands before a first dash is dropped, not B and I alone, as the pipeline does.
            label: label.split_once('-').map_or(label.as_str(), |(_, tag)| tag).to_owned(),
            score: parts.iter().map(|part| part.score).sum::<f32>() / parts.len() as f32,
            word: decode(&words),
            index: None,
            start: parts[0].start,
            end: parts[parts.len() - 1].end,
        }
    };
    labelled.chunk_by(continues).map(join).collect()
}

/// Whether a label begins an entity, and its tag.
fn split_tag(label: &str) -> (bool, &str) {
    match (label.strip_prefix("B-"), label.strip_prefix("I-")) {
        (Some(tag), _) => (true, tag),
        (None, Some(tag)) => (false, tag),
        (None, None) => (false, label),
    }
}

/// Joins the entities of windows that overlap: of two at the same place the longer one stays, of two as long
/// the more certain one.
pub(super) fn merge_windows(mut entities: Vec<Entity>) -> Vec<Entity> {
    entities.sort_by_key(|entity| entity.start);
    let mut merged: Vec<Entity> = vec![];
    for entity in entities {
        let rank = |entity: &Entity| (entity.end.saturating_sub(entity.start), entity.score);
        match merged.last_mut() {
            Some(last) if last.start <= entity.start && entity.start < last.end => {
                if rank(&entity) > rank(last) {
                    *last = entity;
                }
            }
            _ => merged.push(entity),
        }
    }
    merged
}
