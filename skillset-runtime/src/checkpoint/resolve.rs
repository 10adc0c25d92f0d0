//! Matching the parameters that a model asks for with the tensors that a checkpoint has.

use std::collections::{HashMap, HashSet};
use std::fmt;

use safetensors::Dtype;

use super::{MappedTensors, TensorView};

/// A parameter that a model needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamRequest {
    /// The name, as transformers' `save_pretrained` writes it.
    pub name: String,
    /// The shape it must have.
    pub shape: Vec<usize>,
    /// The parameter that stands in when this one is not stored, for tied weights: `lm_head.weight` falls
    /// back to `model.embed_tokens.weight`.
    pub fallback: Option<String>,
}

impl ParamRequest {
    /// A parameter without a fallback.
    pub fn new(name: impl Into<String>, shape: impl Into<Vec<usize>>) -> Self {
        Self { name: name.into(), shape: shape.into(), fallback: None }
    }

    /// The same, tied to another parameter.
    pub fn tied_to(mut self, fallback: impl Into<String>) -> Self {
        self.fallback = Some(fallback.into());
        self
    }
}

/// Finds tensors by the names that a checkpoint may have them under: as asked for, with or without the base
/// model's prefix, under the names of old checkpoints, below other paths, and at last under the name of a parameter that it is tied to, or that is tied to it.
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'a> {
    weights: &'a MappedTensors,
    prefix: Option<&'a str>,
    paths: &'a [(&'a str, &'a [&'a str])],
}

/// The stored tensor of every requested parameter.
#[derive(Debug, Clone)]
pub struct Resolution<'a> {
    weights: &'a MappedTensors,
    /// Indexed like the requests: the stored name.
    stored: Vec<&'a str>,
    by_request: HashMap<String, usize>,
}

/// Everything that a checkpoint lacks: parameters that are missing, or stored in another shape or type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unresolved {
    /// Parameters that were not found, each with the most similar stored name, if any is close.
    pub missing: Vec<(ParamRequest, Option<String>)>,
    /// Parameters of another shape, each with the shape that was found.
    pub misshaped: Vec<(ParamRequest, Vec<usize>)>,
    /// Parameters that are not stored as plain floats, each with the type that was found.
    pub mistyped: Vec<(ParamRequest, Dtype)>,
}

impl<'a> Resolver<'a> {
    /// A resolver over `weights`. `prefix` is the base model's prefix (`base_model_prefix` in transformers),
    /// such as "bert": checkpoints of the bare model lack it, those of a model with a head have it.
    pub fn new(weights: &'a MappedTensors, prefix: Option<&'a str>) -> Self {
        Self { weights, prefix: prefix.filter(|prefix| !prefix.is_empty()), paths: &[] }
    }

    /// Sets where else the tensors below a path may be.
    #[must_use]
    pub fn with_paths(self, paths: &'a [(&'a str, &'a [&'a str])]) -> Self {
        Self { paths, ..self }
    }

    /// Finds every requested parameter, or reports every one that is missing, mis-shaped or no plain float.
    pub fn resolve(&self, requests: &[ParamRequest]) -> Result<Resolution<'a>, Unresolved> {
        let mut unresolved = Unresolved::default();
        let mut stored = Vec::with_capacity(requests.len());
        // A tie holds both ways: an embedding may be stored as the head that is tied to it.
        let tied: HashMap<&str, &str> = requests
            .iter()
            .filter_map(|request| Some((request.fallback.as_deref()?, &*request.name)))
            .collect();
        for request in requests {
            let found = self.find(request);
            match found.or_else(|| self.find_name(tied.get(&*request.name)?)) {
                Some(view) if view.shape != request.shape => {
                    unresolved.misshaped.push((request.clone(), view.shape.to_vec()));
                }
                Some(view) if view.float_type().is_none() => {
                    unresolved.mistyped.push((request.clone(), view.dtype));
                }
                Some(view) => stored.push(view.name),
                None => unresolved.missing.push((request.clone(), None)),
            }
        }
        if unresolved != Unresolved::default() {
            self.suggest(&mut unresolved, &stored);
            return Err(unresolved);
        }
        let by_request = requests.iter().enumerate().map(|(i, r)| (r.name.clone(), i)).collect();
        Ok(Resolution { weights: self.weights, stored, by_request })
    }

    fn find(&self, request: &ParamRequest) -> Option<TensorView<'a>> {
        let own = self.find_name(&request.name);
        own.or_else(|| self.find_name(request.fallback.as_deref()?))
    }

    fn find_name(&self, name: &str) -> Option<TensorView<'a>> {
        let weights = self.weights;
        let spellings = |name: &str| weights.get(name).or_else(|| weights.get(&legacy_name(name)?));
        let prefixed = || spellings(&format!("{}.{name}", self.prefix?));
        let bare = || spellings(name.strip_prefix(self.prefix?)?.strip_prefix('.')?);
        let elsewhere = || {
            let below = |(path, others): &(&str, &'a [&'a str])| {
                let rest = name.strip_prefix(path).filter(|rest| rest.starts_with('.'))?;
                others.iter().find_map(|other| spellings(&format!("{other}{rest}")))
            };
            self.paths.iter().find_map(below)
        };
        spellings(name).or_else(prefixed).or_else(bare).or_else(elsewhere)
    }

    /// Adds near misses, when the missing are few enough for a spelling to be the likely reason.
    fn suggest(&self, unresolved: &mut Unresolved, used: &[&str]) {
        const FEW: usize = 20;
        const CLOSE: f64 = 0.8;
        if unresolved.missing.len() > FEW {
            return;
        }
        let used: HashSet<_> = used.iter().collect();
        let free: Vec<_> = self.weights.names().filter(|name| !used.contains(name)).collect();
        for (request, suggestion) in &mut unresolved.missing {
            let similarity = |name: &&str| strsim::normalized_levenshtein(name, &request.name);
            let best = free.iter().map(|name| (similarity(name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
            *suggestion = best.filter(|best| best.0 >= CLOSE).map(|best| best.1.to_owned());
        }
    }
}

/// Ends of names, and what old checkpoints have in their place.
const LEGACY_ENDS: [(&str, &str); 4] = [
    // TensorFlow's, as in the first BERTs.
    ("LayerNorm.weight", "LayerNorm.gamma"),
    ("LayerNorm.bias", "LayerNorm.beta"),
    // Those of torch's weight norm before it became a parametrization.
    ("parametrizations.weight.original0", "weight_g"),
    ("parametrizations.weight.original1", "weight_v"),
];

/// The name that an old checkpoint may have for a parameter.
fn legacy_name(name: &str) -> Option<String> {
    let legacy = |(end, old): &(&str, &str)| Some(format!("{}{old}", name.strip_suffix(end)?));
    LEGACY_ENDS.iter().find_map(legacy)
}

impl<'a> Resolution<'a> {
    /// The stored tensor of a requested parameter; `None` for a name that was not requested.
    pub fn get(&self, request: &str) -> Option<TensorView<'a>> {
        self.weights.get(self.stored[*self.by_request.get(request)?])
    }

    /// The name under which a requested parameter is stored.
    pub fn stored_name(&self, request: &str) -> Option<&'a str> {
        self.by_request.get(request).map(|&index| self.stored[index])
    }

    /// The stored tensors that no request used, in file order.
    pub fn unused(&self) -> Vec<&'a str> {
        let used: HashSet<_> = self.stored.iter().collect();
        self.weights.names().filter(|name| !used.contains(name)).collect()
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        let mut lines = Vec::new();
        section(&mut lines, "missing", self.missing.len(), SHOWN, |i| {
            let (request, near) = &self.missing[i];
            let near = near.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default();
            format!("`{}`: expected {:?}{near}", request.name, request.shape)
        });
        section(&mut lines, "of another shape", self.misshaped.len(), SHOWN, |i| {
            let (request, found) = &self.misshaped[i];
            format!("`{}`: expected {:?}, found {found:?}", request.name, request.shape)
        });
        section(&mut lines, "of another type", self.mistyped.len(), SHOWN, |i| {
            let (request, found) = &self.mistyped[i];
            format!("`{}`: expected F32, F16 or BF16, found {found:?}", request.name)
        });
        f.write_str(&lines.join("\n"))
    }
}

fn section(lines: &mut Vec<String>, title: &str, count: usize, shown: usize, line: impl Fn(usize) -> String) {
    if count == 0 {
        return;
    }
    let noun = if count == 1 { "parameter is" } else { "parameters are" };
    lines.push(format!("{count} {noun} {title}:"));
    lines.extend((0..count.min(shown)).map(|i| format!("  {}", line(i))));
    if count > shown {
        lines.push(format!("  … and {} more", count - shown));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::testing::{TestTensor, write_safetensors};

    fn weights(names: &[&str]) -> MappedTensors {
        let dir = tempfile::tempdir().unwrap();
        let tensors: Vec<_> = names.iter().map(|name| TestTensor::f32(name, &[2], &[0., 0.])).collect();
        write_safetensors(&dir.path().join("model.safetensors"), &tensors);
        MappedTensors::open(dir.path()).unwrap()
    }

    #[test]
    fn every_spelling() {
        let weights = weights(&[
            "bert.a.weight",
            "b.LayerNorm.gamma",
            "bert.c.LayerNorm.beta",
            "d.weight_g",
            "embed.weight",
            "extra",
        ]);
        let requests = [
            ParamRequest::new("a.weight", [2]),
            ParamRequest::new("bert.b.LayerNorm.weight", [2]),
            ParamRequest::new("c.LayerNorm.bias", [2]),
            ParamRequest::new("d.parametrizations.weight.original0", [2]),
            ParamRequest::new("lm_head.weight", [2]).tied_to("bert.embed.weight"),
        ];
        let found = Resolver::new(&weights, Some("bert")).resolve(&requests).unwrap();
        assert_eq!(found.stored_name("a.weight"), Some("bert.a.weight"));
        assert_eq!(found.stored_name("bert.b.LayerNorm.weight"), Some("b.LayerNorm.gamma"));
        assert_eq!(found.stored_name("c.LayerNorm.bias"), Some("bert.c.LayerNorm.beta"));
        assert_eq!(found.stored_name("d.parametrizations.weight.original0"), Some("d.weight_g"));
        assert_eq!(found.get("lm_head.weight").unwrap().name, "embed.weight");
        assert_eq!(found.unused(), ["extra"]);
        assert!(found.get("other").is_none());
    }

    #[test]
    fn other_paths() {
        let weights = weights(&["tower.model.norm.weight", "towers.weight"]);
        let paths: &[(&str, &[&str])] = &[("tower", &["model.tower", "tower.model"])];
        let resolver = Resolver::new(&weights, None).with_paths(paths);
        let found = resolver.resolve(&[ParamRequest::new("tower.norm.weight", [2])]).unwrap();
        assert_eq!(found.stored_name("tower.norm.weight"), Some("tower.model.norm.weight"));
        assert!(resolver.resolve(&[ParamRequest::new("tower.weight", [2])]).is_err());
    }

    #[test]
    fn a_stored_tied_weight_wins_over_its_fallback() {
        let weights = weights(&["lm_head.weight", "embed.weight"]);
        let requests = [ParamRequest::new("lm_head.weight", [2]).tied_to("embed.weight")];
        let found = Resolver::new(&weights, None).resolve(&requests).unwrap();
        assert_eq!(found.stored_name("lm_head.weight"), Some("lm_head.weight"));
    }

    #[test]
    fn a_tied_weight_stands_in_for_its_target() {
        let weights = weights(&["lm_head.weight"]);
        let requests = [
            ParamRequest::new("embed.weight", [2]),
            ParamRequest::new("lm_head.weight", [2]).tied_to("embed.weight"),
        ];
        let found = Resolver::new(&weights, None).resolve(&requests).unwrap();
        assert_eq!(found.stored_name("embed.weight"), Some("lm_head.weight"));
        assert_eq!(found.stored_name("lm_head.weight"), Some("lm_head.weight"));
    }

    #[test]
    fn everything_wrong_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let tensors = [
            TestTensor::f32("encoder.layer.0.dense.weights", &[2], &[0., 0.]),
            TestTensor::f32("pooler.bias", &[2], &[0., 0.]),
            TestTensor::raw("norm.bias", "I32", &[2], vec![0; 8]),
        ];
        write_safetensors(&dir.path().join("model.safetensors"), &tensors);
        let weights = MappedTensors::open(dir.path()).unwrap();
        let requests = [
            ParamRequest::new("encoder.layer.0.dense.weight", [2, 2]),
            ParamRequest::new("classifier.bias", [3]),
            ParamRequest::new("pooler.bias", [4]),
            ParamRequest::new("norm.bias", [2]),
        ];
        let error = Resolver::new(&weights, Some("bert")).resolve(&requests).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2 parameters are missing:\n  \
               `encoder.layer.0.dense.weight`: expected [2, 2] (did you mean `encoder.layer.0.dense.weights`?)\n  \
               `classifier.bias`: expected [3]\n\
             1 parameter is of another shape:\n  \
               `pooler.bias`: expected [4], found [2]\n\
             1 parameter is of another type:\n  \
               `norm.bias`: expected F32, F16 or BF16, found I32"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let weights = weights(&[]);
        let requests: Vec<_> = (0..50).map(|i| ParamRequest::new(format!("w{i}"), [1])).collect();
        let error = Resolver::new(&weights, None).resolve(&requests).unwrap_err();
        assert_eq!(error.missing.len(), 50);
        assert!(error.to_string().ends_with("`w39`: expected [1]\n  … and 10 more"));
    }
}
