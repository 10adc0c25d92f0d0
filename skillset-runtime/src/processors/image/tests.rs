//! Everything here is compared with what `tools/processors/record_images.py` recorded from Pillow and transformers.

use serde_json::{Value, json};

use super::*;
use crate::processors::ProcessorError;
use crate::tensor::file::read_tensors;

/// The recorder's `synthetic`.
fn synthetic(height: usize, width: usize, channels: usize, seed: u32) -> Image {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let pixels = (0..height * width * channels).map(|_| next()).collect();
    Image::from_pixels(pixels, height, width, channels).unwrap()
}

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().filter_map(|v| v.as_u64()).map(|v| v as usize).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let hex = value.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn processor(settings: Value) -> Result<ImageProcessor, ProcessorError> {
    ImageSettings::read(&settings, "preprocessor_config.json", None).map(ImageProcessor::new)
}

fn error(settings: Value) -> String {
    let error = processor(settings).unwrap_err().to_string();
    error.strip_prefix("preprocessor_config.json: ").unwrap().to_owned()
}

#[test]
fn resampling_is_pillows() {
    for case in cases(include_str!("testdata/resampled.json")) {
        let &[code, channels, height, width, to_height, to_width] = numbers(&case).as_slice() else {
            panic!("{case}")
        };
        let image = synthetic(height, width, channels, code as u32 + 1);
        let filter = Filter::from_code(code).unwrap();
        let out = resize(image.pixels(), channels, (height, width), (to_height, to_width), filter);
        assert_eq!(
            out,
            bytes(&case[6]),
            "{filter:?} {height}x{width} to {to_height}x{to_width}, {channels} channels"
        );
    }
}

#[test]
fn pixels_are_those_of_transformers() {
    for case in cases(include_str!("testdata/processed.json")) {
        let image = numbers(&case["image"]);
        let image = synthetic(image[0], image[1], image[2], image[3] as u32);
        let batch = processor(case["settings"].clone()).unwrap().process(&[image]).unwrap();
        assert_eq!(batch.shape.to_vec(), numbers(&case["shape"]), "{}", case["settings"]);
        let bits: Vec<_> = batch.values.iter().map(|value| value.to_bits() as usize).collect();
        let step = (bits.len() / 40).max(1);
        let picked: Vec<_> = bits.into_iter().step_by(step).collect();
        assert_eq!(picked, numbers(&case["bits"]), "{}", case["settings"]);
        let sum: f64 = batch.values.iter().map(|&value| f64::from(value)).sum();
        let expected = case["sum"].as_f64().unwrap();
        assert!((sum - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{sum} {expected}");
    }
}

#[test]
fn files_decode_as_in_pillow() {
    let mut over = Vec::new();
    for case in cases(include_str!("testdata/files.json")) {
        let name = case["name"].as_str().unwrap();
        let image = Image::from_bytes(&bytes(&case["file"])).unwrap();
        let size = image.size();
        assert_eq!(vec![size.0, size.1], numbers(&case["size"]), "{name}");
        let difference = |image: Image, expected: &Value| {
            let expected = bytes(expected);
            assert_eq!(image.pixels().len(), expected.len(), "{name}");
            image.pixels().iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap()
        };
        let on_white = difference(image.clone().into_rgb_on_white(), &case["on_white"]);
        let plain = difference(image.into_rgb(), &case["plain"]);
        let allowed = match name {
            // Measured: 2 and 1, and 3 with subsampled colours.
            "jpeg_444" | "jpeg_grey" => 2,
            "jpeg_420" => 3,
            _ => 0,
        };
        if on_white.max(plain) > allowed {
            over.push(format!("{name}: {}", on_white.max(plain)));
        }
    }
    assert!(over.is_empty(), "{over:?}");
}

/// `tests/pipelines/image-processors` has settings and what transformers makes of `tests/pipelines/images` by them.
#[test]
fn recorded_processors() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pipelines");
    let mut compared = 0;
    for entry in std::fs::read_dir(root.join("image-processors")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let settings: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let processor = processor(settings).unwrap();
        for (name, expected) in read_tensors(&path.with_extension("safetensors")).unwrap() {
            let file = std::fs::read(root.join("images").join(&name)).unwrap();
            let batch = processor.process(&[Image::from_bytes_upright(&file).unwrap()]).unwrap();
            assert_eq!(batch.shape, expected.shape(), "{} {name}", path.display());
            // Pixels that are not rescaled were recorded as bytes.
            let bytes = || expected.as_i64().unwrap().iter().map(|&byte| byte as f32).collect();
            let expected = expected.as_f32().map_or_else(bytes, <[f32]>::to_vec);
            assert_eq!(batch.values, expected, "{} {name}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 48, "{compared}");
}

#[test]
fn batches() {
    let vit = json!({"image_processor_type": "ViTImageProcessor", "size": 4});
    let images = [synthetic(9, 5, 3, 1), synthetic(3, 8, 3, 2)];
    let batch = processor(vit.clone()).unwrap().process(&images).unwrap();
    assert_eq!(batch.shape, [2, 3, 4, 4]);
    assert_eq!(batch.original_sizes, [(9, 5), (3, 8)]);
    let single = processor(vit).unwrap().process(&images[1..]).unwrap();
    assert_eq!(batch.values[48..], single.values);
    let mut plain = json!({"do_rescale": true, "do_pad": true});
    let batch = processor(plain.clone()).unwrap().process(&images).unwrap();
    assert_eq!(batch.shape, [2, 3, 9, 8]);
    assert_eq!(batch.values[5], 0.0);
    plain["do_pad"] = json!(false);
    let error = processor(plain).unwrap().process(&images).unwrap_err().to_string();
    assert_eq!(
        error,
        "expected images of one shape for a batch, found [3, 9, 5] and [3, 3, 8] (image 1); process them one by one"
    );
}

#[test]
fn a_class_has_its_own_rule_for_sizes() {
    let settings = |value: Value| {
        let processor = processor(value).unwrap();
        (processor.settings().resize.unwrap().0, processor.settings().center_crop)
    };
    let convnext = |size: usize| json!({"image_processor_type": "ConvNextImageProcessor", "size": size});
    let edge = Size::ShortestEdge { shortest: 256, longest: None };
    assert_eq!(settings(convnext(224)), (edge, Some((224, 224))));
    assert_eq!(settings(convnext(384)), (Size::Exact { height: 384, width: 384 }, None));
    let detr = json!({"feature_extractor_type": "DetrFeatureExtractor", "size": 600, "max_size": 1000});
    assert_eq!(settings(detr), (Size::ShortestEdge { shortest: 600, longest: Some(1000) }, None));
    let yolos = json!({"feature_extractor_type": "YolosFeatureExtractor", "size": 800});
    assert_eq!(settings(yolos), (Size::Multiples { shortest: 800, longest: 1333, of: 16 }, None));
    let sam = |size: Value| json!({"image_processor_type": "SamImageProcessor", "size": size});
    assert_eq!(settings(sam(json!({"longest_edge": 64}))), (Size::LongestEdge(64), None));
    assert_eq!(settings(sam(Value::Null)), (Size::LongestEdge(1024), None));
    assert_eq!(error(sam(json!(64))), "/size: expected longest_edge");
    assert_eq!(
        error(json!({"image_processor_type": "ViTImageProcessor", "size": {"longest_edge": 64}})),
        "/size: expected height and width, max_height and max_width, or shortest_edge"
    );
}

#[test]
fn sizes_against_the_rule_of_a_class_are_errors() {
    let convnext = |more: Value| {
        let mut settings = json!({"image_processor_type": "ConvNextImageProcessor"});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        error(settings)
    };
    assert_eq!(
        convnext(json!({"size": {"height": 8, "width": 8}})),
        "/size: expected shortest_edge and nothing else"
    );
    assert_eq!(
        convnext(json!({"size": 8, "crop_pct": 0})),
        "/crop_pct: expected a share above 0 and up to 1, found 0"
    );
    assert_eq!(
        convnext(json!({"do_center_crop": true})),
        "/do_center_crop: expected this step to be off, found true; it is not supported yet"
    );
    assert_eq!(
        error(json!({"image_processor_type": "DetrImageProcessor", "size": {"shortest_edge": 800}})),
        "/size: expected shortest_edge with longest_edge, found {\"shortest_edge\":800}"
    );
}

#[test]
fn images_of_several_sizes_become_several_batches() {
    let processor = processor(json!({"image_processor_type": "DetrImageProcessor", "size": 8})).unwrap();
    let images = [(8, 12), (12, 8), (16, 24)].map(|(height, width)| synthetic(height, width, 3, 1));
    let groups = processor.process_by_size(&images).unwrap();
    let found: Vec<_> = groups.iter().map(|group| (group.positions.clone(), group.batch.shape)).collect();
    assert_eq!(found, [(vec![0, 2], [2, 3, 8, 12]), (vec![1], [1, 3, 12, 8])]);
    assert_eq!(groups[0].batch.original_sizes, [(8, 12), (16, 24)]);
}

#[test]
fn bad_settings_name_the_field() {
    assert_eq!(
        error(json!({"do_resize": true, "size": {"longest_edge": 3}})),
        "/size: expected height and width, max_height and max_width, or shortest_edge"
    );
    assert_eq!(error(json!({"do_resize": true})), "/size: expected a value, because do_resize is on");
    assert_eq!(
        error(json!({"do_resize": true, "size": 8, "resample": 9})),
        "/resample: expected a PIL filter from 0 (nearest) to 5 (Hamming), found 9"
    );
    assert_eq!(
        error(json!({"do_resize": true, "size": {"height": 0, "width": 8}})),
        "/size: expected sides from 1 to 32768, found 0"
    );
    assert_eq!(
        error(json!({"do_resize": true, "size": {"height": -1, "width": 8}})),
        "/size/height: expected a non-negative integer, found -1"
    );
    assert_eq!(
        error(json!({"do_normalize": true, "image_mean": 0.5, "image_std": [0.5, 0, 0.5]})),
        "/image_std: expected numbers other than 0, found [0.5,0,0.5]"
    );
    assert_eq!(
        error(json!({"do_flip_channel_order": true})),
        "/do_flip_channel_order: expected this step to be off, found true; it is not supported yet"
    );
    assert_eq!(
        error(json!({"image_processor_type": "DPTImageProcessor", "keep_aspect_ratio": true})),
        "/keep_aspect_ratio: expected this step to be off, found true; it is not supported yet"
    );
    assert_eq!(
        error(json!({"image_processor_type": "Qwen2VLImageProcessor"})),
        "/image_processor_type: Qwen2VLImageProcessor has a pipeline of its own, which is not supported yet"
    );
    assert_eq!(
        error(json!({"image_processor_type": "ViTImageProcesor"})),
        "/image_processor_type: unknown image processor class ViTImageProcesor; did you mean ViTImageProcessor?"
    );
}

#[test]
fn bad_images_are_errors() {
    let run = |settings: Value, image: Image| {
        processor(settings).unwrap().process(&[image]).unwrap_err().to_string()
    };
    let vit = json!({"image_processor_type": "ViTImageProcessor"});
    assert_eq!(
        run(vit.clone(), synthetic(4, 4, 1, 0)),
        "image 0: image_mean: expected 1 values for an image of 1 channels, found 3"
    );
    assert!(run(vit.clone(), synthetic(4, 4, 4, 0)).contains("expected an image without transparency"));
    assert_eq!(
        run(
            json!({"do_resize": true, "size": {"shortest_edge": 1, "longest_edge": 2}}),
            synthetic(1, 9, 3, 0)
        ),
        "image 0: an image of 1 × 9 would shrink to 0 × 2"
    );
    assert_eq!(
        run(json!({"do_resize": true, "size": {"shortest_edge": 224}}), synthetic(1, 65_535, 3, 0)),
        "image 0: size: an image of 1 × 65535 would become 224 × 14679840, expected at most 178956970 pixels"
    );
    let large = json!({"height": 32_768, "width": 32_768});
    assert_eq!(
        run(json!({"do_center_crop": true, "crop_size": large}), synthetic(2, 2, 3, 0)),
        "image 0: crop_size: an image of 2 × 2 would become 32768 × 32768, expected at most 178956970 pixels"
    );
    assert_eq!(
        run(json!({"do_pad": true, "pad_size": large}), synthetic(2, 2, 3, 0)),
        "pad_size: an image of 2 × 2 would become 32768 × 32768, expected at most 178956970 pixels"
    );
    let none = processor(vit).unwrap().process(&[]).unwrap_err().to_string();
    assert_eq!(none, "expected at least one image, found none");
    assert!(Image::from_pixels(vec![0; 5], 2, 1, 3).is_err());
    let broken = Image::from_bytes(b"not an image").unwrap_err().to_string();
    assert!(
        broken.starts_with("image: ") && broken.ends_with("supported are PNG, JPEG, WebP, BMP and GIF"),
        "{broken}"
    );
    let missing = Image::open("no/such.png").unwrap_err().to_string();
    assert!(missing.starts_with("no/such.png: "), "{missing}");
}

/// A PNG's header with any size; pixels are not looked at before the size is.
#[test]
fn files_that_claim_too_many_pixels_are_refused() {
    let cases = cases(include_str!("testdata/files.json"));
    let mut file = bytes(&cases.iter().find(|case| case["name"] == "rgb").unwrap()["file"]);
    let checksum = |bytes: &[u8]| {
        let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
    };
    file[16..20].copy_from_slice(&100_000u32.to_be_bytes());
    file[20..24].copy_from_slice(&1_000_000u32.to_be_bytes());
    let sum = checksum(&file[12..29]);
    file[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(
        Image::from_bytes(&file).unwrap_err().to_string(),
        "image: expected at most 178956970 pixels, found 1000000 × 100000"
    );
}

#[test]
fn truncated_files_never_panic() {
    for case in cases(include_str!("testdata/files.json")) {
        let file = bytes(&case["file"]);
        for length in (0..file.len()).step_by(7) {
            // Some formats can be cut after the last pixel; nothing may panic.
            let decoded = Image::from_bytes(&file[..length]);
            // A cut JPEG lacks its end marker.
            let is_jpeg = file.starts_with(&[0xff, 0xd8]);
            assert!(decoded.is_err() || !is_jpeg, "{length} of {} bytes", file.len());
        }
    }
}

#[test]
fn settings_in_the_combined_file_win() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| std::fs::write(dir.path().join(name), value.to_string()).unwrap();
    write("preprocessor_config.json", json!({"do_rescale": true, "rescale_factor": 2.0}));
    write("processor_config.json", json!({"processor_class": "X"}));
    assert_eq!(ImageSettings::from_dir(dir.path(), None).unwrap().rescale, Some(2.0));
    write("processor_config.json", json!({"image_processor": {"do_rescale": true, "rescale_factor": "x"}}));
    let error = ImageSettings::from_dir(dir.path(), None).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "processor_config.json: /image_processor: /rescale_factor: expected a number, found \"x\""
        ),
        "{error}"
    );
    let vit = ImageSettings::read(&json!({}), "f", Some("ViTImageProcessor")).unwrap();
    assert_eq!(vit.resize, Some((Size::Exact { height: 224, width: 224 }, Filter::Bilinear)));
}
