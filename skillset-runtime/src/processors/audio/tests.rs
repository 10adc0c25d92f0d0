//! Everything here is compared with what `tools/processors/record_audio.py` recorded from transformers, torchaudio and
//! ffmpeg.

use serde_json::{Value, json};

use super::resample::resample;
use super::*;

/// The recorder's `synthetic`.
fn synthetic(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let sample = |i: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 16) / 32768.0 - 1.0;
        let tooth = (i * (17 + seed as usize) % 400) as f64 / 200.0 - 1.0;
        (0.5 * tooth + 0.25 * noise) as f32
    };
    (0..length).map(sample).collect()
}

fn cases(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn integers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let hex = value.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

fn extractor(settings: &Value) -> FeatureExtractor {
    FeatureExtractor::read(settings, "preprocessor_config.json").unwrap_or_else(|e| panic!("{e}"))
}

fn error(settings: Value) -> String {
    let error = FeatureExtractor::read(&settings, "preprocessor_config.json").unwrap_err().to_string();
    error.strip_prefix("preprocessor_config.json: ").unwrap().to_owned()
}

/// The largest difference, relative to values above 1.
fn difference(found: impl IntoIterator<Item = f64>, expected: &[f64]) -> f64 {
    let pairs = found.into_iter().zip(expected);
    pairs.map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max)
}

#[test]
fn features_are_those_of_transformers() {
    for case in cases(include_str!("testdata/features.json")) {
        let settings = &case["settings"];
        let extractor = extractor(settings);
        let recordings: Vec<Audio> = (case["recordings"].as_array().unwrap().iter())
            .map(|recording| {
                let numbers = integers(recording);
                Audio::from_samples(synthetic(numbers[0], numbers[1] as u32), extractor.rate()).unwrap()
            })
            .collect();
        let batch = extractor.process(&recordings).unwrap();
        assert_eq!(batch.shape, integers(&case["shape"]), "{settings}");
        let step = (batch.values.len() / 60).max(1);
        let all = || batch.values.iter().map(|&value| f64::from(value));
        let expected = floats(&case["values"]);
        let off = difference(all().step_by(step), &expected);
        assert!(off <= 1e-5, "{settings}: {off}");
        let norm = all().map(|value| value * value).sum::<f64>().sqrt();
        let wanted = case["norm"].as_f64().unwrap();
        assert!((norm - wanted).abs() <= 1e-6 * wanted, "{settings}: {norm} {wanted}");
        let sum: f64 = all().sum();
        assert!(
            (sum - case["sum"].as_f64().unwrap()).abs() <= 1e-6 * wanted * (batch.values.len() as f64).sqrt()
        );
        let Some(rows) = case["mask"].as_array() else { continue };
        let run = |(i, length): (usize, usize)| std::iter::repeat_n((i + 1) as i64 % 2, length);
        let mask: Vec<i64> =
            rows.iter().flat_map(|row| integers(row).into_iter().enumerate().flat_map(run)).collect();
        assert_eq!(batch.mask.unwrap(), mask, "{settings}");
    }
}

#[test]
fn resampling_is_torchaudios() {
    for case in cases(include_str!("testdata/resampled.json")) {
        let &[from, to] = integers(&case["rates"]).as_slice() else { panic!("{case}") };
        let out = resample(&synthetic(case["length"].as_u64().unwrap() as usize, 7), from, to);
        assert_eq!(out.len() as u64, case["count"].as_u64().unwrap(), "{from} to {to}");
        let picked = out.iter().step_by(case["step"].as_u64().unwrap() as usize);
        let off = difference(picked.map(|&value| f64::from(value)), &floats(&case["values"]));
        assert!(off <= 1e-7, "{from} to {to}: {off}");
    }
}

#[test]
fn files_decode_as_in_ffmpeg() {
    for case in cases(include_str!("testdata/files.json")) {
        let name = case["name"].as_str().unwrap();
        let audio = Audio::from_bytes(&bytes(&case["file"])).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(audio.rate() as u64, case["rate"].as_u64().unwrap(), "{name}");
        let samples = bytes(&case["samples"]);
        let expected: Vec<f64> =
            samples.as_chunks::<4>().0.iter().map(|&sample| f64::from(f32::from_le_bytes(sample))).collect();
        let step = case["step"].as_u64().unwrap() as usize;
        let found = audio.samples().iter().step_by(step).map(|&sample| f64::from(sample));
        let off = difference(found, &expected);
        // Lossless files come out exactly.
        let allowed = if ["mp3", "ogg_vorbis"].contains(&name) { 1e-6 } else { 0.0 };
        // ffmpeg does not cut off what fills up the last packet of an Ogg file that it reads from a pipe.
        let count = if name == "ogg_vorbis" { 6000 } else { case["count"].as_u64().unwrap() };
        assert_eq!(audio.samples().len() as u64, count, "{name}");
        assert!(off <= allowed, "{name}: {off}");
    }
}

#[test]
fn truncated_and_damaged_files_never_panic() {
    for case in cases(include_str!("testdata/files.json")) {
        let (name, file) = (case["name"].as_str().unwrap(), bytes(&case["file"]));
        let has_length = name != "wav_piped" && name != "mp3";
        for length in (0..file.len()).step_by(13) {
            let decoded = Audio::from_bytes(&file[..length]);
            assert!(decoded.is_err() || !has_length, "{name}: {length} of {} bytes", file.len());
        }
        for at in 0..file.len().min(200) {
            for value in [0, 0x80, 0xff] {
                let mut damaged = file.clone();
                damaged[at] = value;
                let _ = Audio::from_bytes(&damaged);
            }
        }
    }
}

#[test]
fn bad_recordings_are_errors() {
    let error = |audio: Result<Audio, crate::processors::ProcessorError>| audio.unwrap_err().to_string();
    assert_eq!(error(Audio::from_bytes(b"")), "audio: expected an audio file, found an empty one");
    assert_eq!(
        error(Audio::from_bytes(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x06\0")),
        "audio: expected one or two channels, found 6; mix them down to one first"
    );
    let other = error(Audio::from_bytes(&[b'x'; 5000]));
    assert!(other.ends_with("supported are WAV, FLAC, MP3 and Ogg Vorbis"), "{other}");
    assert_eq!(error(Audio::from_samples(vec![], 8000)), "audio: expected at least one sample, found none");
    assert_eq!(
        error(Audio::from_samples(vec![0.0, f32::NAN], 8000)),
        "audio: expected finite samples, found NaN (sample 1)"
    );
    assert_eq!(
        error(Audio::from_samples(vec![0.0], 1_000_000)),
        "audio: expected a sampling rate from 1 to 768000 Hz, found 1000000"
    );
    assert!(error(Audio::open("no/such.wav")).starts_with("no/such.wav: "));
    let ast = extractor(&json!({"feature_extractor_type": "ASTFeatureExtractor"}));
    let short = Audio::from_samples(vec![0.0; 399], 16_000).unwrap();
    assert_eq!(
        ast.process(&[short]).unwrap_err().to_string(),
        "recording 0: expected at least the 400 samples of a frame, found 399; give a longer recording"
    );
    let slow = Audio::from_samples(vec![0.0; 40_000], 1).unwrap();
    assert_eq!(
        ast.process(&[slow]).unwrap_err().to_string(),
        "40000 s at 16000 Hz would be more than 536870912 samples; give a shorter recording"
    );
}

#[test]
fn bad_settings_name_the_field() {
    let with = |class: &str, settings: Value| {
        let mut settings = settings;
        settings["feature_extractor_type"] = json!(class);
        error(settings)
    };
    assert_eq!(
        with("WisperFeatureExtractor", json!({})),
        "/feature_extractor_type: expected one of ASTFeatureExtractor, SeamlessM4TFeatureExtractor, \
         SpeechT5FeatureExtractor, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor, found \
         \"WisperFeatureExtractor\" (did you mean \"WhisperFeatureExtractor\"?)"
    );
    assert_eq!(
        with("Wav2Vec2FeatureExtractor", json!({"sampling_rate": 0})),
        "/sampling_rate: expected a positive integer, found 0"
    );
    assert_eq!(
        with("Wav2Vec2FeatureExtractor", json!({"feature_size": 80})),
        "/feature_size: expected 1, since a waveform has one value a sample, found 80"
    );
    assert_eq!(
        with("SpeechT5FeatureExtractor", json!({"padding_side": "top"})),
        "/padding_side: expected left or right, found \"top\""
    );
    assert_eq!(
        with("WhisperFeatureExtractor", json!({"dither": 0.5})),
        "/dither: expected 0, since noise makes features differ from call to call, found 0.5"
    );
    assert_eq!(
        with("WhisperFeatureExtractor", json!({"hop_length": 0})),
        "/hop_length: expected a positive integer, found 0"
    );
    assert_eq!(
        with("ASTFeatureExtractor", json!({"std": 0})),
        "/std: expected a number other than 0, found 0"
    );
    assert_eq!(
        with("SeamlessM4TFeatureExtractor", json!({"stride": 1})),
        "/stride: expected at least 2, since the mask is that of a group's second frame, found 1"
    );
    assert_eq!(error(json!({})), "/feature_extractor_type: expected a string, but the field is missing");
}
