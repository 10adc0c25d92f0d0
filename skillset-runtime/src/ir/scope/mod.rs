//! Building a graph: a [`Builder`] holds it, a [`Scope`] adds to it at one checkpoint path.

mod composite;
mod ops;
mod sources;
mod submodel;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::infer::infer;
use super::{CheckError, CheckedGraph, DType, Dim, Fact, Graph, Literal, Op, Output, Value};

use submodel::Frame;
pub use submodel::{Argument, Outputs, Submodel};

/// What a graph is wanted for; the same architecture is built a little differently for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Names of the optional inputs that the caller will give, and of the switches that it sets. An optional input that is not named
    /// takes its default inside of the graph (or is left out, as a mask is), which costs nothing at run time.
    pub inputs: Vec<String>,
    /// Switches that are off, though some of them may be on by default.
    pub unset: Vec<String>,
    /// Outputs that are wanted; empty: all but those that there are [on request](Scope::offer) only. Of those that
    /// are numbered (`hidden_states.0`), the name without a number means all. What these do not depend on is no part of the
    /// graph: neither parameters, nor inputs that must be given otherwise.
    pub outputs: Vec<String>,
    /// Outputs on request that are wanted beside those.
    pub also: Vec<String>,
    /// Whether keys and values are kept between runs, for generation.
    pub cache: bool,
    /// Of the inputs, those that are the same in all steps of a session: what a decoder is told of an encoder. They count in the first
    /// step, what depends on no other input is computed then, and later steps may leave them out. Without a cache every
    /// run is the first.
    pub held: Vec<String>,
    /// Whether of outputs `[batch, sequence, …]` only the last position is wanted, which then is the only one:
    /// what comes next in a text depends on no other.
    pub last_position: bool,
}

/// Everything that was wrong while a graph was built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The config's values do not make an architecture: sizes that do not divide, an unsupported switch.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// An output was asked for that the task does not have.
    #[error("{graph} has no output {name:?}; its outputs are {}", known.join(", "))]
    NoSuchOutput {
        /// The graph.
        graph: String,
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The finished graph is not valid.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// A graph under construction.
#[derive(Debug)]
pub struct Builder {
    request: Request,
    state: RefCell<Construction>,
}

#[derive(Debug)]
struct Construction {
    graph: Graph,
    /// The type of each value; `None` for one that depends on a mistake.
    facts: Vec<Option<Fact>>,
    params: BTreeMap<String, Value>,
    /// How many values there are under each name that has numbers.
    numbered: BTreeMap<String, usize>,
    /// The wanted ones of the outputs on request, which come behind the others.
    offered: Vec<Output>,
    errors: Vec<String>,
    /// Values that cannot be had, which is an error where a result needs them.
    missing: Vec<(Value, String)>,
}

impl Builder {
    /// An empty graph called `name`, for `request`.
    pub fn new(name: &str, request: &Request) -> Self {
        let graph = Graph {
            name: name.to_owned(),
            float: DType::F32,
            nodes: vec![],
            inputs: vec![],
            params: vec![],
            states: vec![],
            outputs: vec![],
        };
        let state = Construction {
            graph,
            facts: vec![],
            params: BTreeMap::new(),
            numbered: BTreeMap::new(),
            offered: vec![],
            errors: vec![],
            missing: vec![],
        };
        Self { request: request.clone(), state: RefCell::new(state) }
    }

    /// The scope at the root of the checkpoint.
    pub fn root(&self) -> Scope<'_> {
        self.scope("".into())
    }

    /// The names of the parameters that were declared, whether or not a result needs them, and of what they are tied to.
    pub fn declared(&self) -> Vec<String> {
        let params = &self.state.borrow().graph.params;
        params.iter().flat_map(|param| [Some(param.name.clone()), param.tied_to.clone()]).flatten().collect()
    }

    pub(super) fn scope(&self, path: Arc<str>) -> Scope<'_> {
        Scope { builder: self, path, tied: None, frame: None }
    }

    /// A builder without nodes that has the inputs, parameters and states of `graph`.
    pub(super) fn with_sources(graph: &Graph) -> Self {
        let builder = Self::new(&graph.name, &Request::default());
        let empty = Graph { nodes: vec![], outputs: vec![], ..graph.clone() };
        builder.state.borrow_mut().graph = empty;
        builder
    }

    /// Sets the results to those of `graph`, renamed by `map`.
    pub(super) fn with_results(self, graph: &Graph, map: impl Fn(Value) -> Value) -> Self {
        {
            let built = &mut self.state.borrow_mut().graph;
            built.outputs.clone_from(&graph.outputs);
            for output in &mut built.outputs {
                output.value = map(output.value);
            }
            for state in &mut built.states {
                state.next = state.next.map(&map);
            }
        }
        self
    }

    /// Keeps the outputs that the request names, drops what they do not need, and checks the graph.
    ///
    /// # Errors
    /// All mistakes recorded while building, or the first fault that [`Graph::check`] finds.
    pub fn finish(self) -> Result<CheckedGraph, BuildError> {
        let Construction { mut graph, errors, missing, mut offered, .. } = self.state.into_inner();
        offered.sort_by(|a, b| unnumbered(&a.name).cmp(unnumbered(&b.name)));
        graph.outputs.extend(offered);
        if !errors.is_empty() {
            return Err(BuildError::Invalid(errors));
        }
        for name in self.request.outputs.iter().chain(&self.request.also) {
            if !graph.outputs.iter().any(|output| is_named(&output.name, name)) {
                let known = graph.outputs.iter().map(|output| output.name.clone()).collect();
                return Err(BuildError::NoSuchOutput { graph: graph.name, name: name.clone(), known });
            }
        }
        if !self.request.outputs.is_empty() {
            graph.outputs.retain(|output| self.request.wants(&output.name));
        }
        let needed = super::pass::needed(&graph);
        let missing: Vec<String> = missing
            .into_iter()
            .filter(|(value, _)| needed[value.index()])
            .map(|(_, message)| message)
            .collect();
        if !missing.is_empty() {
            return Err(BuildError::Invalid(missing));
        }
        let mut graph = super::pass::dead_code(graph).check()?;
        if !self.request.outputs.is_empty() {
            graph = super::pass::without_unread(graph, &self.request.inputs).check()?;
        }
        if !self.request.last_position {
            return Ok(graph);
        }
        let graph = keep_last_position(graph);
        Ok(super::pass::narrow(graph.check()?).check()?)
    }
}

impl Request {
    /// Whether it names `output`.
    fn wants(&self, output: &str) -> bool {
        self.outputs.iter().chain(&self.also).any(|name| is_named(output, name))
    }
}

/// Whether a request for `name` means `output`: that one, or all of a name that are numbered.
fn is_named(output: &str, name: &str) -> bool {
    output.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The name of an output that there are several of.
fn unnumbered(output: &str) -> &str {
    output.rsplit_once('.').map_or(output, |(name, _)| name)
}

/// Cuts every output that has positions down to the last one.
fn keep_last_position(graph: CheckedGraph) -> Graph {
    let lengths: Vec<Option<Dim>> =
        graph.outputs.iter().map(|output| graph.fact(output.value).shape.get(1).cloned()).collect();
    let mut graph = graph.into_graph();
    for (index, length) in lengths.into_iter().enumerate() {
        let Some(length) = length.filter(|length| length.as_constant().is_none()) else { continue };
        let op = Op::Slice { axis: 1, start: length.clone() - Dim::from(1), end: length };
        let path = graph.node(graph.outputs[index].value).path.clone();
        graph.outputs[index].value = graph.push(op, vec![graph.outputs[index].value], path);
    }
    graph
}

/// A place in a graph under construction: new nodes and parameters belong to its checkpoint path.
///
/// Operations return plain [`Value`]s. One that cannot be applied is recorded with the path, and what
/// depends on it is skipped silently, so a mistake is reported once and building goes on.
#[derive(Clone, Debug)]
pub struct Scope<'b> {
    builder: &'b Builder,
    path: Arc<str>,
    /// Where parameters are that the checkpoint does not store at this path.
    tied: Option<Arc<str>>,
    /// The submodel that is being built, if one is.
    frame: Option<Rc<Frame>>,
}

/// `path` below `base`, either of which may be empty.
fn join(base: &Arc<str>, path: &str) -> Arc<str> {
    match (base.is_empty(), path.is_empty()) {
        (_, true) => base.clone(),
        (true, _) => path.into(),
        _ => format!("{base}.{path}").into(),
    }
}

/// A value, or a number that becomes a literal of the other operand's type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand {
    /// A value of the graph.
    Value(Value),
    /// A number.
    Number(f64),
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<f64> for Operand {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Operand {
    fn from(number: usize) -> Self {
        Self::Number(number as f64)
    }
}

impl<'b> Scope<'b> {
    /// The scope at `path` below this one; an empty path is this scope itself.
    pub fn at(&self, path: &str) -> Self {
        let tied = self.tied.as_ref().map(|tied| join(tied, path));
        Self { path: join(&self.path, path), tied, ..self.clone() }
    }

    /// The scope at `path` below this one, whose parameters are those below `target` (a full checkpoint path, in a submodel
    /// one below its path) unless the checkpoint stores them apart; if they are not `tied`, it stores them.
    pub fn tied_at(&self, path: &str, tied: bool, target: &str) -> Self {
        Self { tied: tied.then(|| self.full(target).into()), ..self.at(path) }
    }

    /// The checkpoint path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What the graph is built for.
    pub fn request(&self) -> &'b Request {
        &self.builder.request
    }

    /// Records mistakes that say themselves where they are, one a message.
    pub fn refuse(&self, messages: &[String]) {
        self.builder.state.borrow_mut().errors.extend_from_slice(messages);
    }

    /// Records a mistake at this path, such as sizes that do not go together.
    pub fn fail(&self, message: impl std::fmt::Display) {
        let message = self.placed(message);
        self.builder.state.borrow_mut().errors.push(message);
    }

    /// A value that cannot be had for the reason given: a mistake only if a result turns out to need it.
    pub fn missing(&self, reason: impl std::fmt::Display) -> Value {
        let (reason, value) = (self.placed(reason), self.poison());
        self.builder.state.borrow_mut().missing.push((value, reason));
        value
    }

    /// A value of no type: what depends on it is skipped silently.
    fn poison(&self) -> Value {
        let mut state = self.builder.state.borrow_mut();
        state.facts.push(None);
        state.graph.push(Op::Constant(Literal::integer(0)), vec![], self.path.clone())
    }

    fn placed(&self, message: impl std::fmt::Display) -> String {
        let name = &self.builder.state.borrow().graph.name;
        let place = if self.path.is_empty() { String::new() } else { format!(" at {:?}", &*self.path) };
        format!("{name}{place}: {message}")
    }

    /// A value for a mistake that `message` describes, which is recorded: what depends on it is skipped silently.
    pub fn unknown(&self, message: impl std::fmt::Display) -> Value {
        self.fail(message);
        self.poison()
    }

    /// Makes `value` a result of the graph, or of the submodel that is being built.
    pub fn output(&self, name: &str, value: Value) {
        if let Some(frame) = &self.frame {
            return frame.output(name, value);
        }
        let mut state = self.builder.state.borrow_mut();
        state.graph.outputs.push(Output { name: name.to_owned(), value });
    }

    /// Makes `value` the next result called `name` where a request, or the model around, asks for it: the hidden
    /// states of each layer are `hidden_states.0`, `hidden_states.1`, …. It costs nothing where nobody does.
    pub fn offer(&self, name: &str, value: Value) {
        if self.frame.is_some() {
            return self.output(name, value);
        }
        let name = self.numbered(name);
        if self.request().wants(&name) {
            self.builder.state.borrow_mut().offered.push(Output { name, value });
        }
    }

    /// Makes `value` the next result called `name`, with a number as an [offered](Self::offer) one: the maps of a backbone
    /// are `feature_maps.0`, `feature_maps.1`, ….
    pub fn output_next(&self, name: &str, value: Value) {
        let name = if self.frame.is_some() { name } else { &self.numbered(name) };
        self.output(name, value);
    }

    /// The next name of an output that there are several of.
    fn numbered(&self, name: &str) -> String {
        let mut state = self.builder.state.borrow_mut();
        let count = state.numbered.entry(name.to_owned()).or_default();
        *count += 1;
        format!("{name}.{}", *count - 1)
    }

    /// The sizes of `value`'s axes; empty if the value depends on a mistake.
    pub fn shape(&self, value: Value) -> Vec<Dim> {
        self.fact(value).map_or_else(Vec::new, |fact| fact.shape)
    }

    /// The size of one axis; negative axes count from the end.
    pub fn dim(&self, value: Value, axis: isize) -> Dim {
        let shape = self.shape(value);
        let index = if axis < 0 { axis + shape.len() as isize } else { axis };
        usize::try_from(index).ok().and_then(|index| shape.get(index).cloned()).unwrap_or_default()
    }

    /// The type of `value`; `None` if it depends on a mistake.
    pub fn fact(&self, value: Value) -> Option<Fact> {
        self.builder.state.borrow().facts[value.index()].clone()
    }

    /// `axis` counted from the front, recording a mistake if `value` has no such axis.
    fn axis(&self, value: Value, axis: isize) -> usize {
        let Some(fact) = self.fact(value) else { return 0 };
        let rank = fact.rank() as isize;
        let index = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&index) {
            return index as usize;
        }
        self.fail(format_args!("there is no axis {axis} in {fact}"));
        0
    }

    /// A literal.
    pub fn constant(&self, literal: Literal) -> Value {
        self.push(Op::Constant(literal), [])
    }

    /// Adds a node, infers its type, records a mistake.
    pub(in crate::ir) fn push(&self, op: Op, inputs: impl Into<Vec<Value>>) -> Value {
        let inputs = inputs.into();
        let mut state = self.builder.state.borrow_mut();
        let state = &mut *state;
        let facts: Option<Vec<&Fact>> =
            inputs.iter().map(|value| state.facts[value.index()].as_ref()).collect();
        let fact = match facts.map(|facts| infer(&state.graph, &op, &facts)) {
            Some(Ok(fact)) => Some(fact),
            Some(Err(error)) => {
                let place = if self.path.is_empty() { "the root" } else { &*self.path };
                let op = super::text::op_name(&op);
                state.errors.push(format!("{} at {place:?}: {op}: {error}", state.graph.name));
                None
            }
            None => None,
        };
        state.facts.push(fact);
        state.graph.push(op, inputs, self.path.clone())
    }
}
