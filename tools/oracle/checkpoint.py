"""A tiny model of a class whose every stored tensor comes from the generator."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from transformers import PreTrainedConfig, PreTrainedModel

from . import weights


@dataclass
class Checkpoint:
    """A model as reloaded from disk, and what a fixture says of its files."""

    model: PreTrainedModel
    config: dict
    tensors: list[dict]


def build(
    model_class: type[PreTrainedModel],
    config: PreTrainedConfig,
    written_as: dict,
    seed: int,
    folder: Path,
    rule_for: Callable[[str, tuple[int, ...]], weights.Rule] = weights.rule_for,
) -> Checkpoint:
    """Saves the model to `folder`, replaces its weights by name, and loads it back.

    `written_as` patches config.json before that load: the older layouts of a config are tested so.
    """
    fresh = model_class(config)
    fresh.save_pretrained(folder)
    constants = {name for name, _ in fresh.named_buffers() if "running_" not in name}

    file = folder / "model.safetensors"
    stored = load_file(file)
    tensors = [
        _describe(name, value, rule_for(name, value.shape), name in constants)
        for name, value in sorted(stored.items())
    ]
    save_file({t["name"]: materialise(t, seed) for t in tensors}, file, metadata={"format": "pt"})

    written = json.loads((folder / "config.json").read_text())
    for field, value in written_as.items():
        written[field] = value
        if value is None:
            del written[field]
    (folder / "config.json").write_text(json.dumps(written))

    model, report = model_class.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    problems = {kind: names for kind, names in report.items() if names}
    if problems:
        raise ValueError(f"{model_class.__name__} does not load what it saved: {problems}")
    return Checkpoint(model.eval(), written, tensors)


def materialise(tensor: dict, seed: int) -> np.ndarray:
    """The values of one entry of a fixture's tensor list."""
    shape = tuple(tensor["shape"])
    if "values" in tensor:
        return np.array(tensor["values"], dtype=tensor["dtype"]).reshape(shape)
    rule = weights.Rule(tensor["center"], tensor["half_range"])
    return weights.generate(tensor["name"], seed, shape, rule)


def _describe(name: str, value: np.ndarray, rule: weights.Rule, constant: bool) -> dict:
    entry = {"name": name, "shape": list(value.shape)}
    if constant or value.dtype != np.float32:
        values = value.astype(np.uint8) if value.dtype == bool else value
        return entry | {"dtype": str(value.dtype), "values": values.ravel().tolist()}
    return entry | {"center": rule.center, "half_range": rule.half_range}
