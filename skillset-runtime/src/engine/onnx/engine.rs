//! Graphs loaded into ONNX Runtime.

use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{AutoDevicePolicy, SessionBuilder};
use ort::value::{DynValue, Tensor};

use super::decoder::{ExportedDecoder, find_encoder};
use super::exported;
use super::held::HeldPart;
use super::program::OnnxProgram;
use super::writer::{Caches, External, OnnxModel, WriteError, WriteOptions, write_model};
use super::{Library, Provider, unavailable};
use crate::engine::{Engine, EngineError, Program};
use crate::ir::{CheckedGraph, DType, pass};
use crate::weights::{WeightView, Weights};

/// How graphs are run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnnxOptions {
    /// ONNX Runtime's shared library; `None`: [`Library::find`] looks for it.
    pub library: Option<PathBuf>,
    /// What it runs on.
    pub provider: Provider,
    /// Which of the provider's devices, where there are several (CUDA, TensorRT, MIGraphX).
    pub device: usize,
    /// Threads of one operation; `None`: one a physical core.
    pub threads: Option<usize>,
}

/// ONNX Runtime with one provider.
#[derive(Clone, Debug)]
pub struct OnnxEngine {
    environment: &'static Environment,
    library: Library,
    provider: Provider,
    device: usize,
    threads: Option<usize>,
}

impl OnnxEngine {
    /// Loads the library and runs a test graph on the provider.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] with what was tried and what helps.
    pub fn new(options: OnnxOptions) -> Result<Self, EngineError> {
        let library = Library::find(options.library.as_deref(), options.provider)?;
        let environment = super::library::environment(&library, options.provider)?;
        let OnnxOptions { provider, device, threads, .. } = options;
        let engine = Self { environment, library, provider, device, threads };
        let probe = engine.builder().and_then(|builder| provider.probe(builder, device));
        probe.map_err(|error| {
            let (path, remedy) = (engine.library.path.display(), super::library::remedy(provider));
            unavailable(format!(
                "{path} ({}) cannot run on {provider}: {error}; {remedy}",
                engine.library.origin
            ))
        })?;
        Ok(engine)
    }

    /// The library that was loaded.
    pub fn library(&self) -> &Library {
        &self.library
    }

    fn builder(&self) -> ort::Result<SessionBuilder> {
        // Without a policy of its own a session may go to whatever the system prefers.
        let builder = Session::builder(self.environment)?.with_auto_device(AutoDevicePolicy::PreferCPU)?;
        // Threads of a session that is done would spin for a while, and slow down what runs next: another session, such
        // as the decoder behind an encoder.
        let builder = builder.with_config_entry("session.force_spinning_stop", "1")?;
        match self.threads {
            Some(threads) => Ok(builder.with_intra_threads(threads)?),
            None => Ok(builder),
        }
    }
}

impl Engine for OnnxEngine {
    fn name(&self) -> String {
        format!("onnx ({})", self.provider)
    }

    fn load(&self, graph: CheckedGraph, weights: &dyn Weights) -> Result<Box<dyn Program>, EngineError> {
        let error = |reason: String| EngineError::Unsupported {
            engine: self.name(),
            graph: graph.name.clone(),
            reason,
        };
        if graph.float != DType::F32 {
            return Err(error(format!("its floats are {}; this engine widens weights to f32", graph.float)));
        }
        let caches = match self.provider {
            Provider::Cpu => Caches::InPlace,
            _ => Caches::Grown,
        };
        let open = |graph: &CheckedGraph| {
            let written = write_model(graph, weights, &WriteOptions { caches, ..WriteOptions::default() });
            let model = written.map_err(|problem| error(problem.to_string()))?;
            let session = self.session(&model).map_err(|problem| error(problem.to_string()))?;
            Ok((model, session))
        };
        let held = pass::held(&graph);
        let (held, (model, session)) = if held.kept.is_empty() {
            (None, open(&graph)?)
        } else {
            let (first, rest) =
                pass::split_held(&graph, &held).map_err(|problem| error(problem.to_string()))?;
            (Some(HeldPart::new(&first, open(&first)?.1)), open(&rest)?)
        };
        Ok(Box::new(OnnxProgram::of_graph(self.name(), self.provider, &graph, &model, held, session)))
    }

    fn load_exported(&self, file: &Path, outputs: &[String]) -> Result<Box<dyn Program>, EngineError> {
        if !file.is_file() {
            return Err(self.refuses(file, exported::missing(file)));
        }
        let session = self.open(file).map_err(|problem| self.refuses(file, problem.to_string()))?;
        let signature = exported::signature(&file.display().to_string(), &session, outputs);
        let signature = signature.map_err(|reason| self.refuses(file, reason))?;
        Ok(Box::new(OnnxProgram::stateless(self.name(), self.provider, signature, session)))
    }

    fn load_exported_decoder(&self, file: &Path) -> Result<Box<dyn Program>, EngineError> {
        let open = |file: &Path| match file.is_file() {
            true => self.open(file).map_err(|error| error.to_string()),
            false => Err(exported::missing(file)),
        };
        let decoder = ExportedDecoder::open(self.name(), self.provider, file, open);
        Ok(Box::new(decoder.map_err(|reason| self.refuses(file, reason))?))
    }

    fn load_exported_encoder(&self, file: &Path) -> Result<Box<dyn Program>, EngineError> {
        if !file.is_file() {
            return Err(self.refuses(file, exported::missing(file)));
        }
        self.load_exported(&find_encoder(file).map_err(|reason| self.refuses(file, reason))?, &[])
    }
}

impl OnnxEngine {
    fn refuses(&self, file: &Path, reason: String) -> EngineError {
        EngineError::Unsupported { engine: self.name(), graph: file.display().to_string(), reason }
    }

    /// Opens a model as any user of ONNX Runtime would.
    pub(super) fn open(&self, path: &Path) -> ort::Result<Session> {
        self.provider.register(self.builder()?, self.device)?.commit_from_file(path)
    }

    /// ONNX Runtime maps the checkpoint's files itself; only tensors that are in no file are copied.
    fn session(&self, model: &OnnxModel<'_>) -> ort::Result<Session> {
        let mut builder = self.provider.register(self.builder()?, self.device)?;
        let files = Files::of(model).map_err(|error| ort::Error::new(error.to_string()))?;
        if let Some(folder) = &files.folder {
            let folder = folder.to_string_lossy();
            builder =
                builder.with_config_entry("session.model_external_initializers_file_folder_path", folder)?;
        }
        let bytes = model.encode(|external| files.place(external));
        let bytes = bytes.map_err(|error| ort::Error::new(error.to_string()))?;
        for external in model.externals().filter(|external| external.view.file.is_none()) {
            builder = builder.with_external_initializer(&external.name, owned(&external.view)?)?;
        }
        builder.commit_from_memory(&bytes)
    }
}

/// The folder that a model's data lies in.
///
/// Paths are resolved first: ONNX Runtime refuses symbolic links that lead out of the folder, which is how
/// download caches are built.
struct Files {
    folder: Option<PathBuf>,
}

impl Files {
    fn of(model: &OnnxModel<'_>) -> Result<Self, WriteError> {
        let mut folder: Option<PathBuf> = None;
        for (file, _) in model.externals().filter_map(|external| external.view.file) {
            let file = resolve(file)?;
            let parent = file.parent().unwrap_or(&file);
            folder = Some(match folder {
                None => parent.to_owned(),
                Some(folder) => common(&folder, parent),
            });
        }
        Ok(Self { folder })
    }

    fn place(&self, external: &External<'_>) -> Result<(String, u64), WriteError> {
        let (Some((file, offset)), Some(folder)) = (external.view.file, &self.folder) else {
            // Given by name when the session is made.
            return Ok((external.name.clone(), 0));
        };
        let file = resolve(file)?;
        let location = file.strip_prefix(folder).unwrap_or(&file);
        Ok((location.to_string_lossy().into_owned(), offset))
    }
}

fn resolve(file: &Path) -> Result<PathBuf, WriteError> {
    file.canonicalize().map_err(|source| WriteError::File { path: file.to_owned(), source })
}

/// The deepest folder that has both.
fn common(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// A copy of a tensor that is in memory alone.
fn owned(view: &WeightView<'_>) -> ort::Result<DynValue> {
    let shape = view.shape.to_vec();
    let pairs = || view.bytes.chunks_exact(2).map(|bytes| [bytes[0], bytes[1]]);
    Ok(match view.dtype {
        DType::F16 => {
            let values: Vec<half::f16> = pairs().map(half::f16::from_le_bytes).collect();
            Tensor::from_array((shape, values))?.into_dyn()
        }
        DType::BF16 => {
            let values: Vec<half::bf16> = pairs().map(half::bf16::from_le_bytes).collect();
            Tensor::from_array((shape, values))?.into_dyn()
        }
        DType::F32 | DType::I64 | DType::Bool => {
            let words = view.bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            Tensor::from_array((shape, words.collect::<Vec<f32>>()))?.into_dyn()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_in_two_folders_share_their_parent() {
        assert_eq!(common(Path::new("/a/b/c"), Path::new("/a/b/d/e")), Path::new("/a/b"));
    }
}
