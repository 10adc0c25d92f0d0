//! Fetching the files of a model.

use std::fmt;
use std::path::{Path, PathBuf};

use hf_hub::api::Progress;
use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Repo, RepoType};

use super::HubOptions;
use crate::checkpoint::shards::{INDEX, shard_names, weight_files};
use crate::checkpoint::{CheckpointError, read_json};

/// The small files that are fetched where the model has them. Weights are chosen apart, and nothing else is
/// fetched, least of all pickles.
const SMALL_FILES: [&str; 16] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
];

/// Which of a model's weights are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights<'a> {
    /// The safetensors.
    Safetensors,
    /// A graph that others exported, such as `onnx/model.onnx`, with its external data.
    Graph(&'a str),
    /// None.
    None,
}

/// Told about downloads, so that a front end can draw its progress.
pub trait Downloads {
    /// A file of `bytes` bytes begins.
    fn begin(&mut self, file: &str, bytes: u64);
    /// That many more bytes have arrived.
    fn advance(&mut self, bytes: u64);
    /// The file is complete.
    fn finish(&mut self);
}

/// Downloads without any report.
#[derive(Debug, Default, Clone, Copy)]
pub struct Quiet;

impl Downloads for Quiet {
    fn begin(&mut self, _file: &str, _bytes: u64) {}
    fn advance(&mut self, _bytes: u64) {}
    fn finish(&mut self) {}
}

/// A hub access token. Its `Debug` form hides it, so that it cannot end up in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token from its text; `None` if that is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The snapshot directory of a model that has its config and weights.
pub(super) fn fetch(
    id: &str,
    revision: &str,
    weights: Weights<'_>,
    options: &HubOptions,
    downloads: &mut dyn Downloads,
) -> Result<PathBuf, CheckpointError> {
    let repo = if revision == "main" { id.to_owned() } else { format!("{id}@{revision}") };
    let wrong = |message: String| CheckpointError::Hub { repo: repo.clone(), message };
    let cached = options.cache.snapshot(id, revision);
    if let Some(dir) = cached.as_ref().filter(|dir| is_complete(dir, weights)) {
        return Ok(dir.clone());
    }
    let cache = options.cache.dir().display();
    if options.offline {
        let state = if cached.is_some() { "is incomplete in" } else { "is not in" };
        let remedy = "fetch it once while online, or name a local directory";
        return Err(wrong(format!(
            "offline mode (HF_HUB_OFFLINE) reads only the cache, and the model {state} {cache}; {remedy}"
        )));
    }
    let mut builder = ApiBuilder::from_cache(hf_hub::Cache::new(options.cache.dir().to_owned()))
        .with_token(options.token.as_ref().map(|token| token.0.clone()))
        .with_retries(3)
        .with_user_agent("skillset", env!("CARGO_PKG_VERSION"));
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let explain = |error: &ApiError| wrong(explain(error, options));
    let api = builder.build().map_err(|e| explain(&e))?;
    let api = api.repo(Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned()));
    let listed = api.info().map_err(|e| explain(&e))?;
    let files: Vec<&str> = listed.siblings.iter().map(|sibling| &*sibling.rfilename).collect();
    let has = |file: &str| files.contains(&file);
    // The listing says which commit the revision is now; a snapshot of an older one does not count.
    let dir = options.cache.dir().join(format!("models--{}", id.replace('/', "--")));
    let dir = dir.join("snapshots").join(&listed.sha);
    let mut get = |file: &str| {
        let path = dir.join(file);
        if path.exists() {
            return Ok(path);
        }
        download(&api, file, downloads).map_err(|e| explain(&e))
    };
    for file in SMALL_FILES.into_iter().filter(|file| has(file)) {
        get(file)?;
    }
    match weights {
        Weights::None => {}
        // The graph comes last: where it is, its data are too.
        Weights::Graph(graph) if has(graph) => {
            for file in files.iter().filter(|file| is_data_of(file, graph)).chain([&graph]) {
                get(file)?;
            }
        }
        Weights::Graph(graph) => return Err(wrong(no_graph(graph, &files))),
        Weights::Safetensors if has("model.safetensors") => drop(get("model.safetensors")?),
        Weights::Safetensors if has(INDEX) => {
            let index = get(INDEX)?;
            for shard in shard_names(&read_json(&index, "")?, &index)? {
                get(&shard)?;
            }
        }
        Weights::Safetensors => return Err(wrong(no_safetensors(&files))),
    }
    Ok(dir)
}

/// Whether a snapshot has its config and every weight file.
fn is_complete(dir: &Path, weights: Weights<'_>) -> bool {
    let has_weights = match weights {
        Weights::None => true,
        Weights::Graph(graph) => dir.join(graph).is_file(),
        Weights::Safetensors => weight_files(dir).is_ok(),
    };
    dir.join("config.json").is_file() && has_weights
}

/// Whether `file` holds weights of the graph: `model.onnx_data`, `model.onnx_data_1` or `model.onnx.data`.
fn is_data_of(file: &str, graph: &str) -> bool {
    file.strip_prefix(graph).is_some_and(|rest| rest.starts_with("_data") || rest == ".data")
}

fn no_graph(graph: &str, files: &[&str]) -> String {
    let graphs: Vec<&str> = files.iter().copied().filter(|file| file.ends_with(".onnx")).collect();
    match graphs.as_slice() {
        [] => format!("the model has no {graph}, nor any other ONNX file"),
        graphs => format!("the model has no {graph}; its ONNX files are {}", graphs.join(", ")),
    }
}

fn no_safetensors(files: &[&str]) -> String {
    match files.iter().find(|file| file.ends_with(".bin") || file.ends_with(".pt")) {
        Some(pickle) => format!(
            "the model has only pickled weights ({pickle}), which are never read because loading one runs code \
             from it; look for a revision with safetensors (often refs/pr/1), or convert it in Python with \
             `from_pretrained` and `save_pretrained`"
        ),
        None => "the model has no safetensors weights".to_owned(),
    }
}

fn download(api: &ApiRepo, file: &str, downloads: &mut dyn Downloads) -> Result<PathBuf, ApiError> {
    api.download_with_progress(file, Adapter(downloads))
}

struct Adapter<'a>(&'a mut dyn Downloads);

impl Progress for Adapter<'_> {
    fn init(&mut self, size: usize, filename: &str) {
        self.0.begin(filename, size as u64);
    }

    fn update(&mut self, size: usize) {
        self.0.advance(size as u64);
    }

    fn finish(&mut self) {
        self.0.finish();
    }
}

/// What a failed request means to the user.
fn explain(error: &ApiError, options: &HubOptions) -> String {
    let text = error.to_string();
    let cache = options.cache.dir().display();
    let status = |code: &str| {
        text.contains(&format!("status: {code}")) || text.contains(&format!("status code {code}"))
    };
    if status("401") || status("403") {
        let token = if options.token.is_some() { "the token has no access" } else { "no token is set" };
        return format!(
            "access was refused, and {token}; the id may be misspelt, or the model gated or private (accept its \
             terms on the hub and set HF_TOKEN)"
        );
    }
    if status("404") {
        return "the hub has no such model or revision; check the spelling".to_owned();
    }
    format!(
        "the hub could not be reached ({text}), and the model is not in {cache}; check the network, set \
         HF_ENDPOINT to a mirror, or name a local directory"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::hub::{HubCache, Source};
    use crate::checkpoint::testing::{TestTensor, write_safetensors};

    fn options(cache: &Path) -> HubOptions {
        let endpoint = Some("http://127.0.0.1:9".to_owned());
        HubOptions { cache: HubCache::new(cache), offline: true, token: None, endpoint }
    }

    fn cached_model(cache: &Path) -> PathBuf {
        let model = cache.join("models--org--tiny");
        let snapshot = model.join("snapshots/0123abc");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir_all(model.join("refs")).unwrap();
        std::fs::write(model.join("refs/main"), "0123abc").unwrap();
        std::fs::write(snapshot.join("config.json"), "{}").unwrap();
        snapshot
    }

    #[test]
    fn a_complete_snapshot_needs_no_network() {
        let dir = tempfile::tempdir().unwrap();
        let snapshot = cached_model(dir.path());
        write_safetensors(&snapshot.join("model.safetensors"), &[TestTensor::f32("w", &[1], &[0.])]);
        let mut options = options(dir.path());
        let source = Source::parse("org/tiny").unwrap();
        assert_eq!(source.fetch(Weights::Safetensors, &options, &mut Quiet).unwrap(), snapshot);
        options.offline = false;
        assert_eq!(source.fetch(Weights::Safetensors, &options, &mut Quiet).unwrap(), snapshot);
    }

    #[test]
    fn a_snapshot_with_a_graph_needs_no_safetensors() {
        let dir = tempfile::tempdir().unwrap();
        let snapshot = cached_model(dir.path());
        let source = Source::parse("org/tiny").unwrap();
        let fetch = |weights| source.fetch(weights, &options(dir.path()), &mut Quiet);
        assert_eq!(fetch(Weights::None).unwrap(), snapshot);
        assert!(fetch(Weights::Graph("onnx/model.onnx")).unwrap_err().to_string().contains("is incomplete"));
        std::fs::create_dir(snapshot.join("onnx")).unwrap();
        std::fs::write(snapshot.join("onnx/model.onnx"), "").unwrap();
        assert_eq!(fetch(Weights::Graph("onnx/model.onnx")).unwrap(), snapshot);
    }

    #[test]
    fn the_data_of_a_graph_are_known_by_name() {
        let is_data = |file: &str| is_data_of(file, "onnx/model.onnx");
        assert!(
            ["onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model.onnx.data"]
                .into_iter()
                .all(is_data)
        );
        assert!(
            !["onnx/model.onnx", "onnx/model_fp16.onnx_data", "model.onnx_data"].into_iter().any(is_data)
        );
        assert_eq!(
            no_graph("model.onnx", &["config.json", "onnx/model.onnx"]),
            "the model has no model.onnx; its ONNX files are onnx/model.onnx"
        );
    }

    #[test]
    fn offline_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let fetch = |id: &str| {
            let error = Source::parse(id)
                .unwrap()
                .fetch(Weights::Safetensors, &options, &mut Quiet)
                .unwrap_err()
                .to_string();
            error.replace(dir.path().to_str().unwrap(), "CACHE")
        };
        assert_eq!(
            fetch("org/tiny@v1"),
            "org/tiny@v1: offline mode (HF_HUB_OFFLINE) reads only the cache, and the model is not in CACHE; \
             fetch it once while online, or name a local directory"
        );
        cached_model(dir.path());
        assert!(fetch("org/tiny").contains("the model is incomplete in CACHE"));
    }

    #[test]
    fn no_network_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(dir.path());
        options.offline = false;
        let error = Source::parse("org/tiny")
            .unwrap()
            .fetch(Weights::Safetensors, &options, &mut Quiet)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("org/tiny: the hub could not be reached ("), "{error}");
        assert!(error.ends_with("set HF_ENDPOINT to a mirror, or name a local directory"), "{error}");
    }

    #[test]
    fn pickles_are_refused_with_the_remedy() {
        let message = no_safetensors(&["config.json", "pytorch_model.bin"]);
        assert!(message.starts_with("the model has only pickled weights (pytorch_model.bin)"));
    }
}
