//! The generated tests, of every task and of every form of a skill: each struct here brings its own module of them.
#![expect(dead_code, reason = "the skills are there for their tests")]

use skillset::{Labels, skillset};

#[skillset(model = "bert", task = "fill-mask", backends(cpu, onnx_cpu))]
struct MaskFiller;

#[skillset(model = "bert", task = "question-answering", backends(onnx_cpu, cpu))]
struct Reader;

#[skillset(model = "bert", task = "token-classification", backends(cpu))]
struct EntityFinder;

#[skillset(
    model = "bert",
    task = "sentence-similarity",
    backends(cpu, onnx_cpu),
    pooling = "cls",
    normalize = true
)]
struct Embedder;

#[skillset(model = "bert", task = "feature-extraction", backends(cpu), max_length = 6)]
struct FeatureExtractor;

/// A backend that is not on this machine has a test too: that its refusal helps.
#[skillset(
    model = "llama",
    task = "text-generation",
    backends(cuda, tensorrt, rocm, mps, openvino, webgpu, onnx_cpu, cpu),
    generation(temperature = 0.5, seed = 3)
)]
struct Writer;

#[skillset(model = "llama", task = "text-classification", backends(cpu))]
struct DecoderClassifier;

#[skillset(model = "llama", task = "question-answering", backends(cpu))]
struct DecoderReader;

#[skillset(model = "llama", task = "token-classification", backends(cpu))]
struct DecoderTagger;

#[skillset(model = "llama", task = "feature-extraction", backends(onnx_cpu))]
struct DecoderFeatures;

#[skillset(model = "vit", task = "image-feature-extraction", backends(cpu, onnx_cpu))]
struct ImageFeatures;

#[skillset(model = "sam", task = "mask-generation", backends(cpu, onnx_cpu))]
struct Masks;

#[skillset(model = "patchtst", task = "time-series-prediction", backends(cpu, onnx_cpu))]
struct Forecasts;

#[skillset(model = "patchtst", task = "time-series-classification", backends(cpu, onnx_cpu))]
struct SeriesClasses;

#[skillset(model = "clip", task = "zero-shot-image-classification", backends(cpu, onnx_cpu))]
struct AnyImageClasses;

#[skillset(model = "wav2vec2", task = "audio-classification", backends(cpu, onnx_cpu))]
struct RecordingClasses;

#[skillset(model = "hubert", task = "automatic-speech-recognition", backends(cpu, onnx_cpu))]
struct Speller;

#[skillset(model = "whisper", task = "automatic-speech-recognition", backends(cpu, onnx_cpu))]
struct Listener;

#[skillset(model = "whisper", task = "audio-classification", backends(cpu))]
struct SpectrogramClasses;

#[skillset(model = "llava", task = "image-text-to-text", backends(cpu, onnx_cpu))]
struct Seer;

/// With results of transformers' pipeline for a trained checkpoint (`tools/record_cases.py`).
#[skillset(
    model = "vit",
    task = "image-classification",
    backends(cpu, onnx_cpu),
    cases = "tests/cases/digits.json"
)]
struct DigitReader;

/// More classes than the fixture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
enum Mood {
    Sad,
    Calm,
    Merry,
    #[label = "over the moon"]
    Elated,
}

mod labels {
    /// Fewer classes than the fixture has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, skillset::Labels)]
    pub(crate) enum Animal {
        Cat,
        Dog,
    }
}

#[skillset(model = "bert", task = "text-classification", backends(cpu, onnx_cpu), labels = Mood)]
struct MoodReader;

#[skillset(model = "vit", task = "image-classification", backends(cpu), labels = labels::Animal)]
struct AnimalSpotter;

/// Nobody but the author can make the own fields, so the tests do without.
#[skillset(model = "bert", task = "text-classification", backends(cpu))]
struct WithFields<T: Iterator, const N: usize>
where
    T::Item: Clone,
{
    source: T,
    kept: [T::Item; N],
}

mod inside {
    use skillset::skillset;

    #[skillset(model = "vit", task = "image-classification", backends(cpu), labels = super::labels::Animal, crate = ::skillset)]
    struct Deeper(u8);
}
