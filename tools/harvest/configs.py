"""The fields of config classes."""

import dataclasses
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from .annotations import Unmapped, allows_none, spec_type

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


class Types:
    """The types of all fields; which numbers are signed is decided by name, over all config classes."""

    def __init__(self, observed: dict[str, list[PreTrainedConfig]], renamed: dict[str, dict[str, list[str]]]):
        """`observed` are instances of each type, the default one first; `renamed` are older names of fields."""
        self.observed = observed
        self.renamed = renamed
        self.signed = {name for _, name, value in self._values() if _has_negative(value)}
        self.unmapped: dict[str, str] = {}

    def _values(self) -> Iterator[tuple[str, str, Any]]:
        for model_type, configs in self.observed.items():
            for name in fields(classes()[model_type]).names:
                for config in configs:
                    yield model_type, name, attribute(config, name)

    def facts(self, model_type: str) -> dict[str, dict]:
        """Field name -> type, default, aliases, and whether it is computed from other fields where not given."""
        config_class = classes()[model_type]
        own = fields(config_class)
        found = {name: self._field(model_type, config_class, name, own) for name in own.names}
        # Infinity is no JSON; transformers' files have an object for it.
        return PreTrainedConfig._encode_special_floats(found)

    def _field(self, model_type: str, config_class: type, name: str, own: Fields) -> dict:
        field = own.by_name[name]
        part = nested(config_class).get(name)
        facts = _nested(part) if part else self._plain_field(model_type, name, field)
        aliases = own.aliases.get(name, []) + self.renamed[model_type].get(name, [])
        return facts | ({"aliases": sorted(aliases)} if aliases else {})

    def _plain_field(self, model_type: str, name: str, field: dataclasses.Field) -> dict:
        default = declared_default(field)
        seen = [plain(attribute(config, name)) for config in self.observed[model_type]]
        # A class without a default instance is not computed from anything.
        built, values = (seen[0] if seen else default), [default, *seen]
        try:
            kind = spec_type(name, field.type, values, self.signed)
            wrong = next((value for value in values if not fits(value, kind)), None)
            if wrong is not None:
                raise Unmapped(f"{field.type} that holds {wrong!r}")
        except Unmapped as reason:
            kind = "Json"
            self.unmapped[f"{model_type}.{name}"] = str(reason)
        if kind.endswith("RopeParameters") or kind == "Map<RopeParameters>":
            return _rope(kind, built)
        if kind == "Json":
            return {"type": kind} | ({} if default is None else {"default": default}) | _derived(default, built)
        kind += "?" if default is None or allows_none(field.type) else ""
        return {"type": kind} | ({} if default is None else {"default": default}) | _derived(default, built)


def _derived(default: Any, built: Any) -> dict:
    return {} if built == default else {"derived": True}


def _rope(kind: str, built: Any) -> dict:
    """Rotary parameters; a plain base is written as that number, as most types have nothing else."""
    if not built:
        return {"type": kind + "?"} | ({} if built is None else {"default": built})
    if set(built) == {"rope_type", "rope_theta"} and built["rope_type"] == "default":
        return {"type": kind, "default": built["rope_theta"]}
    return {"type": kind, "default": _sorted(built)}


def _sorted(value: Any) -> Any:
    """In an order of its own: some classes iterate over sets."""
    return {key: _sorted(item) for key, item in sorted(value.items())} if isinstance(value, dict) else value


def _nested(part: Nested) -> dict:
    """A nested config: of one class, or of the class that its own `model_type` names."""
    kind = "Config" if part.config_class is AutoConfig else f"Config<{type_name(part.config_class)}>"
    default = {"default": part.default} if part.default and not part.optional else {}
    return {"type": kind + ("?" if part.optional else "")} | default


def fits(value: Any, kind: str) -> bool:
    """Whether a value can be read as the type."""
    if value is None or kind in ("RopeParameters", "Map<RopeParameters>", "Json"):
        return True
    if kind.startswith("["):
        return isinstance(value, list) and all(fits(item, kind[1:-1]) for item in value)
    if kind.startswith("OneOrMany<"):
        inner = kind.removeprefix("OneOrMany<").removesuffix(">")
        return fits(value, inner) or fits(value, f"[{inner}]")
    if kind.startswith("OrString<"):
        return isinstance(value, str) or fits(value, kind.removeprefix("OrString<").removesuffix(">"))
    if kind == "Size2":
        return fits(value, "usize") or (fits(value, "[usize]") and len(value) == 2)
    if kind in ("usize", "i64"):
        return isinstance(value, int) and not isinstance(value, bool) and (kind == "i64" or value >= 0)
    if kind == "f64":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"bool": bool, "String": str, "Activation": str}[kind])


def _has_negative(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_has_negative(item) for item in value)
    return isinstance(value, int) and value < 0
