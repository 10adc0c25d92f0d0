//! Where a skill may run.

use std::fmt;
use std::str::FromStr;

use skillset_runtime::engine::{Device, EngineKind};
use skillset_runtime::model::nearest;

/// Where a skill may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The processor, by the candle engine.
    Cpu,
    /// The processor, by ONNX Runtime.
    OnnxCpu,
    /// An NVIDIA GPU, by the candle engine (cargo feature `cuda`), else by ONNX Runtime.
    Cuda,
    /// An NVIDIA GPU, by ONNX Runtime with TensorRT.
    TensorRt,
    /// An AMD GPU, by ONNX Runtime with MIGraphX.
    Rocm,
    /// An Apple GPU, by the candle engine (cargo feature `metal`), else by ONNX Runtime with Core ML.
    Mps,
    /// Intel hardware, by ONNX Runtime with OpenVINO.
    OpenVino,
    /// A GPU, by ONNX Runtime with WebGPU.
    WebGpu,
}

/// A name that is no backend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown backend {name:?}{}; the backends are {}",
    near.map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default(),
    Backend::ALL.map(Backend::name).join(", ")
)]
pub struct UnknownBackend {
    name: String,
    near: Option<&'static str>,
}

impl Backend {
    /// Every backend.
    pub const ALL: [Self; 8] = [
        Self::Cpu,
        Self::OnnxCpu,
        Self::Cuda,
        Self::TensorRt,
        Self::Rocm,
        Self::Mps,
        Self::OpenVino,
        Self::WebGpu,
    ];

    /// Its name in `backends(…)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::OnnxCpu => "onnx_cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::Rocm => "rocm",
            Self::Mps => "mps",
            Self::OpenVino => "openvino",
            Self::WebGpu => "webgpu",
        }
    }

    /// The engines that are tried for it, in order.
    pub fn engines(self) -> Vec<EngineKind> {
        self.candidates(0).into_iter().map(|(engine, _)| engine).collect()
    }

    /// The engines that are tried for it, in order, and what each runs on; `number` tells several devices apart.
    pub(super) fn candidates(self, number: usize) -> Vec<(EngineKind, Device)> {
        match self {
            Self::Cpu => vec![(EngineKind::Candle, Device::Cpu)],
            Self::OnnxCpu => vec![(EngineKind::Onnx, Device::Cpu)],
            Self::Cuda => {
                vec![(EngineKind::Candle, Device::Cuda(number)), (EngineKind::Onnx, Device::Cuda(number))]
            }
            Self::TensorRt => vec![(EngineKind::Onnx, Device::TensorRt(number))],
            Self::Rocm => vec![(EngineKind::Onnx, Device::MiGraphX(number))],
            Self::Mps => {
                vec![(EngineKind::Candle, Device::Metal(number)), (EngineKind::Onnx, Device::CoreMl)]
            }
            Self::OpenVino => vec![(EngineKind::Onnx, Device::OpenVino)],
            Self::WebGpu => vec![(EngineKind::Onnx, Device::WebGpu)],
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        Self::ALL.into_iter().find(|backend| backend.name() == name).ok_or_else(|| UnknownBackend {
            name: name.to_owned(),
            near: nearest(name, Self::ALL.map(Self::name)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for backend in Backend::ALL {
            assert_eq!(backend.to_string().parse(), Ok(backend));
        }
        let error = "opnvino".parse::<Backend>().unwrap_err().to_string();
        assert!(
            error.starts_with(
                "unknown backend \"opnvino\" (did you mean \"openvino\"?); the backends are cpu,"
            )
        );
    }
}
