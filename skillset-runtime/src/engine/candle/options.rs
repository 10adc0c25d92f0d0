//! Where and how the engine runs.

use std::fmt;
use std::num::NonZeroUsize;

use candle_core::{Device, DeviceLocation};

use super::error::Fault;

/// A device that candle can run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CandleDevice {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU by its ordinal; needs the cargo feature `cuda`.
    Cuda(usize),
    /// An Apple GPU by its ordinal; needs the cargo feature `metal`.
    Metal(usize),
}

/// How the engine runs graphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandleOptions {
    /// Threads of the engine's own pool; `None`: those of rayon's global pool (`RAYON_NUM_THREADS`).
    pub threads: Option<NonZeroUsize>,
    /// Whether composites run as fused kernels where the device has them; else they are decomposed.
    pub kernels: bool,
    /// Whether graphs are rewritten before they run. Without, and on a CPU with kernels, every value
    /// of the given graph is computed as it stands, which is what tracing wants.
    pub passes: bool,
}

impl Default for CandleOptions {
    fn default() -> Self {
        Self { threads: None, kernels: true, passes: true }
    }
}

impl CandleDevice {
    /// Opens the device.
    ///
    /// # Errors
    /// Says why it is not there, and what it needs.
    pub(super) fn open(self) -> Result<Device, String> {
        let missing = match self {
            Self::Cuda(_) if !cfg!(feature = "cuda") => Some("cuda"),
            Self::Metal(_) if !cfg!(feature = "metal") => Some("metal"),
            _ => None,
        };
        if let Some(feature) = missing {
            return Err(format!("it is not compiled in; turn on the cargo feature `{feature}`"));
        }
        let (opened, needs) = match self {
            Self::Cpu => return Ok(Device::Cpu),
            Self::Cuda(ordinal) => (Device::new_cuda(ordinal), "an NVIDIA GPU of that number and its driver"),
            Self::Metal(ordinal) => (Device::new_metal(ordinal), "an Apple GPU of that number"),
        };
        opened.map_err(|error| format!("{}; it needs {needs}", Fault::from(error)))
    }
}

impl fmt::Display for CandleDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal(ordinal) => write!(f, "metal:{ordinal}"),
        }
    }
}

/// The name of an opened device.
pub(super) fn device_name(device: &Device) -> CandleDevice {
    match device.location() {
        DeviceLocation::Cpu => CandleDevice::Cpu,
        DeviceLocation::Cuda { gpu_id } => CandleDevice::Cuda(gpu_id),
        DeviceLocation::Metal { gpu_id } => CandleDevice::Metal(gpu_id),
    }
}
