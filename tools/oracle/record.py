"""Writes the fixture of one case: config.json, fixture.json and tensors.safetensors."""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import PreTrainedModel

from .beams import beam_cases
from .cases import checkpoints
from .inputs import Run, runs_for
from .prettyjson import pretty
from .run import NOISE_LIMIT, check_conditioning, forward, greedy_cases

# Tasks that are a loop around their model.
GENERATING = ("text-generation", "text2text-generation", "automatic-speech-recognition", "image-text-to-text")

PROCESSOR = "preprocessor_config.json"

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"


def record(model_type: str, name: str, case: dict, fixtures: Path = FIXTURES, strict: bool = False) -> Path:
    """Records one case and returns its folder; if `strict`, every run has to be well-conditioned by a margin."""
    tasks, arrays, pool, base = {}, {}, Pool(), None
    for task, model_class, checkpoint in checkpoints(model_type, case):
        base = base or checkpoint
        runs = runs_for(checkpoint.model, checkpoint is base, case)
        runs = [run for run in runs if run.name not in case.get("skip", [])]
        for run in runs if strict else runs[:1]:
            check_conditioning(checkpoint.model, run, NOISE_LIMIT / 10 if strict else NOISE_LIMIT)
        tasks[task] = {
            "class": model_class.__name__,
            "config_overrides": _difference(base.config, checkpoint.config),
            "tensors": pool.add(checkpoint.tensors),
            "runs": [_record_run(checkpoint.model, task, run, arrays) for run in runs],
        }
        if task in GENERATING and checkpoint.model.can_generate():
            greedy = greedy_cases(checkpoint.model, runs[0])
            beams = beam_cases(checkpoint.model, case.get("beams", []))
            tasks[task]["generate"] = [*greedy, *beams]

    fixture = {
        "model_type": model_type,
        "case": name,
        "transformers": transformers.__version__,
        "torch": torch.__version__.split("+")[0],
        "seed": case.get("seed", 0),
        "tasks": tasks,
        "tensors": pool.entries,
    }
    if "image_processor" in case:
        fixture["files"] = [PROCESSOR]
    folder = fixtures / model_type / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(base.config, indent=2) + "\n")
    (folder / "fixture.json").write_text(pretty(fixture) + "\n")
    save_file(arrays, folder / "tensors.safetensors")
    if "image_processor" in case:
        _image_processor(**case["image_processor"]).to_json_file(folder / PROCESSOR)
    return folder


class Pool:
    """The tensors of a fixture's tasks, each distinct one listed once."""

    def __init__(self):
        self.entries: list[dict] = []
        self._index: dict[str, int] = {}

    def add(self, tensors: list[dict]) -> list[list[int]]:
        """Returns where the tensors are in `entries`, as half-open ranges."""
        ranges: list[list[int]] = []
        for tensor in tensors:
            at = self._index.setdefault(json.dumps(tensor), len(self.entries))
            if at == len(self.entries):
                self.entries.append(tensor)
            if ranges and ranges[-1][1] == at:
                ranges[-1][1] += 1
            else:
                ranges.append([at, at + 1])
        return ranges


def _record_run(model: PreTrainedModel, task: str, run: Run, arrays: dict[str, torch.Tensor]) -> dict:
    outputs = forward(model, run)
    for name, value in outputs.items():
        # An infinity is exact: a detector says by one that a pixel proposes no box.
        if value.isnan().any() or value.isinf().all():
            raise ValueError(f"{task}/{run.name}: output {name} has no finite numbers, or some that are none")
    arrays |= {f"{task}/{run.name}/inputs/{name}": value.clone() for name, value in run.inputs.items()}
    arrays |= {f"{task}/{run.name}/outputs/{name}": value for name, value in outputs.items()}
    entry = {"name": run.name, "note": run.note, "inputs": list(run.inputs), "outputs": list(outputs)}
    if run.flags:
        entry["flags"] = run.flags
    mask = run.inputs.get("attention_mask")
    per_token = [n for n, v in outputs.items() if mask is not None and v.shape[:2] == mask.shape]
    if per_token and not mask.all():
        entry["exclude_padding"] = per_token
    return entry


def _image_processor(type: str, **settings) -> transformers.BaseImageProcessor:
    return getattr(transformers, type)(**settings)


def _difference(base: dict, config: dict) -> dict:
    """What to change in the base config.json to get a task's; null removes a field."""
    changed = {field: value for field, value in config.items() if base.get(field) != value}
    return changed | {field: None for field in base if field not in config}
