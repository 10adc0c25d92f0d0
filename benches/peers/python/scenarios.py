"""What is measured: models, inputs, and who takes part."""

from pathlib import Path
from typing import NamedTuple

CANDLE, ONNX = "skillset candle", "skillset onnx"
PYTORCH, ONNXRUNTIME, CANDLE_TRANSFORMERS = "pytorch", "onnxruntime", "candle-transformers"

CONTESTANTS = (CANDLE, ONNX, PYTORCH, ONNXRUNTIME, CANDLE_TRANSFORMERS)
"""In the order of the tables."""

WITHOUT_CANDLE_TRANSFORMERS = (CANDLE, ONNX, PYTORCH, ONNXRUNTIME)
"""For models that candle-transformers lacks."""

PEERS = (ONNXRUNTIME, PYTORCH, CANDLE_TRANSFORMERS)
"""Those that every contestant's time is divided by."""

EXPORTED = "exported.onnx"
"""The graph that PyTorch's exporter made, beside the checkpoint."""


MAIN_INPUT = {
    "clip-vision": "pixel_values",
    "detr": "pixel_values",
    "swin": "pixel_values",
    "vit": "pixel_values",
    "wav2vec2": "input_values",
    "whisper-tiny": "input_features",
}
"""What a model takes, where that is not `input_ids`."""


class Forward(NamedTuple):
    """One run of a model on a batch."""

    name: str
    title: str
    model: str
    shape: tuple[int, ...]
    """Of `input_ids` (with an `attention_mask` of ones, as a tokenizer gives it), or of what `MAIN_INPUT` names."""
    repetitions: int
    """Timed runs a turn; their median is the turn's time."""
    contestants: tuple[str, ...] = CONTESTANTS


class Generate(NamedTuple):
    """Greedy generation with a cache of keys and values, or a state."""

    name: str
    title: str
    model: str
    shape: tuple[int, ...]
    """Of the prompt's `input_ids`, or of the `input_features` that an encoder reads."""
    new_tokens: int
    contestants: tuple[str, ...] = (CANDLE, ONNX, PYTORCH)


Scenario = Forward | Generate

SCENARIOS: tuple[Scenario, ...] = (
    Forward("bert-1x16", "BERT-base, 1 × 16 tokens", "bert", (1, 16), 5),
    Forward("bert-1x128", "BERT-base, 1 × 128 tokens", "bert", (1, 128), 3),
    Forward("bert-8x128", "BERT-base, 8 × 128 tokens", "bert", (8, 128), 1),
    Forward("vit-1x224", "ViT-base, 1 × 224² pixels", "vit", (1, 3, 224, 224), 3),
    Forward(
        "clip-1x224", "CLIP's ViT-B/32, 1 × 224² pixels", "clip-vision", (1, 3, 224, 224), 8, (CANDLE, ONNX, PYTORCH, ONNXRUNTIME)
    ),
    Forward(
        "clip-8x224", "CLIP's ViT-B/32, 8 × 224² pixels", "clip-vision", (8, 3, 224, 224), 1, (CANDLE, ONNX, PYTORCH, ONNXRUNTIME)
    ),
    Forward("swin-tiny", "Swin-T, 1 × 224² pixels", "swin", (1, 3, 224, 224), 3, (CANDLE, ONNX, PYTORCH)),
    Forward("detr-resnet-50", "DETR on ResNet-50, 1 × 800 × 1066 pixels", "detr", (1, 3, 800, 1066), 1, (CANDLE, ONNX, PYTORCH)),
    Forward("wav2vec2-10s", "Wav2Vec2-base, 10 s of speech", "wav2vec2", (1, 160000), 1, WITHOUT_CANDLE_TRANSFORMERS),
    Generate("llama-128+64", "Llama shape of 162 M parameters, 128 + 64 tokens", "llama", (1, 128), 64),
    Generate("llama-768+64", "Llama shape of 162 M parameters, 768 + 64 tokens", "llama", (1, 768), 64),
    Generate("mamba2-128+64", "Mamba 2 of 129 M parameters, 128 + 64 tokens", "mamba2", (1, 128), 64),
    Generate("t5-128+64", "T5-small, 128 tokens read, 64 written", "t5-small", (1, 128), 64),
    Generate("whisper-3000+64", "Whisper-tiny, 3000 frames read, 64 tokens written", "whisper-tiny", (1, 80, 3000), 64),
)


def named(names: list[str]) -> list[Scenario]:
    """The scenarios of these names; all, if there are none."""
    known = {scenario.name: scenario for scenario in SCENARIOS}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"error: no scenario {unknown[0]!r}; the scenarios are {', '.join(known)}")
    return [known[name] for name in names or known]


def checkpoint(work: Path, model: str) -> Path:
    """The directory of a model, as `save_pretrained` wrote it."""
    return work / "models" / model


def inputs(work: Path, scenario: Scenario) -> Path:
    """The tensors that every contestant is given."""
    return work / "inputs" / f"{scenario.name}.safetensors"
