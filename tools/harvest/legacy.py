"""Keys that a config class understands beside its fields: older spellings, read in `__post_init__` and the like.

Which keys those are is read from the source; which of them are but another name of a field is found by trying.
"""

import ast
import inspect
import sys
from functools import cache
from typing import NamedTuple

from transformers import AutoConfig, PreTrainedConfig

from .configs import attribute, fields, nested, plain

# Understood for every type: README.md tells how. `model_type` and `trust_remote_code` steer loading.
GENERIC = {"rope_scaling", "rope_theta", "partial_rotary_factor", "torch_dtype", "dtype", "num_labels", "model_type"}
# Values that no class has as its default.
PROBES = (77, 0.625, True, False)


class Legacy(NamedTuple):
    """Keys that a class reads beside its fields."""

    aliases: dict[str, list[str]]
    """Field -> other names of it."""
    replaced_by: dict[str, list[str]]
    """Nested config -> keys that win over it."""
    beside: dict[str, str]
    """Key -> entry of the rotary parameters that it is another name of."""
    others: list[str]
    """Keys that change fields in some other way."""


def facts(config_class: type[PreTrainedConfig]) -> Legacy:
    own = set(fields(config_class).names) | {f"_{name}" for name in fields(config_class).names}
    keys = sorted(set().union(*map(_keys_read, config_class.__mro__)) - own - GENERIC)
    found = Legacy({}, {}, {}, [])
    for key in keys:
        if _replaces(config_class, key):
            found.replaced_by.setdefault(key.removesuffix("_dict"), []).append(key)
        elif entry := _rope_entry(config_class, key):
            found.beside[key] = entry
        elif field := _renamed(config_class, key):
            found.aliases.setdefault(field, []).append(key)
        else:
            found.others.append(key)
    return found


def _replaces(config_class: type[PreTrainedConfig], key: str) -> bool:
    """Whether `text_config_dict` wins over `text_config`."""
    name = key.removesuffix("_dict")
    part = nested(config_class).get(name)
    if part is None or name == key or part.config_class is AutoConfig:
        return False
    try:
        defaults = part.config_class()
        field = next(f for f in fields(part.config_class).names if type(_value(defaults, f)) is float)
        made = config_class(**{name: {field: PROBES[1]}, key: {field: PROBES[1] / 2}})
    except Exception:  # noqa: BLE001 - a class that refuses them does not read them so
        return False
    return _value(attribute(made, name), field) == PROBES[1] / 2


def _rope_entry(config_class: type[PreTrainedConfig], key: str) -> str | None:
    """The entry of `rope_parameters` that takes the value."""
    if "rope_parameters" not in fields(config_class).names:
        return None
    try:
        rope = _value(config_class(**{key: PROBES[1]}), "rope_parameters") or {}
    except Exception:  # noqa: BLE001
        return None
    taken = [name for name in ("rope_theta", "partial_rotary_factor") if rope.get(name) == PROBES[1]]
    return taken[0] if taken else None


@cache
def _keys_read(config_class: type) -> set[str]:
    """Constants that the class's methods look up in `kwargs`."""
    if config_class is PreTrainedConfig or not issubclass(config_class, PreTrainedConfig):
        return set()
    source = _classes_of(config_class.__module__).get(config_class.__name__)
    return set() if source is None else {key for node in ast.walk(source) if (key := _key_read(node))}


@cache
def _classes_of(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _key_read(node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return None
    is_lookup = node.func.attr in ("get", "pop") and getattr(node.func.value, "id", None) == "kwargs"
    return node.args[0].value if is_lookup and isinstance(node.args[0], ast.Constant) else None


def _renamed(config_class: type[PreTrainedConfig], key: str) -> str | None:
    """The one field that takes the values given under `key`."""
    taken = [field for field in map(lambda probe: _takes(config_class, key, probe), PROBES) if field]
    return taken[0] if taken and len(set(taken)) == 1 else None


def _takes(config_class: type[PreTrainedConfig], key: str, probe) -> str | None:
    try:
        before, after = config_class(), config_class(**{key: probe})
    except Exception:  # noqa: BLE001 - a probe of the wrong type is refused in many ways
        return None
    changed = [name for name in fields(config_class).names if _value(before, name) != _value(after, name)]
    # Other fields may follow the one that is renamed: the layers' kinds their number.
    taken = [name for name in changed if _value(after, name) == probe]
    return taken[0] if len(taken) == 1 else None


def _value(config: PreTrainedConfig, name: str):
    return plain(attribute(config, name))
