"""What transformers writes and reads: the configs that the Rust side is held against.

One file a modality in `tests/configs/`, an entry a type:

    "default": config.json of the class's defaults, as `to_json_string` writes it
    "tiny": changes to that file that make the tiny config's: JSON pointer -> value; null under `unset`
    "values", "tiny_values": JSON pointer -> what the field is in Python, where that is not what the file says
    "aliases": field -> its first other name, where transformers reads the tiny config under those as the same
    "derived": fields that transformers computes to what the default and the tiny file say where they are left out
    "rope_scaling": whether it does with `rope_theta` and `rope_scaling` in place of `rope_parameters`
"""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from transformers import PreTrainedConfig

from .configs import COMMON, attribute, fields, plain

MISSING = object()


def entry(default: PreTrainedConfig | None, tiny: PreTrainedConfig | None, derived: list[str]) -> dict:
    """The entry of a type; a config that cannot be made is left out. `derived` are fields that it may compute."""
    found: dict = {}
    base = written(default) if default else {}
    if default:
        found |= {"default": base, "values": dict(_otherwise(default, base, ""))}
    if tiny:
        file = written(tiny)
        changes = dict(_changes(base, file, ""))
        found["tiny"] = {pointer: value for pointer, value in changes.items() if value is not MISSING}
        found["unset"] = [pointer for pointer, value in changes.items() if value is MISSING]
        found["tiny_values"] = dict(_otherwise(tiny, file, ""))
        aliases = {name: keys[0] for name, keys in fields(type(tiny)).aliases.items() if name in file}
        renamed = {aliases.get(name, name): value for name, value in file.items()}
        found["aliases"] = aliases if _reads_the_same(tiny, file, renamed) else {}
        if "rope_parameters" in fields(type(tiny)).names:
            found["rope_scaling"] = _reads_the_same(tiny, file, _with_rope_scaling(file))
        found["derived"] = [name for name in derived if _is_computed(default, name) and _is_computed(tiny, name)]
    return {key: value for key, value in found.items() if value or key in ("default", "tiny")}


def written(config: PreTrainedConfig) -> dict:
    """config.json; without the version, which `harvest.json` has once for all."""
    file = json.loads(config.to_json_string())
    file.pop("transformers_version", None)
    return file


@cache
def common() -> dict[str, Any]:
    """What the fields of `PreTrainedConfig` are where nothing is given."""
    return {name: plain(attribute(PreTrainedConfig(), name)) for name in (*COMMON, "output_attentions")}


def _otherwise(config: PreTrainedConfig, file: dict, pointer: str) -> Iterator[tuple[str, Any]]:
    """The fields whose value is not what the file says under their name, or what they are where nothing is given."""
    own = fields(type(config)).names
    for name, default in common().items():
        value = plain(attribute(config, name))
        if name not in own and value != file.get(name, default):
            yield f"{pointer}/{name}", value
    for name in own:
        value = attribute(config, name)
        said = file.get(name, MISSING)
        if isinstance(value, PreTrainedConfig) and isinstance(said, dict):
            yield from _otherwise(value, said, f"{pointer}/{name}")
        elif said is MISSING or plain(value) != said or type(plain(value)) is not type(said):
            yield f"{pointer}/{name}", config._encode_special_floats(plain(value))


def _changes(old: Any, new: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    for key in {**old, **new}:
        at = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            yield at, MISSING
        elif isinstance(old.get(key), dict) and isinstance(new[key], dict) and old[key]:
            yield from _changes(old[key], new[key], at)
        elif key not in old or old[key] != new[key] or type(old[key]) is not type(new[key]):
            yield at, new[key]


def _with_rope_scaling(file: dict) -> dict:
    """`rope_theta` beside `rope_scaling`, whose kind is called `type`."""
    rope = dict(file.get("rope_parameters") or {})
    if "rope_theta" not in rope:
        return file
    rest = {key: value for key, value in file.items() if key != "rope_parameters"}
    rest["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type", "default")
    return rest | ({"rope_scaling": {"type": kind} | rope} if rope or kind != "default" else {})


def _is_computed(config: PreTrainedConfig | None, name: str) -> bool:
    file = written(config) if config else {}
    return _reads_the_same(config, file, {key: value for key, value in file.items() if key != name})


def _reads_the_same(config: PreTrainedConfig, file: dict, rewritten: dict) -> bool:
    if rewritten == file:
        return False
    try:
        again = type(config)(**config._decode_special_floats(copy.deepcopy(rewritten)))
    except Exception:  # noqa: BLE001 - a spelling that the class refuses is not understood
        return False
    return written(again) == file
