//! Values that come from outside: inputs, parameters, caches.

use super::submodel::Argument;
use super::{Scope, join};
use crate::ir::{DType, Dim, Fact, Input, Op, Param, State, Value};

impl Scope<'_> {
    /// A tensor that the caller must give.
    pub fn input(&self, name: &str, dtype: DType, shape: &[Dim]) -> Value {
        if let Some(frame) = &self.frame {
            return match frame.take(name) {
                Some(Argument::Value(value) | Argument::Optional(Some(value))) => {
                    self.given(name, value, dtype, shape)
                }
                _ => self.unknown(format_args!("the model at this place needs the input {name:?}")),
            };
        }
        let request = self.request();
        let held = request.cache && request.held.iter().any(|held| held == name);
        let index = {
            let mut state = self.builder.state.borrow_mut();
            state.graph.inputs.push(Input { name: name.to_owned(), fact: Fact::new(dtype, shape), held });
            state.graph.inputs.len() - 1
        };
        self.push(Op::Input(index), [])
    }

    /// A tensor that the caller may give: `None` where the request does not name it.
    pub fn optional_input(&self, name: &str, dtype: DType, shape: &[Dim]) -> Option<Value> {
        self.flag(name).then(|| self.input(name, dtype, shape))
    }

    /// Whether the request sets the switch `name`, an argument of `forward` that shapes the graph.
    pub fn flag(&self, name: &str) -> bool {
        match &self.frame {
            Some(frame) => matches!(
                frame.take(name),
                Some(Argument::Value(_) | Argument::Optional(Some(_)) | Argument::Flag(true))
            ),
            None => self.request().inputs.iter().any(|input| input == name),
        }
    }

    /// Whether a switch that is on by default is on: unless the request, or the model around, says that it is not.
    pub fn default_flag(&self, name: &str) -> bool {
        match &self.frame {
            Some(frame) => !matches!(frame.take(name), Some(Argument::Flag(false))),
            None => !self.request().unset.iter().any(|flag| flag == name),
        }
    }

    /// The parameter `name` below this path.
    pub fn param(&self, name: &str, shape: &[usize]) -> Value {
        let scope = self.at(name);
        self.declare(&scope.path, shape, scope.tied.as_deref().map(str::to_owned), false)
    }

    /// A parameter whose entries along the first axis are tensors of their own in the checkpoint, called `name` with
    /// their numbers in place of `*`: `experts.*.up_proj.weight`.
    pub fn stacked_param(&self, name: &str, shape: &[usize]) -> Value {
        self.declare(self.at(name).path(), shape, None, true)
    }

    /// The parameter `name` below this path, which is the tensor `target` (a full checkpoint name, in
    /// a submodel one below its path) unless the checkpoint stores it apart.
    pub fn tied_param(&self, name: &str, shape: &[usize], target: &str) -> Value {
        self.declare(self.at(name).path(), shape, Some(self.full(target)), false)
    }

    /// The path of the whole checkpoint that `target` has in the model's own.
    pub(super) fn full(&self, target: &str) -> String {
        match &self.frame {
            Some(frame) => join(&frame.path, target).to_string(),
            None => target.to_owned(),
        }
    }

    fn declare(&self, name: &str, shape: &[usize], tied_to: Option<String>, stacked: bool) -> Value {
        let (known, index) = {
            let mut state = self.builder.state.borrow_mut();
            let known = state.params.get(name).copied();
            if known.is_none() {
                let (name, shape) = (name.to_owned(), shape.to_vec());
                state.graph.params.push(Param { name, shape, tied_to, stacked });
            }
            (known, state.graph.params.len().saturating_sub(1))
        };
        if let Some(value) = known {
            let declared = self.shape(value);
            if declared.iter().map(Dim::as_size).ne(shape.iter().copied().map(Some)) {
                self.fail(format_args!("parameter {name:?} is used as {declared:?} and as {shape:?}"));
            }
            return value;
        }
        let value = self.push(Op::Param(index), []);
        self.builder.state.borrow_mut().params.insert(name.to_owned(), value);
        value
    }

    /// How many positions came before this run: the symbol `past` where the graph keeps a cache, else 0.
    pub fn past(&self) -> Dim {
        if self.first_cached().is_some() { Dim::symbol("past") } else { Dim::from(0) }
    }

    /// The layer from which on this model keeps its caches, if it does.
    fn first_cached(&self) -> Option<usize> {
        let first = self.frame.as_ref().map_or(Some(0), |frame| frame.cache);
        first.filter(|_| self.request().cache)
    }

    /// What the run before left under `layer` and `role` (`conv`, `ssm`), a tensor of `shape`: zeros at first. `None`
    /// where the graph keeps nothing between runs. [`leave`](Self::leave) says what it leaves itself.
    pub fn kept(&self, layer: usize, role: &str, shape: &[Dim]) -> Option<Value> {
        self.request().cache.then(|| {
            let fact = Fact::new(self.builder.state.borrow().graph.float, shape);
            let (name, next_name) = (format!("past_{role}.{layer}"), format!("present_{role}.{layer}"));
            self.state(State { name, next_name, fact, next: None })
        })
    }

    /// Lets `next` be what the next run finds where this one found `state`, a value of [`kept`](Self::kept).
    pub fn leave(&self, state: Value, next: Value) {
        let mut construction = self.builder.state.borrow_mut();
        let graph = &mut construction.graph;
        match graph.node(state).op {
            Op::State(index) => graph.states[index].next = Some(next),
            _ => {
                drop(construction);
                self.fail("only a state can be left to the next run");
            }
        }
    }

    /// `new` (`[batch, heads, sequence, width]`) behind what earlier runs left under `layer` and `role`
    /// (`key`, `value`); `new` itself where the graph keeps no cache.
    pub fn cached(&self, layer: usize, role: &str, new: Value) -> Value {
        let Some(first) = self.first_cached() else { return new };
        let layer = first + layer;
        let Some(mut fact) = self.fact(new) else { return new };
        if fact.rank() != 4 {
            self.fail(format_args!("a cache holds [batch, heads, past, width], found {fact}"));
            return new;
        }
        fact.shape[2] = self.past();
        let name = format!("past_key_values.{layer}.{role}");
        let next_name = format!("present.{layer}.{role}");
        let past = self.state(State { name, next_name, fact, next: None });
        let next = self.push(Op::CacheAppend, [past, new]);
        self.leave(past, next);
        next
    }

    fn state(&self, declared: State) -> Value {
        let index = {
            let mut state = self.builder.state.borrow_mut();
            state.graph.states.push(declared);
            state.graph.states.len() - 1
        };
        self.push(Op::State(index), [])
    }
}
