//! Which files make one decoder: optimum's and transformers.js' names.

use std::path::{Path, PathBuf};

/// Kinds of graphs by the beginnings of their names, a longer one before what it begins with.
const KINDS: [&str; 4] = [MERGED, WITH_PAST, PLAIN, ENCODER];
const MERGED: &str = "decoder_model_merged";
const WITH_PAST: &str = "decoder_with_past_model";
const PLAIN: &str = "decoder_model";
const ENCODER: &str = "encoder_model";

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
        let Some((kind, precision)) = kind_and_precision(file) else {
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

/// The encoder before the decoder that `file` belongs to: of the same precision, in the same folder.
///
/// # Errors
/// If it is not there, or the file's name is none that tells.
pub(in crate::engine::onnx) fn find_encoder(file: &Path) -> Result<PathBuf, String> {
    let Some((_, precision)) = kind_and_precision(file) else {
        return Err(format!(
            "expected one of the files of an encoder and its decoder, whose names start with {}; found another name",
            KINDS.join(", ")
        ));
    };
    let encoder = file.with_file_name(format!("{ENCODER}{precision}.onnx"));
    match encoder.is_file() {
        true => Ok(encoder),
        false => Err(format!("the encoder that belongs to it, {}, is not there", encoder.display())),
    }
}

/// What a file's name says it is, and the rest of the name, such as `_fp16`.
fn kind_and_precision(file: &Path) -> Option<(&'static str, String)> {
    let stem = file.file_stem()?.to_string_lossy();
    let (kind, rest) = KINDS.into_iter().find_map(|kind| Some((kind, stem.strip_prefix(kind)?)))?;
    (rest.is_empty() || rest.starts_with('_')).then(|| (kind, rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_has_the_precision_of_its_decoder() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("encoder_model_fp16.onnx"), "").unwrap();
        for name in ["decoder_model_merged_fp16.onnx", "decoder_model_fp16.onnx", "encoder_model_fp16.onnx"] {
            assert_eq!(find_encoder(&path(name)), Ok(path("encoder_model_fp16.onnx")));
        }
        let error =
            |name| find_encoder(&path(name)).unwrap_err().replace(dir.path().to_str().unwrap(), "DIR");
        assert_eq!(
            error("decoder_model_merged.onnx"),
            "the encoder that belongs to it, DIR/encoder_model.onnx, is not there"
        );
        assert_eq!(
            error("model.onnx"),
            "expected one of the files of an encoder and its decoder, whose names start with decoder_model_merged, \
             decoder_with_past_model, decoder_model, encoder_model; found another name"
        );
    }

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
