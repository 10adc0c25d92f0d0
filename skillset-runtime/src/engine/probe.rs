//! What works on this machine, found out by running something.

use std::sync::Arc;

use super::candle::{CandleDevice, CandleEngine};
use super::onnx::{OnnxEngine, OnnxOptions, Provider};
use super::{Engine, EngineError, EngineOptions, Tensors};
use crate::ir::{Builder, CheckedGraph, DType, Request};
use crate::tensor::Tensor;
use crate::weights::{WeightView, Weights};

/// What became of one engine on one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The engine: `candle` or `onnx`.
    pub engine: &'static str,
    /// The backend: `cpu`, `cuda`, ….
    pub backend: String,
    /// What it runs on; or why it does not work.
    pub outcome: Result<String, String>,
}

/// The providers that `skillset doctor` tries.
const PROVIDERS: [Provider; 7] = [
    Provider::Cpu,
    Provider::Cuda,
    Provider::TensorRt,
    Provider::OpenVino,
    Provider::MiGraphX,
    Provider::CoreMl,
    Provider::WebGpu,
];

/// Runs a small graph on every engine and backend.
pub fn probe_all() -> Vec<Probe> {
    let devices = [CandleDevice::Cpu, CandleDevice::Cuda(0), CandleDevice::Metal(0)];
    let candle = devices.map(|device| Probe {
        engine: "candle",
        backend: device.to_string(),
        outcome: probe_candle(device).map_err(|error| error.to_string()),
    });
    let onnx = PROVIDERS.map(|provider| Probe {
        engine: "onnx",
        backend: provider.to_string(),
        outcome: probe_onnx(provider).map_err(|error| error.to_string()),
    });
    candle.into_iter().chain(onnx).collect()
}

/// An engine for ONNX Runtime runs a test graph when it is made.
fn probe_onnx(provider: Provider) -> Result<String, EngineError> {
    let engine = OnnxEngine::new(OnnxOptions { provider, ..OnnxOptions::default() })?;
    let library = engine.library();
    Ok(format!("{} ({})", library.path.display(), library.origin))
}

fn probe_candle(device: CandleDevice) -> Result<String, EngineError> {
    let engine = CandleEngine::new(device)?;
    run(&engine)?;
    Ok(engine.name())
}

/// Opens an engine and runs a small graph on it, so that it is known to work.
///
/// # Errors
/// If it cannot be opened, does not run, or computes something else than it should.
pub fn open(options: &EngineOptions) -> Result<Arc<dyn Engine>, EngineError> {
    let engine = options.open()?;
    run(&*engine)?;
    Ok(engine)
}

fn run(engine: &dyn Engine) -> Result<(), EngineError> {
    let failed = |reason: String| EngineError::Unavailable { engine: engine.name(), reason };
    let graph = doubling().map_err(|error| failed(error.to_string()))?;
    let x = Tensor::new([2], vec![1.0f32, 2.0]).map_err(|error| failed(error.to_string()))?;
    let outputs = engine.load(graph, &NoWeights)?.run(&Tensors::from([("x".to_owned(), x)]))?;
    match outputs.get("y").and_then(Tensor::as_f32) {
        Some([2.0, 4.0]) => Ok(()),
        found => Err(failed(format!("a test graph computed {found:?} for the doubles of [1, 2]"))),
    }
}

/// y = x + x
fn doubling() -> Result<CheckedGraph, crate::ir::BuildError> {
    let builder = Builder::new("probe", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[2.into()]);
    g.output("y", g.add(x, x));
    builder.finish()
}

struct NoWeights;

impl Weights for NoWeights {
    fn get(&self, _: &str) -> Option<WeightView<'_>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candle_works_on_the_processor_and_every_refusal_has_a_reason() {
        let probes = probe_all();
        let cpu = probes.iter().find(|probe| probe.engine == "candle" && probe.backend == "cpu");
        assert_eq!(cpu.map(|probe| probe.outcome.clone()), Some(Ok("candle (cpu)".to_owned())));
        assert!(probes.iter().all(|probe| !matches!(&probe.outcome, Err(reason) if reason.is_empty())));
    }
}
