//! The backends that a skill can name.

/// A backend and what can execute it.
#[derive(Debug)]
pub struct Backend {
    /// Its name in the attribute.
    pub name: &'static str,
    /// Its variant of `skillset::Backend`.
    pub variant: &'static str,
    /// The engines that are tried, in order.
    pub engines: &'static [Engine],
}

/// An engine of a backend.
#[derive(Debug)]
pub struct Engine {
    /// Its name in the evidence.
    pub name: &'static str,
    /// The cargo feature that it needs for this backend.
    pub feature: Option<&'static str>,
}

const CANDLE: Engine = Engine { name: "candle", feature: None };
const CANDLE_CUDA: Engine = Engine { name: "candle", feature: Some("cuda") };
const CANDLE_METAL: Engine = Engine { name: "candle", feature: Some("metal") };
const ONNX: Engine = Engine { name: "onnx", feature: None };

/// Every backend.
pub const BACKENDS: [Backend; 8] = [
    Backend { name: "cpu", variant: "Cpu", engines: &[CANDLE] },
    Backend { name: "onnx_cpu", variant: "OnnxCpu", engines: &[ONNX] },
    Backend { name: "cuda", variant: "Cuda", engines: &[CANDLE_CUDA, ONNX] },
    Backend { name: "tensorrt", variant: "TensorRt", engines: &[ONNX] },
    Backend { name: "rocm", variant: "Rocm", engines: &[ONNX] },
    Backend { name: "mps", variant: "Mps", engines: &[CANDLE_METAL, ONNX] },
    Backend { name: "openvino", variant: "OpenVino", engines: &[ONNX] },
    Backend { name: "webgpu", variant: "WebGpu", engines: &[ONNX] },
];

/// What others call a backend, and its name here.
pub const SYNONYMS: [(&str, &str); 8] = [
    ("candle", "cpu"),
    ("coreml", "mps"),
    ("gpu", "cuda"),
    ("metal", "mps"),
    ("migraphx", "rocm"),
    ("nvidia", "cuda"),
    ("onnx", "onnx_cpu"),
    ("onnxruntime", "onnx_cpu"),
];

/// The names of the backends.
pub fn names() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().map(|backend| backend.name)
}
