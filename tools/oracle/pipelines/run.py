"""Runs a folder's cases through transformers' pipeline: `python -m oracle.pipelines.run NAME…`.

Needs nothing but the folder, so that it also works under the release in `requirements-qa.txt`,
the last one that had the question-answering pipeline.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.numpy import save_file
from transformers import AutoImageProcessor, LogitsProcessorList, pipeline
from transformers.utils import logging

from .. import beams
from ..checkpoint import materialise
from ..prettyjson import pretty
from . import FOLDER, MODELS, image_text, seq2seq
from .seq2seq import LEAST_LOGIT_GAP, LogitGap

# Neighbours in a ranking must differ by more than two engines can.
LEAST_GAP = 1e-4


def run(name: str) -> None:
    """Writes `cases.json` of a folder."""
    spec = json.loads((MODELS / f"{name}.json").read_text())
    task = spec["task"]
    with tempfile.TemporaryDirectory() as scratch:
        write_checkpoint(FOLDER / name, Path(scratch))
        if task in seq2seq.KEYS:
            cases = seq2seq.record(task, Path(scratch), spec["cases"])
            return _write(name, cases)
        processor = {}
        if task == image_text.TASK:
            processor["processor"] = image_text.processor(scratch)
        elif "image_processor" in spec:
            # The PIL back end is the reference; torchvision's rounds differently.
            processor["image_processor"] = AutoImageProcessor.from_pretrained(scratch, backend="pil")
        pipe = pipeline(task, model=scratch, dtype=torch.float32, device="cpu", **processor)
        cases = [{**case, "output": _call(pipe, task, case)} for case in spec["cases"]]
    for case in cases:
        _check_ranking(name, case)
    _write(name, cases)


def _write(name: str, cases: list[dict]) -> None:
    (FOLDER / name / "cases.json").write_text(pretty(cases) + "\n")

    fixture = json.loads((FOLDER / name / "fixture.json").read_text())
    fixture["transformers"] = transformers.__version__
    (FOLDER / name / "fixture.json").write_text(pretty(fixture) + "\n")


def write_checkpoint(folder: Path, to: Path) -> None:
    """The Python twin of `Fixture::write_checkpoint`."""
    fixture = json.loads((folder / "fixture.json").read_text())
    tensors = {tensor["name"]: materialise(tensor, fixture["seed"]) for tensor in fixture["tensors"]}
    save_file(tensors, to / "model.safetensors", metadata={"format": "pt"})
    for file in ["config.json", *fixture["files"]]:
        shutil.copy(folder / file, to)


def _call(pipe, task: str, case: dict):
    value = case["input"]
    options = case["options"]
    if task == image_text.TASK:
        return image_text.call(pipe, value, options)
    if task == "text-generation":
        gap = LogitGap()
        # `generate` looks for stop strings with a tokenizer, which the pipeline does not hand on.
        more = {"tokenizer": pipe.tokenizer} if "stop_strings" in options else {}
        if options.get("num_beams", 1) > 1:
            with beams.Gap(pipe.model) as gap:
                output = pipe(value, do_sample=False, **options, **more)
        else:
            # Greedy, where the pipeline would sample.
            output = pipe(value, do_sample=False, logits_processor=LogitsProcessorList([gap]), **options, **more)
        if gap.smallest <= LEAST_LOGIT_GAP:
            raise ValueError(f"the continuation of {value!r} depends on rounding")
        return _plain(output)
    if isinstance(value, str) and value.startswith("images/"):
        value = str(FOLDER / value)
    if task == "question-answering":
        return _plain(pipe(**value, **options))
    return _plain(pipe(value, **options))


def _plain(value):
    """JSON's types, with floats at float32's precision."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.9g}")
    if isinstance(value, Image.Image):
        return _runs(np.asarray(value) > 0)
    return value.item() if isinstance(value, np.generic) else value


def _runs(mask: np.ndarray) -> dict:
    """A mask by the lengths of its runs, row by row, the first one of pixels that are not part of it."""
    edges = np.flatnonzero(np.diff(mask.ravel(), prepend=False)).tolist()
    counts = np.diff([0, *edges, mask.size]).tolist()
    return {"size": list(mask.shape), "counts": counts}


def _check_ranking(name: str, case: dict) -> None:
    """Raises when a ranking (not a sequence of entities) depends on rounding."""
    output = case["output"]
    rows = output if output and isinstance(output, list) and isinstance(output[0], list) else [output]
    for row in rows:
        if not isinstance(row, list) or not all(isinstance(item, dict) and "score" in item for item in row):
            continue
        scores = [item["score"] for item in row if "entity" not in item and "entity_group" not in item]
        if scores != sorted(scores, reverse=True):
            continue  # detections in the order of their queries
        for better, worse in zip(scores, scores[1:]):
            if abs(better - worse) <= LEAST_GAP * abs(better):
                raise ValueError(f"{name}: scores {better} and {worse} are too close for {case['input']!r}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    for argument in sys.argv[1:]:
        run(argument)
