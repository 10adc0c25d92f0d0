//! A model inside of another one: its inputs are values of the model around it, and so are its outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Scope;
use crate::ir::{DType, Dim, Fact, Op, Value};

/// A model inside of another one.
///
/// Its own graph function adds its nodes below the scope's path, as for a checkpoint of its own; but what it
/// declares as an input is what it is [given](Self::inputs), and its outputs are handed back.
#[derive(Clone, Copy, Debug)]
pub struct Submodel<'a> {
    /// What it is given, by the names of its inputs.
    pub inputs: &'a [(&'static str, Argument)],
    /// The layer of the whole model's cache from which on it keeps its own; none: it keeps no cache.
    pub cache: Option<usize>,
    /// Whether it is the base model of the class whose head applies it: then full checkpoint names in it are those of the
    /// class, and so is its cache.
    pub is_base: bool,
}

/// What a submodel is given for one of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A value, which it must take.
    Value(Value),
    /// A value or nothing; a model that has no such input does without.
    Optional(Option<Value>),
    /// A switch; one that is set must be there.
    Flag(bool),
}

impl From<Value> for Argument {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Option<Value>> for Argument {
    fn from(value: Option<Value>) -> Self {
        Self::Optional(value)
    }
}

impl From<bool> for Argument {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'a> Submodel<'a> {
    /// A submodel without a cache.
    pub fn new(inputs: &'a [(&'static str, Argument)]) -> Self {
        Self { inputs, cache: None, is_base: false }
    }

    /// The base model of the class whose head applies it.
    pub fn base(inputs: &'a [(&'static str, Argument)]) -> Self {
        Self { is_base: true, ..Self::new(inputs) }
    }

    /// Adds what `graph` adds, below the path of `g`.
    pub fn build(self, g: &Scope, graph: impl FnOnce(&Scope)) -> Outputs {
        let first = g.frame.as_ref().map_or(Some(0), |around| around.cache);
        let (path, cache) = match (self.is_base, &g.frame) {
            (false, _) => (Arc::clone(&g.path), first.zip(self.cache).map(|(first, own)| first + own)),
            (true, Some(around)) => (Arc::clone(&around.path), first),
            (true, None) => ("".into(), first),
        };
        let frame = Rc::new(Frame {
            path,
            inputs: self.inputs.iter().copied().collect(),
            cache,
            taken: RefCell::default(),
            outputs: RefCell::default(),
        });
        graph(&Scope { frame: Some(Rc::clone(&frame)), ..g.clone() });
        for (name, argument) in &frame.inputs {
            let must_be_taken = matches!(argument, Argument::Value(_) | Argument::Flag(true));
            if must_be_taken && !frame.taken.borrow().contains(name) {
                g.fail(format_args!("the model at this place takes no input {name:?}"));
            }
        }
        Outputs { path: Arc::clone(&g.path), values: Rc::new(frame.outputs.take()) }
    }
}

/// The outputs of a [`Submodel`], those among them that it only has on request.
#[derive(Clone, Debug)]
pub struct Outputs {
    path: Arc<str>,
    values: Rc<BTreeMap<String, Vec<Value>>>,
}

impl Outputs {
    /// The output called `name`; a mistake is recorded if there is none.
    pub fn value(&self, g: &Scope, name: &str) -> Value {
        self.nth(g, name, 0)
    }

    /// The output called `name`, if the model has it.
    pub fn optional(&self, name: &str) -> Option<Value> {
        self.values.get(name)?.first().copied()
    }

    /// The outputs called `name`, none if the model has no such output.
    pub fn all(&self, name: &str) -> &[Value] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// One of the outputs called `name` (the hidden states of all layers), negative numbers counting from behind; a
    /// mistake is recorded if there is none.
    pub fn nth(&self, g: &Scope, name: &str, index: i64) -> Value {
        let values = self.all(name);
        let position = if index < 0 { index.saturating_add_unsigned(values.len() as u64) } else { index };
        let found = usize::try_from(position).ok().and_then(|position| values.get(position));
        found.copied().unwrap_or_else(|| {
            let path = &self.path;
            match values.len() {
                0 => g.unknown(format_args!("the model at {path:?} has no output {name:?}")),
                len => g.unknown(format_args!(
                    "the model at {path:?} has {len} outputs {name:?}, none is {index}"
                )),
            }
        })
    }
}

/// What a submodel is built in.
#[derive(Debug)]
pub(super) struct Frame {
    /// The checkpoint path that the submodel's own names are below.
    pub(super) path: Arc<str>,
    inputs: BTreeMap<&'static str, Argument>,
    pub(super) cache: Option<usize>,
    /// The inputs that it has taken.
    taken: RefCell<BTreeSet<&'static str>>,
    outputs: RefCell<BTreeMap<String, Vec<Value>>>,
}

impl Frame {
    /// What is given under that name.
    pub(super) fn take(&self, name: &str) -> Option<Argument> {
        let (name, argument) = self.inputs.get_key_value(name)?;
        self.taken.borrow_mut().insert(name);
        Some(*argument)
    }

    pub(super) fn output(&self, name: &str, value: Value) {
        self.outputs.borrow_mut().entry(name.to_owned()).or_default().push(value);
    }
}

impl Scope<'_> {
    /// `value` as the input `name` of a submodel, which declares it to be of that type.
    ///
    /// Where an input of the whole model goes straight into the submodel, the sizes that this fixes are those of the
    /// whole model's input.
    pub(super) fn given(&self, name: &str, value: Value, dtype: DType, shape: &[Dim]) -> Value {
        let Some(mut fact) = self.fact(value) else { return value };
        let differ = |(a, b): (&Dim, &Dim)| a.as_constant().zip(b.as_constant()).is_some_and(|(a, b)| a != b);
        if fact.dtype != dtype || fact.rank() != shape.len() || fact.shape.iter().zip(shape).any(differ) {
            let expected = Fact::new(dtype, shape);
            return self.unknown(format_args!("input {name:?}: expected {expected}, found {fact}"));
        }
        for (size, fixed) in fact.shape.iter_mut().zip(shape).filter(|(_, size)| size.as_constant().is_some())
        {
            size.clone_from(fixed);
        }
        let mut state = self.builder.state.borrow_mut();
        if let Op::Input(index) = state.graph.node(value).op {
            state.graph.inputs[index].fact.clone_from(&fact);
            state.facts[value.index()] = Some(fact);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{BuildError, Builder, CheckedGraph, Request};

    /// Scales what it keeps of earlier runs and the tokens given.
    fn tower(g: &Scope) {
        let x = g.input("tokens", DType::F32, &[Dim::symbol("batch"), Dim::symbol("sequence"), 4.into()]);
        let x = if g.flag("double") { g.mul(x, 2.0) } else { x };
        g.offer("hidden", x);
        let x = g.cached(1, "key", g.unsqueeze(x, 1));
        let x = g.mul(x, g.tied_param("scale", &[4], "table"));
        g.offer("hidden", x);
        g.output("y", x);
    }

    fn build(request: &Request, add: impl FnOnce(&Scope, Value)) -> Result<CheckedGraph, BuildError> {
        let builder = Builder::new("test", request);
        let g = builder.root();
        add(&g, g.input("x", DType::F32, &["count", "length", "width"].map(Dim::symbol)));
        builder.finish()
    }

    #[test]
    fn values_of_the_model_around_are_what_goes_in_and_comes_out() {
        let graph = build(&Request::default(), |g, x| {
            let inputs = [("tokens", x.into()), ("double", true.into()), ("other", None.into())];
            let tower = Submodel::new(&inputs).build(&g.at("tower"), tower);
            g.output("all", tower.value(g, "y"));
            g.output("before", tower.nth(g, "hidden", -2));
            assert_eq!(tower.optional("z"), None);
        });
        let graph = graph.unwrap();
        let [param] = graph.params.as_slice() else { panic!("{:?}", graph.params) };
        assert_eq!((param.name.as_str(), param.tied_to.as_deref()), ("tower.scale", Some("tower.table")));
        assert_eq!(graph.outputs.iter().map(|output| &*output.name).collect::<Vec<_>>(), ["all", "before"]);
        let inputs: Vec<String> = graph.inputs.iter().map(|input| input.fact.to_string()).collect();
        assert_eq!(inputs, ["f32[count, length, 4]"], "the tower fixes the width");
        assert!(graph.states.is_empty());
    }

    #[test]
    fn caches_begin_at_the_layer_that_the_model_around_says() {
        let states = |request: &Request, cache| {
            let graph = build(request, |g, x| {
                let inputs = [("tokens", x.into())];
                let tower = Submodel { cache, ..Submodel::new(&inputs) }.build(g, tower);
                g.output("y", tower.value(g, "y"));
            });
            let states = graph.unwrap().into_graph().states;
            states.into_iter().map(|state| state.name).collect::<Vec<_>>()
        };
        let caching = Request { cache: true, ..Request::default() };
        assert_eq!(states(&caching, None), [""; 0]);
        assert_eq!(states(&caching, Some(3)), ["past_key_values.4.key"]);
        assert_eq!(states(&Request::default(), Some(3)), [""; 0]);
    }

    #[test]
    fn a_tied_scope_says_where_else_its_parameters_are() {
        let tied = |tied: bool| {
            let graph = build(&Request::default(), |g, _| {
                let tower = Submodel::new(&[]).build(&g.at("tower"), |g| {
                    let head = g.tied_at("head.1", tied, "head.0").at("up");
                    g.output("y", g.add(g.param("alone", &[1]), head.param("weight", &[1])));
                });
                g.output("y", tower.value(g, "y"));
            });
            let params = graph.unwrap().into_graph().params;
            params.into_iter().map(|param| (param.name, param.tied_to)).collect::<Vec<_>>()
        };
        let name = |name: &str| name.to_owned();
        assert_eq!(
            tied(true),
            [
                (name("tower.alone"), None),
                (name("tower.head.1.up.weight"), Some(name("tower.head.0.up.weight")))
            ]
        );
        assert_eq!(tied(false)[1], (name("tower.head.1.up.weight"), None));
    }

    #[test]
    fn the_base_model_of_a_head_has_the_names_and_the_cache_of_the_whole() {
        let head = |g: &Scope, x: Value| {
            let tower = Submodel::base(&[("tokens", x.into())]).build(&g.at("tower"), tower);
            g.output("y", tower.value(g, "y"));
        };
        let names = |add: &dyn Fn(&Scope, Value)| {
            let graph = build(&Request { cache: true, ..Request::default() }, add).unwrap().into_graph();
            let [param] = graph.params.as_slice() else { panic!("{:?}", graph.params) };
            (param.name.clone(), param.tied_to.clone().unwrap(), graph.states[0].name.clone())
        };
        let expected = |names: [&str; 3]| names.map(str::to_owned).into();
        assert_eq!(names(&head), expected(["tower.scale", "table", "past_key_values.1.key"]));
        let inside = |g: &Scope, x: Value| {
            let inputs = [("x", x.into())];
            let whole = Submodel { cache: Some(3), ..Submodel::new(&inputs) }.build(&g.at("whole"), |g| {
                head(g, g.input("x", DType::F32, &["count", "length", "width"].map(Dim::symbol)));
            });
            g.output("y", whole.value(g, "y"));
        };
        assert_eq!(names(&inside), expected(["whole.tower.scale", "whole.table", "past_key_values.4.key"]));
    }

    #[test]
    fn offered_values_are_outputs_on_request_only() {
        let outputs = |wanted: &[&str], also: &[&str]| {
            let [outputs, also] =
                [wanted, also].map(|names| names.iter().map(|&name| name.to_owned()).collect());
            let graph = build(&Request { outputs, also, ..Request::default() }, |g, x| {
                g.offer("state", x);
                g.offer("hidden", x);
                g.output_next("map", x);
                g.offer("hidden", g.tanh(x));
                g.output_next("map", g.exp(x));
                g.output("y", x);
            });
            let outputs = graph.map(|graph| graph.into_graph().outputs).map_err(|error| error.to_string());
            outputs.map(|outputs| outputs.into_iter().map(|output| output.name).collect::<Vec<_>>())
        };
        assert_eq!(outputs(&[], &[]).unwrap(), ["map.0", "map.1", "y"]);
        assert_eq!(outputs(&["hidden"], &[]).unwrap(), ["hidden.0", "hidden.1"]);
        assert_eq!(outputs(&["y", "hidden.1"], &[]).unwrap(), ["y", "hidden.1"]);
        assert_eq!(outputs(&["map"], &["hidden.0"]).unwrap(), ["map.0", "map.1", "hidden.0"]);
        let all = ["map.0", "map.1", "y", "hidden.0", "hidden.1", "state.0"];
        assert_eq!(outputs(&[], &["state", "hidden"]).unwrap(), all);
        for (wanted, also) in [(&["hidden.2"][..], &[][..]), (&[], &["hidden.2"])] {
            let error = outputs(wanted, also).unwrap_err();
            assert_eq!(error, "test has no output \"hidden.2\"; its outputs are map.0, map.1, y");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        let error = |inputs: &dyn Fn(Value) -> Vec<(&'static str, Argument)>, index| {
            let built = build(&Request::default(), |g, x| {
                let tower = Submodel::new(&inputs(x)).build(&g.at("tower"), tower);
                g.output("y", tower.nth(g, "hidden", index));
            });
            built.unwrap_err().to_string()
        };
        assert_eq!(
            error(&|_| vec![], 0),
            "test at \"tower\": the model at this place needs the input \"tokens\""
        );
        let more = |x: Value| vec![("tokens", x.into()), ("mask", x.into()), ("halve", true.into())];
        assert_eq!(
            error(&more, -1),
            "test at \"tower\": the model at this place takes no input \"halve\"\n\
             test at \"tower\": the model at this place takes no input \"mask\""
        );
        let tokens = |x: Value| vec![("tokens", x.into())];
        assert_eq!(error(&tokens, -3), "test: the model at \"tower\" has 2 outputs \"hidden\", none is -3");
    }
}
