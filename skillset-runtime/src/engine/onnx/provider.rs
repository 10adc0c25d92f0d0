//! Execution providers: what hardware ONNX Runtime runs on, and whether it really does.

use std::str::FromStr;

use ort::ep::{self, ExecutionProviderDispatch};
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use ort::value::TensorRef;

use super::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto};
use super::writer::{IR_VERSION, OPSET, value_info};
use crate::ir::{DType, Dim, Fact};

/// A provider of ONNX Runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Provider {
    /// The CPU, in every build of the library.
    #[default]
    Cpu,
    /// NVIDIA GPUs by cuDNN.
    Cuda,
    /// NVIDIA GPUs by TensorRT.
    TensorRt,
    /// Intel CPUs, GPUs and NPUs.
    OpenVino,
    /// AMD GPUs (`rocm`).
    MiGraphX,
    /// Apple's CPU, GPU and neural engine (`mps`).
    CoreMl,
    /// GPUs by WebGPU.
    WebGpu,
}

const NAMES: [(&str, Provider); 7] = [
    ("cpu", Provider::Cpu),
    ("cuda", Provider::Cuda),
    ("tensorrt", Provider::TensorRt),
    ("openvino", Provider::OpenVino),
    ("migraphx", Provider::MiGraphX),
    ("coreml", Provider::CoreMl),
    ("webgpu", Provider::WebGpu),
];

/// A name that is no provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider {name:?}; supported: {}", NAMES.map(|(name, _)| name).join(", "))]
pub struct UnknownProvider {
    name: String,
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, provider)| *provider).ok_or_else(|| UnknownProvider { name: name.into() })
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = NAMES.iter().find(|(_, provider)| provider == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl Provider {
    /// The Python packages whose library has the provider, the first one built for it.
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Cpu | Self::CoreMl | Self::WebGpu => &["onnxruntime"],
            Self::Cuda | Self::TensorRt => &["onnxruntime-gpu", "onnxruntime"],
            Self::OpenVino => &["onnxruntime-openvino", "onnxruntime"],
            Self::MiGraphX => &["onnxruntime-migraphx", "onnxruntime"],
        }
    }

    /// What registers the provider with a session; `None` for the CPU, which is there without.
    fn dispatch(self, device: i32) -> Option<ExecutionProviderDispatch> {
        let dispatch = match self {
            Self::Cpu => return None,
            Self::Cuda => ep::CUDA::default().with_device_id(device).build(),
            Self::TensorRt => ep::TensorRT::default().with_device_id(device).build(),
            Self::OpenVino => ep::OpenVINO::default().build(),
            Self::MiGraphX => ep::MIGraphX::default().with_device_id(device).build(),
            Self::CoreMl => ep::CoreML::default().build(),
            Self::WebGpu => ep::WebGPU::default().build(),
        };
        Some(dispatch.error_on_failure())
    }

    /// Lets sessions of `builder` run on the provider.
    pub(super) fn register(self, builder: SessionBuilder, device: usize) -> ort::Result<SessionBuilder> {
        let device =
            i32::try_from(device).map_err(|_| ort::Error::new(format!("there is no device {device}")))?;
        match self.dispatch(device) {
            None => Ok(builder),
            Some(dispatch) => Ok(builder.with_execution_providers([dispatch])?),
        }
    }

    /// Runs a tiny graph on the provider, with no way out to the CPU.
    ///
    /// That a library was built with a provider says little: drivers and devices show when something runs.
    pub(super) fn probe(self, builder: SessionBuilder, device: usize) -> ort::Result<()> {
        let mut builder = self.register(builder, device)?;
        if self != Self::Cpu {
            builder = builder.with_disable_cpu_fallback()?;
        }
        let mut session: Session = builder.commit_from_memory(&prost::Message::encode_to_vec(&doubling()))?;
        let x = [1.0f32, 2.0, 3.0, 4.0];
        let outputs = session.run(ort::inputs![TensorRef::from_array_view(([2usize, 2], &x[..]))?])?;
        let (_, y) = outputs[0].try_extract_tensor::<f32>()?;
        if y == x.map(|x| x + x) {
            Ok(())
        } else {
            Err(ort::Error::new(format!("a test graph computed {y:?} for the doubles of {x:?}")))
        }
    }
}

/// y = x + x
fn doubling() -> ModelProto {
    let value = |name| -> ValueInfoProto { value_info(name, &Fact::new(DType::F32, [2, 2].map(Dim::from))) };
    let node = NodeProto {
        input: vec!["x".into(), "x".into()],
        output: vec!["y".into()],
        name: Some("y".into()),
        op_type: Some("Add".into()),
        ..NodeProto::default()
    };
    let graph = GraphProto {
        node: vec![node],
        name: Some("probe".into()),
        input: vec![value("x")],
        output: vec![value("y")],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: Some(IR_VERSION),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
        ..ModelProto::default()
    }
}
