//! Graphs that others exported: what a file says about its inputs and outputs.

use std::path::Path;

use ort::session::Session;
use ort::value::{Outlet, TensorElementType, ValueType};

use crate::engine::Signature;
use crate::ir::{DType, Dim, Fact, Input};

/// What the graph of a session takes and gives; of its outputs only `wanted`, or all if that is empty.
///
/// # Errors
/// If an output that is wanted is not there, or an input or output is no tensor that a [`Program`] can take or give.
///
/// [`Program`]: crate::engine::Program
pub(super) fn signature(name: &str, session: &Session, wanted: &[String]) -> Result<Signature, String> {
    let input = |outlet: &Outlet| {
        let fact = fact(outlet).map_err(|found| format!("input {:?}: {found}", outlet.name()))?;
        Ok(Input { name: outlet.name().to_owned(), fact, held: false })
    };
    let inputs = session.inputs().iter().map(input).collect::<Result<Vec<_>, String>>()?;
    if let Some(missing) =
        wanted.iter().find(|&name| session.outputs().iter().all(|known| known.name() != name))
    {
        let known: Vec<&str> = session.outputs().iter().map(Outlet::name).collect();
        return Err(format!("the graph has no output {missing:?}; it gives {}", known.join(", ")));
    }
    let is_wanted = |outlet: &&Outlet| wanted.is_empty() || wanted.iter().any(|name| name == outlet.name());
    let output = |outlet: &Outlet| match fact(outlet) {
        Ok(_) => Ok(outlet.name().to_owned()),
        Err(found) => Err(format!("output {:?}: {found}", outlet.name())),
    };
    let outputs =
        session.outputs().iter().filter(is_wanted).map(output).collect::<Result<Vec<_>, String>>()?;
    Ok(Signature { name: name.to_owned(), inputs, outputs, has_state: false, lookups: vec![] })
}

/// The type of an input or output. Sizes that the file leaves open are symbols: by their names there, so that
/// axes of one name must have one size, or each its own.
fn fact(outlet: &Outlet) -> Result<Fact, String> {
    let expected = |found: &str| format!("expected a tensor of f32, i64 or bool, found {found}");
    let ValueType::Tensor { ty, shape, dimension_symbols } = outlet.dtype() else {
        return Err(expected("something else"));
    };
    let dtype = match ty {
        TensorElementType::Float32 => DType::F32,
        TensorElementType::Int64 => DType::I64,
        TensorElementType::Bool => DType::Bool,
        other => return Err(expected(&format!("one of {other}"))),
    };
    let dim = |(axis, (size, symbol)): (usize, (&i64, &String))| match (*size, symbol.as_str()) {
        (0.., _) => Dim::constant(*size),
        (_, "") => Dim::symbol(&format!("{}.{axis}", outlet.name())),
        (_, symbol) => Dim::symbol(symbol),
    };
    let shape: Vec<Dim> = shape.iter().zip(dimension_symbols.iter()).enumerate().map(dim).collect();
    Ok(Fact::new(dtype, shape))
}

/// That there is no such file, and which there are instead: beside it, or below as transformers.js lays them out.
pub(super) fn missing(file: &Path) -> String {
    let folder = file.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let files =
        [folder.to_owned(), folder.join("onnx")].into_iter().filter_map(|folder| folder.read_dir().ok());
    let files = files.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .map(|path| path.strip_prefix(folder).unwrap_or(&path).display().to_string())
        .collect();
    found.sort();
    match found.as_slice() {
        [] => format!("there is no such file, and no other .onnx file in {}", folder.display()),
        found => format!("there is no such file; {} has {}", folder.display(), found.join(", ")),
    }
}
