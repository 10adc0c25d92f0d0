"""Checkpoint tensors of a type's classes: those of the base model once, then what each head changes."""

from .fold import fold

Shapes = dict[str, list[int]]


def facts(built: dict[str, dict], base: str, prefixes: dict[str, str]) -> dict[str, dict]:
    """Class -> folded tensor names with shapes.

    A class that holds the base model has its path under `{base}`, then the tensors that the base model lacks;
    `null` marks those of the base model that the class lacks.
    """
    shapes = {name: result["tensors"] for name, result in built.items() if "tensors" in result}
    inner = shapes.get(base)
    return {
        name: fold(own) if inner is None or name == base else _difference(inner, own, prefixes[name])
        for name, own in shapes.items()
    }


def _difference(base: Shapes, own: Shapes, prefix: str) -> dict:
    path = _path_of_base(base, own, prefix)
    inside = {path + name: shape for name, shape in base.items()}
    changed = {name: shape for name, shape in own.items() if inside.get(name) != shape}
    missing = {name: None for name in inside if name not in own}
    difference, whole = {"{base}": path} | fold(changed) | fold(missing), fold(own)
    return min(difference, whole, key=len)


def _path_of_base(base: Shapes, own: Shapes, prefix: str) -> str:
    """Where the class keeps the base model: mostly, but not always, under `base_model_prefix`."""
    longest = max(base, key=len)
    ends = {name.removesuffix(longest) for name in own if name.endswith(longest)}
    paths = sorted({f"{prefix}.", *(path for path in ends if path == "" or path.endswith("."))})
    return max(paths, key=lambda path: sum(path + name in own for name in base))
