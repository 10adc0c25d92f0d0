"""What is known of each field: type, default, other names, how it is computed."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from . import derive
from .annotations import Unmapped, allows_none, spec_type
from .configs import Fields, Nested, attribute, classes, declared_default, fields, nested, plain, type_name
from .legacy import Legacy


class Types:
    """The types of all fields; which numbers are signed is decided by name, over all config classes."""

    def __init__(self, observed: dict[str, list[PreTrainedConfig]], older: dict[str, Legacy]):
        """`observed` are instances of each type, the default one first; `older` are keys beside its fields."""
        self.observed = observed
        self.older = older
        self.signed = {name for _, name, value in self._values() if _has_negative(value)}
        self.unmapped: dict[str, str] = {}
        self.underived: dict[str, str] = {}

    def _values(self) -> Iterator[tuple[str, str, Any]]:
        for model_type, configs in self.observed.items():
            for name in fields(classes()[model_type]).names:
                for config in configs:
                    yield model_type, name, attribute(config, name)

    @cache  # noqa: B019 - one instance lives as long as the program
    def facts(self, model_type: str) -> dict[str, dict]:
        """Field name -> type, default, aliases, and whether it is computed from other fields where not given."""
        config_class = classes()[model_type]
        own = fields(config_class)
        found = {name: self._field(model_type, config_class, name, own) for name in own.names}
        for name, field in found.items():
            other = _of_another_type(field, found)
            if other:
                self.underived[f"{model_type}.{name}"] = f"depends on {other}, which has another type"
                field["derived"] = True
        # Infinity is no JSON; transformers' files have an object for it.
        return PreTrainedConfig._encode_special_floats(found)

    def _field(self, model_type: str, config_class: type, name: str, own: Fields) -> dict:
        field = own.by_name[name]
        part = nested(config_class).get(name)
        facts = _nested(part) if part else self._plain_field(model_type, name, field)
        older = self.older[model_type]
        more = {
            "aliases": sorted(own.aliases.get(name, []) + older.aliases.get(name, [])),
            "replaced_by": older.replaced_by.get(name),
            "beside": older.beside if name == "rope_parameters" else None,
        }
        return facts | {key: value for key, value in more.items() if value}

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
            if built != default:
                self.underived[f"{model_type}.{name}"] = "of no fixed type"
            return {"type": kind} | _given(default) | ({} if built == default else {"derived": True})
        kind += "?" if default is None or allows_none(field.type) else ""
        return {"type": kind} | _given(default) | self._derived(model_type, name, default, built)

    def unread(self, model_type: str) -> dict[str, str]:
        """Keys beside the fields that no rule reads, and what they do."""
        older = self.older[model_type]
        derived = (field.get("derived") for field in self.facts(model_type).values())
        rules = [rule for rule in derived if isinstance(rule, dict)]
        keys = [key for key in older.others if not any(key in rule.values() for rule in rules)]
        all_keys = [*older.others, *older.beside]
        return {f"{model_type}.{key}": derive.effect(classes()[model_type], all_keys, key) for key in keys}

    def _derived(self, model_type: str, name: str, default: Any, built: Any) -> dict:
        """How the class computes the field where it is not given, if it does."""
        if built == default:
            return {}
        older, config_class = self.older[model_type], classes()[model_type]
        try:
            rule = derive.rule_of(config_class, [*older.others, *older.beside], name, default)
            for config in self.observed[model_type]:
                _check(rule, config, name)
            return {"derived": rule}
        except derive.Unknown as reason:
            self.underived[f"{model_type}.{name}"] = str(reason)
            return {"derived": True}


def _check(rule: derive.Rule, config: PreTrainedConfig, name: str) -> None:
    """Holds a rule to a config that was not made to find it."""
    values = {field: plain(attribute(config, field)) for field in fields(type(config)).names}
    try:
        again = type(config)(**{field: value for field, value in values.items() if field != name})
    except Exception:  # noqa: BLE001 - a class that refuses its own values shows nothing
        return
    if plain(attribute(again, name)) == values[name] != derive.result(rule, values, name):
        raise derive.Unknown("follows from more than other fields alone")


def _of_another_type(field: dict, fields: dict[str, dict]) -> str | None:
    """A field that the rule computes with, although it cannot."""
    rule = field.get("derived")
    if not isinstance(rule, dict):
        return None
    (kind, of), *_ = rule.items()
    if kind not in ("same", "only_if", "product", "quotient", "every", "first"):
        return None
    wanted = {"same": field["type"].removesuffix("?"), "only_if": "bool"}.get(kind, "usize")
    names = [*(of if isinstance(of, list) else [of]), rule.get("count")]
    return next((n for n in names if n in fields and fields[n]["type"].removesuffix("?") != wanted), None)


def _given(default: Any) -> dict:
    return {} if default is None else {"default": default}


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
