//! The steps of an architecture.

use crate::decode::{Decode, Text, check_keys, member, mismatch};
use crate::error::{Errors, Location};
use crate::source::{Data, Node};

/// One step.
#[derive(Clone, Debug)]
pub enum Step {
    /// `{ "let": "x", "do": "layer_norm", "of": "x + a", "at": "norm", "eps": "layer_norm_eps" }`
    Apply(Apply),
    /// `{ "at": "embeddings", "do": [ … ] }`
    Group(Group),
    /// `{ "repeat": "num_hidden_layers", "at": "layers.{i}", "do": [ … ] }`
    Repeat(Repeat),
    /// `{ "if": "tie_word_embeddings", "then": [ … ], "else": [ … ] }`
    Condition(Condition),
    /// `{ "output": "hidden_states", "of": "x" }`
    Offer(Offer),
}

/// A name given to an expression, a block or a primitive applied to values.
#[derive(Clone, Debug)]
pub struct Apply {
    /// The name of the result.
    pub binds: Text,
    /// The block or primitive; none: the value is `of` itself.
    pub function: Option<Text>,
    /// The checkpoint path, below that of the steps around.
    pub path: Option<Text>,
    /// The parameters, `of` among them.
    pub params: Vec<(String, Node)>,
    /// Where the step stands.
    pub at: Location,
}

/// Steps below one checkpoint path; what they bind stays bound.
#[derive(Clone, Debug)]
pub struct Group {
    /// The checkpoint path.
    pub path: Text,
    /// The full checkpoint path below which the tensors are that the checkpoint does not store apart; none: it stores all.
    pub tied_to: Option<Text>,
    /// Whether they may be there, an expression of type bool; none: they may.
    pub tied: Option<Text>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Steps that are done several times; a name that was bound before them is carried from turn to turn.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How many times: an expression of type usize.
    pub count: Text,
    /// The name of the turn's number, from 0; `i` if not given.
    pub index: Option<Text>,
    /// The checkpoint path of one turn, with the number as `{i}`.
    pub path: Option<Text>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Where the step stands.
    pub at: Location,
}

/// Steps that are done if the config says so. A name stays bound if both branches bind it, or if it was bound before.
#[derive(Clone, Debug)]
pub struct Condition {
    /// An expression of type bool over config fields.
    pub condition: Text,
    /// The steps if it holds.
    pub then: Vec<Step>,
    /// The steps if it does not.
    pub otherwise: Vec<Step>,
    /// Where the step stands.
    pub at: Location,
}

/// A value that there is on request only: the next one of an output that there are several of.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The output's name.
    pub name: String,
    /// An expression.
    pub value: Text,
}

/// The members of an [`Apply`] that are not parameters.
const APPLY_KEYS: [&str; 4] = ["let", "do", "at", "name"];

impl Decode for Step {
    fn decode(node: &Node, errors: &mut Errors) -> Option<Self> {
        if !matches!(node.data, Data::Object(_)) {
            return mismatch("a step (an object)", node, errors);
        }
        // The name only serves `extends`, but it must be a string.
        let _: Option<Option<Text>> = member(node, "name", errors);
        if node.get("repeat").is_some() {
            return decode_repeat(node, errors).map(Self::Repeat);
        }
        if node.get("if").is_some() {
            return decode_condition(node, errors).map(Self::Condition);
        }
        if node.get("output").is_some() {
            return decode_offer(node, errors).map(Self::Offer);
        }
        match node.get("do").map(|function| &function.data) {
            Some(Data::Array(_)) => decode_group(node, errors).map(Self::Group),
            _ => decode_apply(node, errors).map(Self::Apply),
        }
    }
}

fn decode_apply(node: &Node, errors: &mut Errors) -> Option<Apply> {
    let binds = member(node, "let", errors);
    let function: Option<Option<Text>> = member(node, "do", errors);
    let path = member(node, "at", errors);
    if node.get("do").is_none() {
        check_keys(node, &["let", "of", "name"], errors);
        let _: Option<Text> = member(node, "of", errors);
    }
    let params = node.members().iter().filter(|(key, _)| !APPLY_KEYS.contains(&key.as_str())).cloned();
    Some(Apply {
        binds: binds?,
        function: function?,
        path: path?,
        params: params.collect(),
        at: node.at.clone(),
    })
}

fn decode_group(node: &Node, errors: &mut Errors) -> Option<Group> {
    check_keys(node, &["at", "tied_to", "tied", "do", "name"], errors);
    let path = member(node, "at", errors);
    let tied_to = member(node, "tied_to", errors);
    let tied = member(node, "tied", errors);
    let steps = member(node, "do", errors);
    Some(Group { path: path?, tied_to: tied_to?, tied: tied?, steps: steps? })
}

fn decode_repeat(node: &Node, errors: &mut Errors) -> Option<Repeat> {
    check_keys(node, &["repeat", "index", "at", "do", "name"], errors);
    let count = member(node, "repeat", errors);
    let index = member(node, "index", errors);
    let path = member(node, "at", errors);
    let steps = member(node, "do", errors);
    Some(Repeat { count: count?, index: index?, path: path?, steps: steps?, at: node.at.clone() })
}

fn decode_offer(node: &Node, errors: &mut Errors) -> Option<Offer> {
    check_keys(node, &["output", "of", "name"], errors);
    let name = member(node, "output", errors);
    let value = member(node, "of", errors);
    Some(Offer { name: name?, value: value? })
}

fn decode_condition(node: &Node, errors: &mut Errors) -> Option<Condition> {
    check_keys(node, &["if", "then", "else", "name"], errors);
    let condition = member(node, "if", errors);
    let then = member(node, "then", errors);
    let otherwise = member(node, "else", errors);
    Some(Condition { condition: condition?, then: then?, otherwise: otherwise?, at: node.at.clone() })
}
