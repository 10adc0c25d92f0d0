//! One run of a program: node by node.

use candle_core::Tensor as CandleTensor;

use super::convert;
use super::error::Fault;
use super::kernel::memory::Memory;
use super::op::{self, Context};
use super::program::CandleProgram;
use super::state::{HeldValues, Slot};
use crate::engine::lookup::table;
use crate::engine::{EngineError, Tensors};
use crate::ir::{Bindings, Node, Op, Value};
use crate::tensor::Tensor;

/// What a trace calls with every value.
pub(super) type Visit<'a> = &'a mut (dyn FnMut(Value, Tensor) + Send);

/// Computes the results of the graph, and what a session keeps of it; the memory of other values is used again after
/// their last reader. What was `held` from an earlier step is not computed again.
pub(super) fn run(
    program: &CandleProgram,
    memory: &Memory,
    inputs: &Tensors,
    bindings: &Bindings,
    (states, held): (&[Slot], Option<&HeldValues>),
    mut visit: Option<Visit<'_>>,
) -> Result<Vec<Option<CandleTensor>>, EngineError> {
    let graph = &program.executed;
    let (device, float, kernels) = (&program.device, graph.float, program.kernels);
    let context = Context { device, float, kernels, memory, bindings };
    let mut values: Vec<Option<CandleTensor>> = vec![None; graph.nodes.len()];
    for value in graph.values() {
        let index = value.index();
        if program.settled[index] {
            values[index].clone_from(&program.constants[index]);
            continue;
        }
        if let Some(held) = held.filter(|_| program.held.nodes[index]) {
            values[index] = held.get(value).cloned();
            continue;
        }
        let node = graph.node(value);
        let computed = match &node.op {
            Op::Input(input) => from_caller(program, *input, inputs),
            Op::State(state) => states[*state].value(),
            _ => compute(program, &context, value, node, &values, states),
        };
        let computed = computed.map_err(|fault| located(program, node, &fault))?;
        if let Some(visit) = &mut visit {
            visit(value, convert::to_host(&computed).map_err(|fault| located(program, node, &fault))?);
        }
        memory.hold(&computed);
        values[index] = Some(computed);
        for dead in &program.liveness.dies_after[index] {
            if let Some(dead) = values[dead.index()].take() {
                memory.release(&dead);
            }
        }
    }
    Ok(values)
}

fn from_caller(program: &CandleProgram, input: usize, inputs: &Tensors) -> Result<CandleTensor, Fault> {
    let input = &program.executed.inputs[input];
    match inputs.get(&input.name) {
        Some(tensor) => Ok(convert::from_host(tensor, input.fact.dtype, &program.device)?),
        None => Err(Fault::Reason(format!("input {:?} is missing", input.name))),
    }
}

fn compute(
    program: &CandleProgram,
    context: &Context<'_>,
    value: Value,
    node: &Node,
    values: &[Option<CandleTensor>],
    states: &[Slot],
) -> Result<CandleTensor, Fault> {
    let index = value.index();
    let read = |input: &Value| {
        values[input.index()].as_ref().ok_or_else(|| Fault::Reason("an input was freed early".into()))
    };
    if let Some(prepared) = &program.prepared[index] {
        let inputs: Vec<&CandleTensor> =
            node.inputs[..prepared.inputs()].iter().map(read).collect::<Result<_, _>>()?;
        return prepared.apply(context.memory, &inputs);
    }
    let inputs: Vec<&CandleTensor> = node.inputs.iter().map(read).collect::<Result<_, _>>()?;
    if let Some(Slot::Cache(cache)) = program.appends[index].map(|state| &states[state]) {
        return cache.append(inputs[1]);
    }
    let fact = program.executed.fact(value);
    match op::evaluate_empty(context, &node.op, &inputs, &fact.shape, fact.dtype)? {
        Some(value) => Ok(value),
        None => op::evaluate(context, &node.op, &inputs),
    }
}

/// Says where in the graph a fault happened; an index out of range names its table. Indices that are inputs
/// were checked before the run.
fn located(program: &CandleProgram, node: &Node, fault: &Fault) -> EngineError {
    let place = if node.path.is_empty() { "the root" } else { &*node.path };
    if let (Fault::Index { value, position, size }, Some(&data)) = (fault, node.inputs.first()) {
        let table = table(&program.executed, data);
        let reason = format!("index {value} at {position:?} is outside of the {size} rows of {table}");
        return program.failed(place, &Fault::Reason(reason));
    }
    program.failed(place, fault)
}
