"""Config classes and their fields."""

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

COMMON = {field.name: field for field in dataclasses.fields(PreTrainedConfig)}


class Nested(NamedTuple):
    """A field that is a config itself."""

    config_class: type
    """`AutoConfig`: the class that its own `model_type` names."""
    default: dict
    """What a missing one is made of."""
    optional: bool


@cache
def nested(config_class: type[PreTrainedConfig]) -> dict[str, Nested]:
    """The fields that are configs."""
    found = {}
    for name, spec in config_class.sub_configs_defaults.items():
        is_auto = spec.config_class is AutoConfig
        default = ({"model_type": spec.model_type} if is_auto else {}) | plain(spec.init_kwargs)
        found[name] = Nested(spec.config_class, default, spec.optional)
    # Classes of the older style build them by themselves.
    for name, part in config_class.sub_configs.items():
        if name not in found and name in fields(config_class).names:
            found[name] = Nested(part, {}, optional=_builds_none(config_class, name))
    return found


def _builds_none(config_class: type[PreTrainedConfig], name: str) -> bool:
    try:
        return attribute(config_class(), name) is None
    except Exception:  # noqa: BLE001 - a class that asks for parts has no default for them
        return True


@cache
def classes() -> dict[str, type[PreTrainedConfig]]:
    """Every config class by the name of its type: those of the auto mapping, then what only nests in others."""
    found = {model_type: CONFIG_MAPPING[model_type] for model_type in CONFIG_MAPPING_NAMES}
    waiting = list(found.values())
    while waiting:
        for part in nested(waiting.pop()).values():
            config_class = part.config_class
            if config_class is not AutoConfig and config_class not in found.values():
                found[type_name(config_class)] = config_class
                waiting.append(config_class)
    return dict(sorted(found.items()))


def type_name(config_class: type[PreTrainedConfig]) -> str:
    """The model type of a config class; where no mapping knows one, the class's name."""
    if CONFIG_MAPPING_NAMES.get(config_class.model_type) == config_class.__name__:
        return config_class.model_type
    stem = config_class.__name__.removesuffix("Config")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem).lower()


def attribute(config: PreTrainedConfig, name: str) -> Any:
    """A field of a config, also where layers may differ in it."""
    return config._getattr_without_heterogeneous_validation(name, None)


def plain(value: Any) -> Any:
    """A config's value as JSON has it."""
    if isinstance(value, PreTrainedConfig):
        return {name: plain(attribute(value, name)) for name in fields(type(value)).names}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    return value


@dataclasses.dataclass
class Fields:
    """The fields of a config class that are its own, by the attribute that holds each."""

    by_name: dict[str, dataclasses.Field]
    aliases: dict[str, list[str]]

    @property
    def names(self) -> list[str]:
        return list(self.by_name)


@cache
def fields(config_class: type[PreTrainedConfig]) -> Fields:
    """The class's own fields, and what `attribute_map` calls them."""
    own = {}
    for field in dataclasses.fields(config_class):
        common = COMMON.get(field.name)
        if common is None or common.default != field.default:
            public = field.name.removeprefix("_")
            # `_out_features` is the store of a property; files say `out_features`.
            own[public if isinstance(getattr(config_class, public, None), property) else field.name] = field
    aliases: dict[str, list[str]] = {}
    for key, target in config_class.attribute_map.items():
        if target in own and key in own:
            del own[key]
        if target in own:
            aliases.setdefault(target, []).append(key)
        elif key in own:
            # Declared under one name, stored under the other.
            aliases.setdefault(key, []).append(target)
    return Fields(own, {name: sorted(keys) for name, keys in aliases.items()})


def declared_default(field: dataclasses.Field) -> Any:
    """What the class says without looking at other fields."""
    if field.default is not dataclasses.MISSING:
        return plain(field.default)
    return plain(field.default_factory())
