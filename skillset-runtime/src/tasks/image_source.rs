//! Images in JSON: paths of files, `data:` URLs, and base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::processors::image::Image;

/// Reads the image that a string names or holds, as transformers' `load_image` does, and turns it upright.
///
/// Nothing is fetched from the web.
pub(super) fn parse_image(value: &Value) -> Result<Image, String> {
    let source = value.as_str();
    let source =
        source.ok_or_else(|| format!("expected the path, data: URL or base64 of an image, found {value}"))?;
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", shortened(source));
    if source.starts_with("http://") || source.starts_with("https://") {
        let problem = "images are not fetched from the web; save it, and give its path, or its bytes as base64 in a data: URL";
        return Err(named(&problem));
    }
    let decode = |bytes: Vec<u8>| Image::from_bytes_upright(&bytes).map_err(|error| named(&error));
    if let Some(url) = source.strip_prefix("data:") {
        let (_, data) = url.split_once(',').ok_or_else(|| named(&"expected a comma before the data"))?;
        return decode(from_base64(data).map_err(|error| named(&error))?);
    }
    match std::fs::read(source) {
        Ok(bytes) => decode(bytes),
        // Bytes that are no image may be the name of a file that is not there.
        Err(error) => {
            let image = from_base64(source).ok().and_then(|bytes| Image::from_bytes_upright(&bytes).ok());
            image.ok_or_else(|| named(&error))
        }
    }
}

/// Decodes base64, which may be broken into lines.
fn from_base64(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    STANDARD.decode(text.split_ascii_whitespace().collect::<String>())
}

/// The beginning of what is too long to be a path.
fn shortened(source: &str) -> String {
    const LONGEST: usize = 256;
    match source.char_indices().nth(LONGEST) {
        Some(_) => source.chars().take(40).chain("…".chars()).collect(),
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn png() -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(vec![]);
        image::RgbImage::new(2, 3).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn error(source: &str) -> String {
        parse_image(&json!(source)).unwrap_err()
    }

    #[test]
    fn images_are_files_or_base64() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        std::fs::write(&path, png()).unwrap();
        let mut base64 = STANDARD.encode(png());
        let url = format!("data:image/png;base64,{base64}");
        base64.insert(10, '\n');
        for source in [path.to_str().unwrap(), &base64, &url] {
            assert_eq!(parse_image(&json!(source)).unwrap().size(), (3, 2), "{source}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            parse_image(&json!(1)).unwrap_err(),
            "expected the path, data: URL or base64 of an image, found 1"
        );
        assert!(
            error("https://a.org/b.png")
                .starts_with("https://a.org/b.png: images are not fetched from the web")
        );
        assert!(error("no/such.png").starts_with("no/such.png: No such file"));
        assert!(error("abcd").starts_with("abcd: No such file"));
        assert_eq!(error("data:image/png;base64"), "data:image/png;base64: expected a comma before the data");
        assert!(error("data:image/png;base64,AA.A").contains("Invalid"));
        let long = error(&"A".repeat(5000));
        assert!(long.starts_with(&format!("{}…: ", "A".repeat(40))) && long.len() < 200, "{long}");
    }
}
