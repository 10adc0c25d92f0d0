//! Checking the header of a safetensors file.
//!
//! The format is eight bytes of header length (little-endian), a JSON header, and the data that the header's
//! `data_offsets` point into. The `safetensors` crate checks the same rules; they are checked here because its
//! errors name neither the file nor what was expected and found, and a damaged download is common enough to
//! deserve both.

use std::ops::Range;
use std::path::Path;

use safetensors::Dtype;
use serde_json::{Map, Value};

use super::{CheckpointError, parse_json};

/// Larger headers are refused, as the reference implementation does.
const MAX_HEADER: u64 = 100_000_000;

/// One tensor as a header declares it.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Where its bytes are in the file.
    pub range: Range<usize>,
}

/// Reads the header of a safetensors file, given the whole file, and checks it against the file's length.
/// Returns the tensors in the order of their data, and the free-form `__metadata__`.
pub(super) fn parse_header(
    file: &[u8],
    path: &Path,
) -> Result<(Vec<Entry>, Map<String, Value>), CheckpointError> {
    let wrong = |message: String| CheckpointError::weights(path, message);
    let found = file.len();
    let Some((length, rest)) = file.split_first_chunk::<8>() else {
        return Err(wrong(format!("expected a safetensors file of at least 8 bytes, found {found}")));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER {
        let remedy = "is this a safetensors file?";
        return Err(wrong(format!(
            "the header claims {length} bytes, expected at most {MAX_HEADER}; {remedy}"
        )));
    }
    // `length` is at most 10⁸, so it fits every usize that can hold a model.
    let Some(header) = rest.get(..length as usize) else {
        return Err(wrong(format!(
            "truncated: the header claims {length} bytes, found {} after its length",
            rest.len()
        )));
    };
    let data = 8 + header.len()..found;
    let mut object = match parse_json(header, path)? {
        Value::Object(object) => object,
        _ => return Err(wrong("expected the header to be a JSON object".to_owned())),
    };
    let metadata = match object.shift_remove("__metadata__") {
        Some(Value::Object(metadata)) => metadata,
        _ => Map::new(),
    };
    let parse = |(name, value): (&String, &Value)| {
        parse_entry(name, value, data.start).map_err(|e| wrong(format!("tensor `{name}`: {e}")))
    };
    let mut entries = object.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| (entry.range.start, entry.range.end));
    check_layout(&entries, &data).map_err(wrong)?;
    Ok((entries, metadata))
}

fn parse_entry(name: &str, value: &Value, data_start: usize) -> Result<Entry, String> {
    let field = |key: &str| value.get(key).ok_or_else(|| format!("`{key}` is missing from the header"));
    let sizes = |key: &str| -> Result<Vec<usize>, String> {
        let bad = |found: &Value| format!("`{key}`: expected non-negative integers, found {found}");
        let list = field(key)?;
        let items = list.as_array().ok_or_else(|| bad(list))?;
        let size = |item: &Value| item.as_u64().and_then(|n| usize::try_from(n).ok());
        items.iter().map(|item| size(item).ok_or_else(|| bad(list))).collect()
    };
    let dtype = field("dtype")?;
    let dtype: Dtype = serde_json::from_value(dtype.clone())
        .map_err(|_| format!("`dtype`: expected a safetensors type such as \"F32\", found {dtype}"))?;
    let shape = sizes("shape")?;
    let offsets = sizes("data_offsets")?;
    let &[start, end] = offsets.as_slice() else {
        return Err(format!("`data_offsets`: expected two numbers, found {}", offsets.len()));
    };
    if start > end {
        return Err(format!("`data_offsets`: expected the start before the end, found {offsets:?}"));
    }
    let bits = shape.iter().try_fold(dtype.bitsize(), |bits, &size| bits.checked_mul(size));
    let bytes = bits.map(|bits| bits.div_ceil(8));
    if bytes != Some(end - start) {
        let expected = bytes.map_or_else(|| "more than memory holds".to_owned(), |n| n.to_string());
        return Err(format!(
            "{dtype:?} {shape:?} needs {expected} bytes, but its data_offsets span {}",
            end - start
        ));
    }
    let shifted = |offset: usize| {
        data_start.checked_add(offset).ok_or_else(|| format!("`data_offsets`: {offset} is beyond any file"))
    };
    let range = shifted(start)?..shifted(end)?;
    Ok(Entry { name: name.to_owned(), dtype, shape, range })
}

/// The tensors must tile the data: no overlap, no hole, nothing after the last one.
fn check_layout(entries: &[Entry], data: &Range<usize>) -> Result<(), String> {
    let mut end = data.start;
    for (i, entry) in entries.iter().enumerate() {
        let (name, start) = (&entry.name, entry.range.start);
        if start < end {
            let previous = &entries[i - 1].name;
            return Err(format!("tensors `{previous}` and `{name}` overlap"));
        }
        if start > end {
            return Err(format!("{} unused bytes lie before tensor `{name}`", start - end));
        }
        end = entry.range.end;
    }
    match end {
        _ if end > data.end => Err(format!(
            "truncated: the header describes {} bytes of tensors, found {}",
            end - data.start,
            data.len()
        )),
        _ if end < data.end => {
            Err(format!("the header describes {} bytes of tensors, found {}", end - data.start, data.len()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn error(bytes: &[u8]) -> String {
        let error = parse_header(bytes, Path::new("m.safetensors")).unwrap_err().to_string();
        error.strip_prefix("m.safetensors: ").unwrap().to_owned()
    }

    fn tensor(name: &str, offsets: [usize; 2]) -> String {
        let size = (offsets[1] - offsets[0]) / 4;
        format!(
            r#""{name}":{{"dtype":"F32","shape":[{size}],"data_offsets":[{},{}]}}"#,
            offsets[0], offsets[1]
        )
    }

    #[test]
    fn damaged_files() {
        assert_eq!(error(b"abc"), "expected a safetensors file of at least 8 bytes, found 3");
        assert_eq!(
            error(b"<!doctype html>"),
            "the header claims 8104636974849335612 bytes, expected at most 100000000; is this a safetensors file?"
        );
        assert_eq!(
            error(&file("{}", 0)[..9]),
            "truncated: the header claims 2 bytes, found 1 after its length"
        );
        assert!(error(&file("{]", 0)).starts_with("broken JSON"));
        assert_eq!(error(&file("[]", 0)), "expected the header to be a JSON object");
    }

    #[test]
    fn lying_headers() {
        let one = |body: &str| error(&file(&format!(r#"{{"w":{body}}}"#), 8));
        assert_eq!(one("{}"), "tensor `w`: `dtype` is missing from the header");
        assert_eq!(
            one(r#"{"dtype":"F33","shape":[2],"data_offsets":[0,8]}"#),
            "tensor `w`: `dtype`: expected a safetensors type such as \"F32\", found \"F33\""
        );
        assert_eq!(
            one(r#"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#),
            "tensor `w`: F32 [3] needs 12 bytes, but its data_offsets span 8"
        );
        assert_eq!(
            one(r#"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}"#),
            "tensor `w`: F32 [4294967296, 4294967296] needs more than memory holds bytes, \
             but its data_offsets span 8"
        );
        assert_eq!(
            one(r#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#),
            "tensor `w`: `shape`: expected non-negative integers, found [-2]"
        );
        assert_eq!(
            one(r#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#),
            "tensor `w`: `data_offsets`: expected the start before the end, found [8, 0]"
        );
        assert_eq!(
            one(r#"{"dtype":"F32","shape":[2],"data_offsets":[0]}"#),
            "tensor `w`: `data_offsets`: expected two numbers, found 1"
        );
    }

    #[test]
    fn layout_must_tile_the_data() {
        let two = |a, b, data| error(&file(&format!("{{{},{}}}", tensor("a", a), tensor("b", b)), data));
        assert_eq!(two([0, 8], [4, 12], 12), "tensors `a` and `b` overlap");
        assert_eq!(two([0, 4], [8, 12], 12), "4 unused bytes lie before tensor `b`");
        assert_eq!(two([0, 4], [4, 12], 8), "truncated: the header describes 12 bytes of tensors, found 8");
        assert_eq!(two([0, 4], [4, 8], 12), "the header describes 8 bytes of tensors, found 12");
    }

    #[test]
    fn order_in_the_header_is_free() {
        let header = format!("{{{},{}}}", tensor("b", [4, 8]), tensor("a", [0, 4]));
        let (entries, _) = parse_header(&file(&header, 8), Path::new("m")).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let bytes = file(&format!("{{{},{}}}", tensor("a", [0, 4]), tensor("b", [4, 8])), 8);
        assert!(parse_header(&bytes, Path::new("m")).is_ok());
        for length in 0..bytes.len() {
            assert!(parse_header(&bytes[..length], Path::new("m")).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn flipped_bytes_never_panic() {
        let bytes = file(&format!("{{{},{}}}", tensor("a", [0, 4]), tensor("b", [4, 8])), 8);
        for position in 0..bytes.len() {
            for value in [0, b'"', b'-', b'9', b'[', b'}', 0xff] {
                let mut damaged = bytes.clone();
                damaged[position] = value;
                if let Ok((entries, _)) = parse_header(&damaged, Path::new("m")) {
                    assert!(entries.iter().all(|entry| damaged.get(entry.range.clone()).is_some()));
                }
            }
        }
    }
}
