//! What engines run on, by name.

use std::fmt;
use std::str::FromStr;

use super::EngineError;
use super::candle::CandleDevice;
use super::onnx::Provider;

/// Hardware, or what ONNX Runtime calls a provider. A number tells several devices of one kind apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The processor: candle and ONNX Runtime.
    #[default]
    Cpu,
    /// An NVIDIA GPU: candle and ONNX Runtime.
    Cuda(usize),
    /// An Apple GPU: candle.
    Metal(usize),
    /// An NVIDIA GPU by TensorRT: ONNX Runtime.
    TensorRt(usize),
    /// An AMD GPU: ONNX Runtime.
    MiGraphX(usize),
    /// Intel hardware: ONNX Runtime.
    OpenVino,
    /// Apple hardware: ONNX Runtime.
    CoreMl,
    /// A GPU by WebGPU: ONNX Runtime.
    WebGpu,
}

/// A name that is no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown device {0:?}; the devices are cpu, cuda, metal, tensorrt, migraphx, openvino, coreml and webgpu, with a \
     number where there are several, such as cuda:1"
)]
pub struct UnknownDevice(String);

impl FromStr for Device {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        let unknown = || UnknownDevice(text.to_owned());
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, Some(number.parse().map_err(|_| unknown())?)),
            None => (text, None),
        };
        match (name, number) {
            ("cpu", None) => Ok(Self::Cpu),
            ("cuda", number) => Ok(Self::Cuda(number.unwrap_or(0))),
            ("metal", number) => Ok(Self::Metal(number.unwrap_or(0))),
            ("tensorrt", number) => Ok(Self::TensorRt(number.unwrap_or(0))),
            ("migraphx", number) => Ok(Self::MiGraphX(number.unwrap_or(0))),
            ("openvino", None) => Ok(Self::OpenVino),
            ("coreml", None) => Ok(Self::CoreMl),
            ("webgpu", None) => Ok(Self::WebGpu),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal(number) => write!(f, "metal:{number}"),
            Self::TensorRt(number) => write!(f, "tensorrt:{number}"),
            Self::MiGraphX(number) => write!(f, "migraphx:{number}"),
            Self::OpenVino => f.write_str("openvino"),
            Self::CoreMl => f.write_str("coreml"),
            Self::WebGpu => f.write_str("webgpu"),
        }
    }
}

impl Device {
    pub(super) fn for_candle(self) -> Result<CandleDevice, EngineError> {
        match self {
            Self::Cpu => Ok(CandleDevice::Cpu),
            Self::Cuda(ordinal) => Ok(CandleDevice::Cuda(ordinal)),
            Self::Metal(ordinal) => Ok(CandleDevice::Metal(ordinal)),
            other => Err(unavailable("candle", other, "it runs on cpu, cuda and metal")),
        }
    }

    /// The provider, and which of its devices.
    pub(super) fn for_onnx(self) -> Result<(Provider, usize), EngineError> {
        match self {
            Self::Cpu => Ok((Provider::Cpu, 0)),
            Self::Cuda(number) => Ok((Provider::Cuda, number)),
            Self::TensorRt(number) => Ok((Provider::TensorRt, number)),
            Self::MiGraphX(number) => Ok((Provider::MiGraphX, number)),
            Self::OpenVino => Ok((Provider::OpenVino, 0)),
            Self::CoreMl => Ok((Provider::CoreMl, 0)),
            Self::WebGpu => Ok((Provider::WebGpu, 0)),
            Self::Metal(_) => Err(unavailable("onnxruntime", self, "Apple hardware is its device coreml")),
        }
    }
}

fn unavailable(engine: &str, device: Device, reason: &str) -> EngineError {
    EngineError::Unavailable { engine: format!("{engine} ({device})"), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in
            ["cpu", "cuda:0", "cuda:3", "metal:0", "tensorrt:1", "migraphx:0", "openvino", "coreml", "webgpu"]
        {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for wrong in ["gpu", "cpu:1", "cuda:x", "openvino:1", ""] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_engine_refuses_what_it_does_not_run_on() {
        let message = |error: EngineError| error.to_string();
        assert_eq!(
            message(Device::OpenVino.for_candle().unwrap_err()),
            "candle (openvino) is not available: it runs on cpu, cuda and metal"
        );
        assert_eq!(
            message(Device::Metal(0).for_onnx().unwrap_err()),
            "onnxruntime (metal:0) is not available: Apple hardware is its device coreml"
        );
    }
}
