"""Whisper as exported graphs, and what the pipeline makes of recordings: a folder of `tests/audio/`.

`generate` gets what a case's options say beside those of the pipeline. Recordings are given as samples, which are what
the pipeline reads from a file of the model's rate.
"""

import json
import tempfile
import wave
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, LogitsProcessorList, WhisperForConditionalGeneration, pipeline

from .. import beams
from ..checkpoint import build
from ..prettyjson import pretty
from . import encoders, exported_seq2seq, seq2seq
from .models import write_fixture
from .tokenizers import CORPUS, save

# Options of the pipeline itself.
OF_PIPELINE = ("return_timestamps", "chunk_length_s", "stride_length_s")


def write(folder: Path, spec: dict, audio: Path) -> None:
    """Writes the checkpoint without its weights, the graphs, and the calls."""
    config = AutoConfig.for_model(spec["model_type"], **spec["config"])
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = build(WhisperForConditionalGeneration, config, {}, spec.get("seed", 0), Path(scratch))
        tokenizer = encoders.whisper(CORPUS.read_text().splitlines(), spec["config"]["max_source_positions"])
        for place in (folder, Path(scratch)):
            save(tokenizer, place)
            for file, content in {"config.json": checkpoint.config, **_resolved(spec["files"], tokenizer)}.items():
                (place / file).write_text(json.dumps(content, indent=2) + "\n")
        pipe = pipeline("automatic-speech-recognition", model=scratch, dtype=torch.float32, device="cpu")
        cases = [case | {"output": _call(pipe, case, audio)} for case in spec["cases"]]
        (folder / "cases.json").write_text(pretty({"task": pipe.task, "cases": cases}) + "\n")
        write_fixture(folder, pipe.task, checkpoint, spec["model_type"], spec.get("seed", 0), _files(spec))
        frames = 2 * config.max_source_positions
        sound = torch.randn(2, config.num_mel_bins, frames, generator=torch.Generator().manual_seed(0))
        exported_seq2seq.export(checkpoint.model, folder, spec["layouts"], sound)


def _files(spec: dict) -> list[str]:
    return [*spec["files"], "tokenizer.json", "tokenizer_config.json"]


def _resolved(files: dict, tokenizer) -> dict:
    """The files with ids in the place of tokens."""

    def resolve(value):
        if isinstance(value, dict):
            return {key: resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [resolve(item) for item in value]
        is_token = isinstance(value, str) and value.startswith("<|")
        return tokenizer.convert_tokens_to_ids(value) if is_token else value

    return {name: resolve(content) for name, content in files.items()}


def _call(pipe, case: dict, audio: Path) -> dict:
    options = {key: value for key, value in case["options"].items() if key in OF_PIPELINE}
    generate = {key: value for key, value in case["options"].items() if key not in OF_PIPELINE}
    languages = _languages(pipe.model)
    sound = _samples(audio / case["input"])
    if generate.get("num_beams", 1) > 1:
        with beams.Gap(pipe.model) as gap:
            output = pipe(sound, **options, generate_kwargs=generate)
    else:
        gap = seq2seq.LogitGap()
        generate |= {"logits_processor": LogitsProcessorList([gap])}
        output = pipe(sound, **options, generate_kwargs=generate)
    languages.remove()
    if min(gap.smallest, languages.smallest) <= seq2seq.LEAST_LOGIT_GAP:
        raise ValueError(f"what is heard in {case} depends on rounding")
    return json.loads(json.dumps(output))


class _languages:
    """Keeps the smallest lead of the best language where the language is detected: a run of one token."""

    def __init__(self, model: torch.nn.Module):
        self.smallest, self.ids = float("inf"), list(getattr(model.generation_config, "lang_to_id", {}).values())
        self.remove = model.register_forward_hook(self._see, with_kwargs=True).remove

    def _see(self, _model, _arguments, keywords, output):
        if len(self.ids) > 1 and keywords.get("use_cache") is False:
            best = output.logits[:, -1, self.ids].topk(2).values
            self.smallest = min(self.smallest, float((best[:, 0] - best[:, 1]).min()))


def _samples(file: Path) -> dict:
    with wave.open(str(file)) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2")
        return {"sampling_rate": recording.getframerate(), "raw": samples.astype(np.float32) / 32768}
