//! Which files make one decoder: optimum's and transformers.js' names.

use std::path::{Path, PathBuf};

/// Kinds of graphs by the beginnings of their names, a longer one before what it begins with.
const KINDS: [&str; 4] = [MERGED, WITH_PAST, PLAIN, "encoder_model"];
const MERGED: &str = "decoder_model_merged";
const WITH_PAST: &str = "decoder_with_past_model";
const PLAIN: &str = "decoder_model";

/// The graphs of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// What runs the prompt.
    pub(super) first: PathBuf,
    /// What runs each later step, if that is another graph.
    pub(super) next: Option<PathBuf>,
}

impl Layout {
    /// The decoder that `file` belongs to: graphs of one precision (`_fp16`, `_quantized`, …) in one folder.
    ///
    /// # Errors
    /// If a graph that is needed is not there.
    pub(super) fn find(file: &Path) -> Result<Self, String> {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let kind = KINDS.into_iter().find_map(|kind| Some((kind, stem.strip_prefix(kind)?)));
        let Some((kind, precision)) = kind.filter(|(_, rest)| rest.is_empty() || rest.starts_with('_'))
        else {
            return Ok(Self { first: file.to_owned(), next: None });
        };
        let sibling = |kind: &str| file.with_file_name(format!("{kind}{precision}.onnx"));
        let existing = |kind| Some(sibling(kind)).filter(|path| path.is_file());
        let alone = |first| Ok(Self { first, next: None });
        match kind {
            MERGED => alone(file.to_owned()),
            PLAIN => Ok(Self { first: file.to_owned(), next: existing(WITH_PAST) }),
            WITH_PAST => match existing(PLAIN) {
                Some(first) => Ok(Self { first, next: Some(file.to_owned()) }),
                None => Err(format!(
                    "it runs later steps only, and {}, which runs the first, is not there",
                    sibling(PLAIN).display()
                )),
            },
            _ => match (existing(MERGED), existing(PLAIN)) {
                (Some(merged), _) => alone(merged),
                (None, Some(first)) => Ok(Self { first, next: existing(WITH_PAST) }),
                (None, None) => Err(format!(
                    "it is an encoder, and there is no decoder beside it: neither {} nor {}",
                    sibling(MERGED).display(),
                    sibling(PLAIN).display()
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_of_one_precision_belong_together() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["decoder_model.onnx", "decoder_with_past_model.onnx", "decoder_model_fp16.onnx"] {
            std::fs::write(path(name), "").unwrap();
        }
        let find = |name: &str| Layout::find(&path(name));
        let both =
            Layout { first: path("decoder_model.onnx"), next: Some(path("decoder_with_past_model.onnx")) };
        for name in ["decoder_model.onnx", "decoder_with_past_model.onnx", "encoder_model.onnx"] {
            assert_eq!(find(name), Ok(both.clone()), "{name}");
        }
        for name in ["decoder_model_fp16.onnx", "decoder_model_merged_q4.onnx", "model_q4.onnx", "own.onnx"] {
            assert_eq!(find(name), Ok(Layout { first: path(name), next: None }));
        }
        let error = |name| find(name).unwrap_err().replace(dir.path().to_str().unwrap(), "DIR");
        assert_eq!(
            error("decoder_with_past_model_int8.onnx"),
            "it runs later steps only, and DIR/decoder_model_int8.onnx, which runs the first, is not there"
        );
        assert_eq!(
            error("encoder_model_int8.onnx"),
            "it is an encoder, and there is no decoder beside it: neither DIR/decoder_model_merged_int8.onnx nor \
             DIR/decoder_model_int8.onnx"
        );
    }
}
