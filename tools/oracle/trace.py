"""Records what every sub-module of a model computes, to find the first one that differs."""

import os

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion

from .inputs import Run


@torch.no_grad()
def trace(model: PreTrainedModel, run: Run) -> dict[str, torch.Tensor]:
    """First float tensor of every module's output, in order of completion.

    A key is the module's path in the checkpoint. A module that is called again gets `#2`, `#3`, …
    """
    paths, found = checkpoint_paths(model), {}

    def hook(path: str):
        def store(_module, _arguments, output):
            value = _first_float(output)
            if value is not None:
                calls = sum(key == path or key.startswith(f"{path}#") for key in found)
                found[f"{path}#{calls + 1}" if calls else path] = value.float().contiguous().clone()

        return store

    handles = [module.register_forward_hook(hook(paths[name])) for name, module in model.named_modules() if name]
    try:
        model(**run.arguments)
    finally:
        for handle in handles:
            handle.remove()
    return found


def write(model: PreTrainedModel, run: Run, file: str) -> int:
    """Writes the trace as safetensors, its order under the metadata key `order`; returns its length."""
    found = trace(model, run)
    save_file(found, file, metadata={"order": "\n".join(found)})
    return len(found)


def checkpoint_paths(model: PreTrainedModel) -> dict[str, str]:
    """Module path in memory -> path in the checkpoint.

    transformers renames weights while loading (ViT's `layers.0.mlp.fc1` is stored as
    `encoder.layer.0.intermediate.dense`), so a module's path is derived from where its weights are
    stored. One without weights keeps its own name under its parent's path.
    """
    stored = {name: _stored_names(model, name, value) for name, value in model.state_dict().items()}
    paths = {"": ""}
    for name, _ in model.named_modules():
        if not name:
            continue
        parent, _, leaf = name.rpartition(".")
        inside = {key[len(name) + 1 :]: found for key, found in stored.items() if key.startswith(f"{name}.")}
        fallback = f"{paths[parent]}.{leaf}".lstrip(".")
        path = _common_path(inside)
        # Weights that are stored side by side with others of the parent do not name the module.
        paths[name] = path if path and path != paths[parent] else fallback
    return paths


def _stored_names(model: PreTrainedModel, name: str, value: torch.Tensor) -> list[str]:
    return list(revert_weight_conversion(model, {name: value}))


def _common_path(inside: dict[str, list[str]]) -> str:
    """The path under which all of a module's weights are stored; `inside` has them by name within it."""
    same_names = {found[0].removesuffix(rest) for rest, found in inside.items() if found[0].endswith(f".{rest}")}
    if len(same_names) == 1 and all(found[0].endswith(f".{rest}") for rest, found in inside.items()):
        return same_names.pop().rstrip(".")
    folders = [name.split(".")[:-1] for found in inside.values() for name in found]
    return ".".join(os.path.commonprefix(folders))


def _first_float(output) -> torch.Tensor | None:
    if isinstance(output, torch.Tensor):
        return output if output.is_floating_point() else None
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (tuple, list)):
        return next((v for v in map(_first_float, output) if v is not None), None)
    return None
