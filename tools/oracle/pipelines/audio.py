"""Audio models, also as exported graphs, and what pipelines make of small recordings: `tests/audio/`.

Each entry of `audio.json` becomes a folder: a checkpoint whose weights are in `model.onnx` and described in
`fixture.json`, and `cases.json`. The pipelines read files by ffmpeg, which has to be on the PATH, as has espeak-ng,
which speaks.
"""

import json
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import torch
from scipy.signal import resample_poly
from transformers import AutoConfig, pipeline

from ..checkpoint import build
from ..classes import task_classes
from ..prettyjson import pretty
from ..weights import Rule, rule_for
from . import FOLDER, whisper
from .exported import Tensors, check_size
from .models import write_fixture
from .run import LEAST_LOGIT_GAP, _check_ranking, _plain

AUDIO = FOLDER.parent / "audio"
MODELS = Path(__file__).parent / "audio.json"
HEADS = ("lm_head.", "classifier.")
WIDER = 4.0


def record(names: list[str]) -> None:
    """Writes the recordings and the folders of `names`, or of all models."""
    draw()
    models = json.loads(MODELS.read_text())
    for name in names or models:
        folder = AUDIO / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if "layouts" in models[name]:
            whisper.write(folder, models[name], AUDIO)
            continue
        write(name, folder, models[name])
        check_size(name, folder / "model.onnx")


def write(name: str, folder: Path, spec: dict) -> None:
    config = AutoConfig.for_model(spec["model_type"], **spec["config"])
    model_class = task_classes(config)[spec["task"]]
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = build(model_class, config, {}, spec.get("seed", 0), Path(scratch), _rule)
        files = {"config.json": checkpoint.config, **spec["files"]}
        for file, content in files.items():
            for place in (folder, Path(scratch)):
                (place / file).write_text(json.dumps(content, indent=2) + "\n")
        pipe = pipeline(spec["task"], model=scratch, dtype=torch.float32, device="cpu")
        cases = [case | {"input": _spelled(case["input"])} for case in spec["cases"]]
        cases = [case | {"output": _call(pipe, spec["task"], case)} for case in cases]
    for case in cases:
        _check_ranking(name, case)
    write_fixture(folder, spec["task"], checkpoint, spec["model_type"], spec.get("seed", 0), [*spec["files"]])
    (folder / "cases.json").write_text(pretty({"task": spec["task"], "cases": cases}) + "\n")
    _export(checkpoint.model, spec["inputs"], folder / "model.onnx")


def _rule(name: str, shape: tuple[int, ...]) -> Rule:
    rule = rule_for(name, shape)
    return Rule(rule.center, round(rule.half_range * WIDER, 6)) if name.startswith(HEADS) else rule


def _call(pipe, task: str, case: dict):
    value = case["input"]
    if isinstance(value, str):
        value = str(AUDIO / value)
    else:
        value = {**value, "raw": np.array(value["raw"], np.float32)}
    if task == "automatic-speech-recognition":
        gaps = []
        hook = pipe.model.register_forward_hook(lambda _model, _arguments, output: gaps.append(_gap(output.logits)))
        output = pipe(value, **case["options"])
        hook.remove()
        if min(gaps) <= LEAST_LOGIT_GAP:
            raise ValueError(f"what is heard in {case['input']!r} depends on rounding")
        return _plain(output)
    return _plain(pipe(value, **case["options"]))


def _spelled(value):
    """Samples that are asked for by name, written out."""
    if isinstance(value, str):
        return value
    rate = value["sampling_rate"]
    waves = {"tones": _tones(1500, rate, 5), "noise": np.random.default_rng(6).normal(0, 0.3, 1000)}
    return value | {"raw": [round(float(sample), 3) for sample in waves[value["raw"]]]}


def _gap(logits: torch.Tensor) -> float:
    best = logits.topk(2).values
    return float((best[..., 0] - best[..., 1]).min())


def _export(model: torch.nn.Module, inputs: dict[str, list[int]], file: Path) -> None:
    """`inputs` are the shapes of an example; all axes but those of features are free, as in optimum's exports."""
    axes = {"input_values": {0: "batch_size"}, "attention_mask": {0: "batch_size", 1: "sequence_length"}}
    if len(inputs["input_values"]) == 2:
        axes["input_values"][1] = "sequence_length"
    generator = torch.Generator().manual_seed(0)
    example = {
        name: torch.ones(shape, dtype=torch.int64) if name == "attention_mask" else torch.randn(shape, generator=generator)
        for name, shape in inputs.items()
    }  # fmt: skip
    with torch.no_grad():
        torch.onnx.export(
            Tensors(model, list(example), ["logits"]),
            tuple(example.values()),
            file,
            input_names=list(example),
            output_names=["logits"],
            dynamic_axes={name: axes[name] for name in example} | {"logits": {0: "batch_size"}},
            opset_version=18,
            dynamo=False,
        )


def draw() -> None:
    """Writes `tests/audio/recordings/`: at the models' rate, two of them spoken, and in stereo at another."""
    folder = AUDIO / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / "tones.wav", 16000, [_tones(8000, 16000, 1)])
    _save(folder / "noise.wav", 16000, [np.random.default_rng(2).normal(0, 0.1, 5000)])
    _save(folder / "speech.wav", 16000, [_speech("The clever fox lived in a deep forest, and no one knew.")])
    _save(folder / "words.wav", 16000, [_speech("fine weather")])
    with tempfile.TemporaryDirectory() as scratch:
        stereo = Path(scratch) / "stereo.wav"
        _save(stereo, 22050, [_tones(7000, 22050, 3), _tones(7000, 22050, 4)])
        exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact"]
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", stereo, *exact, folder / "stereo.flac"]
        subprocess.run(command, check=True)


def _speech(text: str) -> np.ndarray:
    """A voice at 16 kHz."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "voice.wav"
        subprocess.run(["espeak-ng", "-v", "en", "-s", "230", "-w", file, text], check=True)
        with wave.open(str(file)) as voice:
            rate, samples = voice.getframerate(), np.frombuffer(voice.readframes(voice.getnframes()), "<i2")
    common = np.gcd(rate, 16000)
    return 0.8 * resample_poly(samples / 32768, 16000 // common, rate // common)


def _tones(count: int, rate: int, seed: int) -> np.ndarray:
    """Rising and falling tones that come and go, with a little noise."""
    time = np.arange(count) / rate
    generator = np.random.default_rng(seed)
    low, high, beat = generator.uniform(200, 400), generator.uniform(1500, 3000), generator.uniform(4, 9)
    glide = np.sin(2 * np.pi * (low * time + 300 * time**2)) * (np.sin(2 * np.pi * beat * time) > 0)
    return 0.4 * glide + 0.2 * np.sin(2 * np.pi * high * time) + generator.normal(0, 0.01, count)


def _save(file: Path, rate: int, channels: list[np.ndarray]) -> None:
    samples = np.stack(channels, -1)
    with wave.open(str(file), "wb") as out:
        out.setparams((len(channels), 2, rate, 0, "NONE", ""))
        out.writeframes((samples * 32767).round().astype("<i2").tobytes())
