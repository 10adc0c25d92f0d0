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
from . import FOLDER, MODELS, image_text, seq2seq, series
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
        if task in series.TASKS:
            return _write(name, _plain(series.record(task, Path(scratch), spec["cases"])))
        processor = {}
        if task == image_text.TASK:
            processor["processor"] = image_text.processor(scratch)
        elif "image_processor" in spec:
            # The PIL back end is the reference; torchvision's rounds differently.
            processor["image_processor"] = AutoImageProcessor.from_pretrained(scratch, backend="pil")
        pipe = pipeline(task, model=scratch, dtype=torch.float32, device="cpu", **processor)
        cases = [{**case, "output": _call(pipe, task, case)} for case in spec["cases"]]
        if "prompts" in spec:
            prompted = [_prompted(pipe, **call) for call in spec["prompts"]]
            (FOLDER / name / "prompts.json").write_text(pretty(prompted) + "\n")
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


@torch.no_grad()
def _prompted(pipe, image: str, prompts: list[dict], multimask: bool, mask_threshold: float) -> dict:
    """Masks for prompts of one kind, by the steps that take the place of a pipeline."""
    processor = transformers.SamProcessor(pipe.image_processor)
    points = [prompt["points"] for prompt in prompts if "points" in prompt]
    bounds = [prompt["bounds"] for prompt in prompts if "bounds" in prompt]
    given = {}
    if points:
        given["input_points"] = [[[[x, y] for x, y, _ in of] for of in points]]
        given["input_labels"] = [[[int(inside) for *_, inside in of] for of in points]]
    if bounds:
        given["input_boxes"] = [bounds]
    inputs = processor(images=Image.open(FOLDER / image).convert("RGB"), return_tensors="pt", **given)
    sizes = [inputs.pop(name) for name in ("original_sizes", "reshaped_input_sizes")]
    outputs = pipe.model(**{name: _single(value) for name, value in inputs.items()}, multimask_output=multimask)
    masks = pipe.image_processor.post_process_masks(outputs.pred_masks, *sizes, mask_threshold=mask_threshold)[0]
    found = [
        [{"score": _plain(score.item()), "mask": _runs(mask.numpy())} for score, mask in zip(*of)]
        for of in zip(outputs.iou_scores[0], masks)
    ]
    return {"image": image, "prompts": prompts, "multimask": multimask, "mask_threshold": mask_threshold, "output": found}


def _single(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value


def _plain(value):
    """JSON's types, with floats at float32's precision."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.9g}")
    if isinstance(value, torch.Tensor):
        return _plain(value.tolist())
    if isinstance(value, np.ndarray):
        return _runs(value)
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
    if "masks" in output:
        output = [{"score": score} for score in output["scores"]]
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
