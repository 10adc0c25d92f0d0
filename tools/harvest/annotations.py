"""From a Python annotation to a type of the specs; README.md lists them."""

import types
import typing
from collections.abc import Sequence
from typing import Any

from transformers import PreTrainedConfig
from transformers.activations import ACT2FN
from transformers.modeling_rope_utils import RopeParameters

# Fields that count or index, where -1 and the like have a meaning in some checkpoint.
SIGNED = ("_id", "_ids", "_idx", "_index", "_indices", "_layer", "_axis", "_offset")
# Fields of the height and width of something.
SIZES = ("size", "stride", "kernel", "grid_shape", "resolution")
# Fields that may name a nonlinearity; "sigmoid" in others is a gate or a score.
ACTIVATIONS = ("act", "nonlinearity")
# Those of `ACT2FN` that have parameters of their own, and so are no functions.
LEARNED = ("prelu", "xielu")

# Lists of no declared element that no instance has filled.
BY_HAND = {
    "freeze_text_module_exceptions": "[String]",
    "freeze_vision_module_exceptions": "[String]",
    "output_range": "[f64]",
    "prediction_channel_indices": "[i64]",
    "suppress_tokens": "[i64]",
}


class Unmapped(Exception):
    """The annotation fits no type."""


def spec_type(name: str, annotation: Any, values: list, signed: set[str]) -> str:
    """The type of a field without its `?`.

    `values` are those that were seen; they decide where the annotation is loose. `signed` names fields of which some
    type has a negative value.
    """
    if name in BY_HAND:
        return BY_HAND[name]
    members = [member for member in _members(annotation) if member is not type(None)]
    seen = [value for value in values if value is not None]
    is_signed = name in signed or name.endswith(SIGNED)
    integer = "i64" if is_signed else "usize"
    if name == "rope_parameters" or RopeParameters in members:
        nested = [value for value in seen if isinstance(value, dict) and value and _is_by_layer(value)]
        return "Map<RopeParameters>" if nested else "RopeParameters"
    scalars = {_scalar(member) for member in members} - {None}
    lists = [member for member in members if _is_list(member)]
    if len(scalars) + bool(lists) == 0 or dict in members or PreTrainedConfig in members:
        raise Unmapped(f"{_show(annotation)}")
    if "str" in scalars and _is_activation(name, seen):
        return "Activation"
    names = {"int": integer, "float": "f64", "bool": "bool", "str": "String"}
    if {"int", "float"} <= scalars:
        scalars.remove("int")
    if lists:
        item = _item(lists, seen, integer, annotation)
        if not scalars:
            return f"[{item}]"
        if scalars == {"int"} and item == integer:
            return "Size2" if _is_size(name, lists, seen) else f"OneOrMany<{item}>"
        if len(scalars) == 1 and names[next(iter(scalars))] == item:
            return f"OneOrMany<{item}>"
    elif len(scalars) == 1:
        return names[next(iter(scalars))]
    elif len(scalars) == 2 and "str" in scalars:
        return f"OrString<{names[next(iter(scalars - {'str'}))]}>"
    raise Unmapped(_show(annotation))


def allows_none(annotation: Any) -> bool:
    return type(None) in _members(annotation)


def _members(annotation: Any) -> tuple:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(inner for member in typing.get_args(annotation) for inner in _members(member))
    return (annotation,)


def _scalar(member: Any) -> str | None:
    if typing.get_origin(member) is typing.Literal:
        return _scalar(type(typing.get_args(member)[0]))
    return member.__name__ if member in (int, float, bool, str) else None


def _is_list(member: Any) -> bool:
    return (typing.get_origin(member) or member) in (list, tuple, Sequence)


def _item(lists: list, seen: list, integer: str, annotation: Any) -> str:
    """The type of a list's elements, from the annotation or, where it names none, from the values."""
    items = {item for member in lists for item in typing.get_args(member) if item is not Ellipsis}
    members = [inner for item in items for inner in _members(item)]
    if members and all(_is_list(member) for member in members):
        return f"[{_item(members, [value for many in seen for value in many], integer, annotation)}]"
    kinds = {_scalar(member) for member in members}
    if not items:
        kinds = {_kind(value) for many in seen for value in (many if isinstance(many, (list, tuple)) else [many])}
    if kinds and kinds <= {"int", "float"}:
        return "f64" if "float" in kinds else integer
    if kinds in ({"str"}, {"bool"}):
        return {"str": "String", "bool": "bool"}[kinds.pop()]
    inner = [value for many in seen if isinstance(many, (list, tuple)) for value in many]
    if inner and all(isinstance(value, (list, tuple)) for value in inner):
        if {_kind(number) for value in inner for number in value} == {"int"}:
            return f"[{integer}]"
    raise Unmapped(_show(annotation))


def _kind(value: Any) -> str:
    return type(value).__name__


def _is_size(name: str, lists: list, seen: list) -> bool:
    """Whether a number or a list is one size for both axes, or two."""
    lengths = {len(value) for value in seen if isinstance(value, (list, tuple))}
    return any(word in name for word in SIZES) and lengths <= {2} and "temporal" not in name


def _is_activation(name: str, seen: list) -> bool:
    functions = [value for value in seen if value in ACT2FN and value not in LEARNED]
    return any(word in name for word in ACTIVATIONS) and bool(seen) and functions == seen


def _is_by_layer(parameters: dict) -> bool:
    return all(isinstance(value, dict) or value is None for value in parameters.values())


def _show(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
