//! From a checkpoint to a program: the one path that every skill, task and command takes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checkpoint::{Checkpoint, CheckpointError, ConfigError, ParamRequest, Resolver};
use crate::engine::{Engine, EngineError, Program};
use crate::generate::{EncoderDecoder, GenerateError, GenerationConfig, Generator, MultimodalGenerator};
use crate::ir::{CheckedGraph, Param, Request};
use crate::model::{InputKind, ModelError, ModelType, Task};
use crate::weights::{WeightView, Weights};

/// An opened checkpoint, what makes its graphs, and the engine that will run them.
#[derive(Clone)]
pub struct Model {
    graphs: Graphs,
    checkpoint: Arc<Checkpoint>,
    engine: Arc<dyn Engine>,
}

/// Where a model's graphs come from.
#[derive(Clone)]
enum Graphs {
    /// Built from the config; the weights are the checkpoint's.
    Built(&'static ModelType),
    /// The one of an ONNX file that others exported, with its own weights.
    Exported(Arc<Path>),
}

/// Why a checkpoint cannot become a program.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The checkpoint is damaged or lacks tensors.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The config does not describe a model of this type.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine cannot run the model.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The checkpoint's parameters of generation are unusable.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// An exported graph was asked for what only graphs that are built here can do.
    #[error("{}: {problem}", file.display())]
    Exported {
        /// The graph.
        file: PathBuf,
        /// What was asked for, and what helps.
        problem: &'static str,
    },
    /// The head that the checkpoint was saved with is none that is known.
    #[error(
        "{file}: /architectures: expected one of {}, found {}; name the task instead",
        known.join(", "),
        if found.is_empty() { "none".to_owned() } else { found.join(", ") }
    )]
    UnknownArchitecture {
        /// The config.
        file: String,
        /// The classes it names.
        found: Vec<String>,
        /// The classes of the model type's tasks.
        known: Vec<&'static str>,
    },
}

impl From<ConfigError> for LoadError {
    fn from(error: ConfigError) -> Self {
        Self::Checkpoint(error.into())
    }
}

impl Model {
    /// A checkpoint of `model_type` on `engine`.
    pub fn new(model_type: &'static ModelType, checkpoint: Arc<Checkpoint>, engine: Arc<dyn Engine>) -> Self {
        Self { graphs: Graphs::Built(model_type), checkpoint, engine }
    }

    /// A graph that others exported to an ONNX file (optimum, torch.onnx), with inputs and outputs called as
    /// transformers calls them; `file` is relative to the checkpoint's directory. Of the checkpoint only the config and
    /// what prepares inputs are used.
    pub fn exported(file: impl AsRef<Path>, checkpoint: Arc<Checkpoint>, engine: Arc<dyn Engine>) -> Self {
        let file = checkpoint.dir().join(file);
        Self { graphs: Graphs::Exported(file.into()), checkpoint, engine }
    }

    /// The model type.
    ///
    /// # Errors
    /// If the graph was exported by others: it has a task, but no model type.
    pub fn model_type(&self) -> Result<&'static ModelType, LoadError> {
        match &self.graphs {
            Graphs::Built(model_type) => Ok(model_type),
            Graphs::Exported(file) => {
                let problem =
                    "an exported graph does not say what model type and task it is of; name the task";
                Err(LoadError::Exported { file: file.to_path_buf(), problem })
            }
        }
    }

    /// The checkpoint.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The engine.
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Builds the graph of `task`, finds its parameters in the checkpoint, and prepares both on the engine.
    ///
    /// An exported graph is what it is: it must give the outputs of the request, and its inputs are its own.
    ///
    /// # Errors
    /// See [`LoadError`]; a checkpoint that lacks tensors is reported with all of them.
    pub fn program(&self, task: &str, request: &Request) -> Result<Arc<dyn Program>, LoadError> {
        let model_type = match &self.graphs {
            Graphs::Built(model_type) => model_type,
            Graphs::Exported(file) => return Ok(self.engine.load_exported(file, &request.outputs)?.into()),
        };
        let graph = model_type.graph(&self.checkpoint.config_reader()?, task, request)?;
        let weights = StoredWeights::find(&graph, model_type, Arc::clone(&self.checkpoint))?;
        Ok(self.engine.load(graph, &weights)?.into())
    }

    /// What continues prompts with the model's language modelling head, by the checkpoint's own parameters of
    /// generation.
    ///
    /// # Errors
    /// As [`Model::program`], or if those parameters are unusable.
    pub fn generator(&self) -> Result<Generator, LoadError> {
        let request = Request {
            inputs: vec!["attention_mask".to_owned(), "position_ids".to_owned()],
            outputs: vec!["logits".to_owned()],
            cache: true,
            last_position: true,
            ..Request::default()
        };
        let program = match &self.graphs {
            Graphs::Built(_) => self.program("text-generation", &request)?,
            Graphs::Exported(file) => self.engine.load_exported_decoder(file)?.into(),
        };
        let defaults = GenerationConfig::from_checkpoint(&self.checkpoint)?;
        let positions_follow = match &self.graphs {
            Graphs::Built(model_type) => model_type.inputs.iter().all(|input| input.name != "position_ids"),
            Graphs::Exported(_) => false,
        };
        let generator = Generator::new(program, defaults)?.with_max_positions(self.max_positions()?);
        Ok(generator.with_positions_of_mask(positions_follow))
    }

    /// What generates from what an encoder reads: both parts of the model's class for `task`, by the checkpoint's own
    /// parameters of generation.
    ///
    /// # Errors
    /// As [`Model::generator`], or if one of the parts is missing or does not go with the other.
    pub fn encoder_decoder(&self, task: &str) -> Result<EncoderDecoder, LoadError> {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let encoder = Request {
            inputs: names(&["attention_mask"]),
            outputs: names(&["encoder_last_hidden_state"]),
            ..Request::default()
        };
        // Behind the states that it is given, a decoder's `attention_mask` is of the encoder's positions.
        let decoder = Request {
            inputs: names(&[
                "encoder_hidden_states",
                "attention_mask",
                "decoder_input_ids",
                "decoder_attention_mask",
                "decoder_position_ids",
            ]),
            outputs: names(&["logits"]),
            cache: true,
            held: names(&["encoder_hidden_states", "attention_mask"]),
            last_position: true,
            ..Request::default()
        };
        let (encoder, decoder) = match &self.graphs {
            Graphs::Built(_) => (self.program(task, &encoder)?, self.program(task, &decoder)?),
            Graphs::Exported(file) => (
                self.engine.load_exported_encoder(file)?.into(),
                self.engine.load_exported_decoder(file)?.into(),
            ),
        };
        Ok(EncoderDecoder::new(encoder, self.behind_encoder(decoder)?)?)
    }

    /// What continues prompts with images: the part of the model's class for `task` that makes features of images, and
    /// the rest, by the checkpoint's own parameters of generation.
    ///
    /// # Errors
    /// As [`Model::generator`]; also if the graph was exported by others.
    pub fn multimodal_generator(&self, task: &str) -> Result<MultimodalGenerator, LoadError> {
        if let Graphs::Exported(file) = &self.graphs {
            let problem = "an exported graph cannot be given images in the place of tokens; use the checkpoint's weights";
            return Err(LoadError::Exported { file: file.to_path_buf(), problem });
        }
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let encoder = Request {
            inputs: names(&["pixel_values"]),
            outputs: names(&["image_hidden_states"]),
            ..Request::default()
        };
        let decoder = Request {
            inputs: names(&["image_hidden_states", "attention_mask", "position_ids"]),
            outputs: names(&["logits"]),
            cache: true,
            last_position: true,
            ..Request::default()
        };
        let (encoder, decoder) = (self.program(task, &encoder)?, self.program(task, &decoder)?);
        Ok(MultimodalGenerator::new(encoder, self.behind_encoder(decoder)?)?)
    }

    /// A decoder, to be joined with its encoder, with the checkpoint's own parameters of generation.
    fn behind_encoder(&self, decoder: Arc<dyn Program>) -> Result<Generator, LoadError> {
        let defaults = GenerationConfig::from_checkpoint(&self.checkpoint)?;
        Ok(Generator::behind_encoder(decoder, defaults)?.with_max_positions(self.max_positions()?))
    }

    fn max_positions(&self) -> Result<Option<usize>, LoadError> {
        Ok(self.checkpoint.text_config_reader()?.opt_usize("max_position_embeddings")?)
    }

    /// The task called `name`, or that of the checkpoint's own head. See [`choose_task`].
    ///
    /// # Errors
    /// As [`choose_task`] and [`Model::model_type`].
    pub fn task_or_own(&self, name: Option<&str>) -> Result<&'static Task, LoadError> {
        choose_task(self.model_type()?, &self.checkpoint, name)
    }
}

/// The task called `name` (`base`: the model without a head), or by default the one whose class
/// `architectures` of the config names.
///
/// # Errors
/// If the model type has no such task, or the config names no known class.
pub fn choose_task(
    model_type: &'static ModelType,
    checkpoint: &Checkpoint,
    name: Option<&str>,
) -> Result<&'static Task, LoadError> {
    if let Some(name) = name {
        return Ok(model_type.task(name)?);
    }
    let found = checkpoint.architectures()?;
    let own = found.iter().find_map(|class| model_type.task_of_class(class));
    own.ok_or_else(|| LoadError::UnknownArchitecture {
        file: checkpoint.dir().join("config.json").display().to_string(),
        found,
        known: model_type.classes(),
    })
}

/// What a graph that others will run is built for: every tensor input, and a cache where the task generates.
///
/// Positions are an input only with a cache, as they are for exports by other tools.
pub fn export_request(model_type: &ModelType, task: &Task) -> Request {
    let inputs = model_type.inputs.iter().filter(|input| {
        input.kind == InputKind::Optional && (task.generates || input.name != "position_ids")
    });
    Request {
        inputs: inputs.map(|input| input.name.to_owned()).collect(),
        cache: task.generates,
        ..Request::default()
    }
}

/// The parameters of one graph as a checkpoint stores them.
#[derive(Clone, Debug)]
pub struct StoredWeights {
    checkpoint: Arc<Checkpoint>,
    /// Parameter → name in the file.
    names: HashMap<String, String>,
}

impl StoredWeights {
    /// Finds every parameter of `graph`.
    ///
    /// # Errors
    /// Lists every parameter that is missing, or has another shape or an unusable type.
    pub fn find(
        graph: &CheckedGraph,
        model_type: &ModelType,
        checkpoint: Arc<Checkpoint>,
    ) -> Result<Self, CheckpointError> {
        let tensors =
            graph.params.iter().flat_map(|param| param.tensors().map(move |tensor| (param, tensor)));
        let request = |(param, (name, shape)): (&Param, (String, &[usize]))| ParamRequest {
            name,
            shape: shape.to_vec(),
            fallback: param.tied_to.clone(),
        };
        let requests: Vec<_> = tensors.map(request).collect();
        let resolver = Resolver::new(checkpoint.weights(), model_type.prefix).with_paths(model_type.paths);
        let resolved = resolver.resolve(&requests);
        let resolved = resolved.map_err(|unresolved| CheckpointError::Unresolved {
            path: checkpoint.weights().path().unwrap_or(checkpoint.dir()).to_owned(),
            unresolved,
        })?;
        let stored = |request: &ParamRequest| {
            resolved.stored_name(&request.name).map(|stored| (request.name.clone(), stored.to_owned()))
        };
        let names = requests.iter().filter_map(stored).collect();
        Ok(Self { checkpoint, names })
    }
}

impl Weights for StoredWeights {
    fn get(&self, param: &str) -> Option<WeightView<'_>> {
        let view = self.checkpoint.weights().get(self.names.get(param)?)?;
        Some(WeightView {
            name: view.name,
            dtype: view.float_type()?,
            shape: view.shape,
            bytes: view.data,
            file: Some((view.file, view.file_offset)),
        })
    }

    fn release(&self, param: &str) {
        if let Some(view) = self.names.get(param).and_then(|name| self.checkpoint.weights().get(name)) {
            view.advise_unused();
        }
    }
}
