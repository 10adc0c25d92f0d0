"""How a class computes the fields that are not given, found by changing other fields and looking at what follows.

Every rule is tried on more values than it was read from; README.md lists the kinds. A field that follows none of them
is `derived` all the same, and `harvest.json` says what it depends on.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from transformers import PreTrainedConfig

from .configs import attribute, fields, plain

# Multiples of a number that keep what divides it.
FACTORS = (2, 3, 4)
# The longest sequence of kinds of layers that may repeat.
PERIOD = 12
# Layers enough to see such a sequence twice.
MANY = 2 * PERIOD + 1
# Numbers of layers to try a rule on.
COUNTS = (1, 2, 3, 7, 10, MANY)

Rule = dict[str, Any]


class Unknown(Exception):
    """What the field depends on, where that is no rule."""


class Probe:
    """One config class, and what its fields become where some are given."""

    def __init__(self, config_class: type[PreTrainedConfig], keys: tuple[str, ...]):
        """`keys` are those that the class reads beside its fields."""
        self.config_class = config_class
        self.names = fields(config_class).names
        self.default = self.values({})
        self.refused: list[str] = []
        self.changes = list(self._changes(keys)) if self.default else []

    def values(self, given: dict[str, Any]) -> dict[str, Any] | None:
        """Every field; `None` where the class refuses what is given."""
        try:
            config = self.config_class(**given)
        except Exception:  # noqa: BLE001 - a refusal may be anything
            return None
        return {name: plain(attribute(config, name)) for name in self.names}

    def _changes(self, keys: tuple[str, ...]) -> Iterator[tuple[dict, dict]]:
        """Each field given another value, and what follows."""
        for name in [*self.names, *keys]:
            for other in _others((self.default or {}).get(name)):
                found = self.values({name: other})
                if found is not None:
                    yield {name: other}, found
                    break
            else:
                self.refused.append(name)

    def depends_on(self, name: str) -> list[str]:
        """The fields and keys whose change changes the field."""
        return [
            next(iter(given))
            for given, found in self.changes
            if name not in given and found[name] != self.default[name]
        ]


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value * factor for factor in FACTORS)
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        yield value * 2
    elif isinstance(value, list) and value:
        yield from (value + value[-1:], value[:-1])
    elif value is None:
        yield from (3, True, 0.5)


@cache
def _probe(config_class: type[PreTrainedConfig], keys: tuple[str, ...]) -> Probe:
    return Probe(config_class, keys)


def rule_of(config_class: type[PreTrainedConfig], keys: list[str], name: str, default: Any) -> Rule:
    """How a class, which reads `keys` beside its fields, computes the field `name`; `Unknown` if by no known rule."""
    return rule(_probe(config_class, tuple(keys)), name, default)


def effect(config_class: type[PreTrainedConfig], keys: list[str], key: str) -> str:
    """What a number or switch under one of `keys` does to the fields."""
    probe = _probe(config_class, tuple(keys))
    changes = [(found, given) for given, found in probe.changes if key in given]
    if not changes:
        return "takes neither a number nor a switch"
    changed = [name for name in probe.names if changes[0][0][name] != probe.default[name]]
    return f"changes {', '.join(changed)}" if changed else "changes no field alone"


def rule(probe: Probe, name: str, default: Any) -> Rule:
    """How the field `name` is computed, whose declared default is `default`."""
    if not probe.default:
        raise Unknown("the class has no default")
    if name in ("rope_theta", "partial_rotary_factor"):
        raise Unknown("is an entry of rope_parameters as well")
    causes = probe.depends_on(name)
    built = probe.default[name]
    kinds = (_kept_if,) if default is not None else (_stages, _value, _same, _multiple, _product, _quotient, _layers)
    for kind in kinds:
        if found := kind(probe, name, causes, default, built):
            return found
    raise Unknown(f"depends on {', '.join(causes)}" if causes else "follows from no other field alone")


def _holds(probe: Probe, name: str, causes: list[str], expected: Callable[..., Any]) -> bool:
    """Whether the field is what `expected` makes of the causes, for all small multiples of those."""
    tried = 0
    base = [probe.default[cause] for cause in causes]
    if not all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in base):
        return False
    for factors in itertools.product((1, *FACTORS), repeat=len(causes)):
        values = [value * factor for value, factor in zip(base, factors, strict=True)]
        found = probe.values(dict(zip(causes, values, strict=True)))
        if found is None:
            continue
        if found[name] != expected(*values) or type(found[name]) is not type(expected(*values)):
            return False
        tried += 1
    return tried > len(causes)


def _kept_if(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    """A value that counts only where a switch is on."""
    for cause in causes:
        on, off = ({cause: switch, name: default} for switch in (True, False))
        on, off, usual = probe.values(on), probe.values(off), probe.values({cause: True})
        if built is None and on and off and usual and on[name] == usual[name] == default and off[name] is None:
            return {"only_if": cause}
    return None


def _stages(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    """Stages of a backbone: the last one, or those that the other of the two fields says."""
    if name not in ("out_features", "out_indices"):
        return None
    for count in (cause for cause in causes if cause in ("depths", "num_hidden_layers")):
        found = [(given[count], values) for given, values in probe.changes if count in given]
        found.append((probe.default[count], probe.default))
        last = [(len(n) if isinstance(n, list) else n, values) for n, values in found]
        given = probe.values({"out_indices": [0, 1]}), probe.values({"out_features": ["stem", "stage1"]})
        if all(v["out_features"] == [f"stage{n}"] and v["out_indices"] == [n] for n, v in last) and all(
            v and v["out_features"] == ["stem", "stage1"] and v["out_indices"] == [0, 1] for v in given
        ):
            return {"stages": count}
    return None


def _value(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    # A number that cannot be changed alone may be one that it depends on.
    numbers = [refused for refused in probe.refused if isinstance(probe.default.get(refused), int)]
    return {"value": built} if built is not None and not causes and not numbers else None


def _same(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    if len(causes) != 1 or causes[0] not in probe.names:
        return None
    return {"same": causes[0]} if _holds(probe, name, causes, lambda a: a) else None


def _multiple(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    if len(causes) != 1 or causes[0] not in probe.names or not isinstance(built, int):
        return None
    base = probe.default[causes[0]]
    factor = built // base if isinstance(base, int) and base else 0
    return {"product": [factor, causes[0]]} if factor and _holds(probe, name, causes, lambda a: factor * a) else None


def _product(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    if len(causes) != 2 or not set(causes) <= set(probe.names):
        return None
    return {"product": causes} if _holds(probe, name, causes, lambda a, b: a * b) else None


def _quotient(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    if len(causes) != 2 or not set(causes) <= set(probe.names):
        return None
    for over, under in (causes, causes[::-1]):
        if _holds(probe, name, [over, under], lambda a, b: a // b):
            return {"quotient": [over, under]}
    return None


def _layers(probe: Probe, name: str, causes: list[str], default: Any, built: Any) -> Rule | None:
    """Kinds of layers: a sequence over and over, or two kinds by a number that is a field or key."""
    if not isinstance(built, list) or not built or not all(isinstance(kind, str) for kind in built):
        return None
    counts = [cause for cause in causes if probe.default.get(cause) == len(built)]
    others = [cause for cause in causes if cause not in counts]
    if len(counts) != 1 or len(others) > 1:
        return None
    if not others:
        return _cycle(probe, name, counts[0])
    if isinstance(probe.default.get(others[0]), bool):
        return _switched(probe, name, counts[0], others[0])
    return _by_number(probe, name, counts[0], others[0])


def _cycle(probe: Probe, name: str, count: str) -> Rule | None:
    """A sequence over and over, the last layer perhaps of a kind of its own; or some layers first, then others."""
    seen = probe.values({count: MANY})
    layers = seen[name] if seen else []
    for period in range(1, PERIOD + 1) if layers else ():
        kinds = layers[:period]
        if _agrees(probe, name, count, {}, COUNTS, lambda n: _cycled(kinds, n)):
            return {"cycle": kinds, "count": count}
        if _agrees(probe, name, count, {}, COUNTS, lambda n: [*_cycled(kinds, n - 1), layers[-1]]):
            return {"cycle": kinds, "last": layers[-1], "count": count}
    first = next((i for i, kind in enumerate(layers) if kind != layers[0]), 0)
    head, tail = layers[:first], layers[first : first + 1]
    if first and _agrees(probe, name, count, {}, COUNTS, lambda n: (head + tail * n)[:n]):
        return {"first": first, "kind": head[0], "other": tail[0], "count": count}
    return None


def _cycled(kinds: list, count: int) -> list:
    return list(itertools.islice(itertools.cycle(kinds), count))


def _agrees(probe: Probe, name: str, count: str, given: dict, counts: tuple, expected: Callable[[int], list]) -> bool:
    """Whether the field is as expected for each number of layers that the class takes, and there are some."""
    found = [(n, probe.values({count: n} | given)) for n in counts]
    found = [(n, values[name]) for n, values in found if values is not None]
    return len(found) >= 2 and all(value == expected(n) for n, value in found)


def result(rule: Rule, values: dict[str, Any], name: str) -> Any:
    """What the rule makes of other fields; a key beside them is not given."""
    usual = rule.get("default")
    number = {key: values.get(of, usual) for key, of in rule.items() if isinstance(of, str)}
    match rule:
        case {"value": value}:
            return value
        case {"same": other}:
            return values[other]
        case {"product": [factor, other]}:
            return (values[factor] if isinstance(factor, str) else factor) * values[other]
        case {"quotient": [over, under]}:
            return values[over] // values[under]
        case {"only_if": switch}:
            return values[name] if values[switch] else None
        case {"stages": count}:
            last = len(values[count]) if isinstance(values[count], list) else values[count]
            stages = ["stem", *(f"stage{number}" for number in range(1, last + 1))]
            if name == "out_indices":
                return [stages.index(stage) for stage in values["out_features"]]
            return [stages[index] for index in values["out_indices"]]
        case {"cycle": kinds, "count": count}:
            layers = _cycled(kinds, values[count])
            return layers[:-1] + [rule["last"]] if "last" in rule else layers
    count, kind, other = values[rule["count"]], rule["kind"], rule["other"]
    if "where" in rule and values[rule["where"]] is None:
        return [kind] * count
    if "first" in rule:
        first = number.get("first", rule["first"])
        return [kind if i < first else other for i in range(count)]
    offset = {"first": 0, "last": 1}[rule["at"]]
    return [other if (i + offset) % number["every"] else kind for i in range(count)]


# Kinds of `count` layers by a number, and what the rule says of it.
SHAPES: list[tuple[dict, Callable[[int, int, str, str], list[str]]]] = [
    ({"every": None, "at": "first"}, lambda n, k, kind, other: [other if i % k else kind for i in range(n)]),
    ({"every": None, "at": "last"}, lambda n, k, kind, other: [other if (i + 1) % k else kind for i in range(n)]),
    ({"first": None}, lambda n, k, kind, other: [kind if i < k else other for i in range(n)]),
]


def _switched(probe: Probe, name: str, count: str, switch: str) -> Rule | None:
    """One kind for the first so many layers, and another for the rest where a field, which the switch keeps, is not null."""
    on, off = {switch: True}, probe.values({switch: False}) or {}
    kept = [field for field, value in (probe.values(on) or {}).items() if value is not None and off.get(field) is None]
    numbers = [field for field, value in probe.default.items() if type(value) is int and field != count]
    for where, number in itertools.product(kept, numbers):
        found = _by_number(probe, name, count, number, on)
        if found and "first" in found:
            alike = [_agrees(probe, name, count, given, COUNTS, lambda n: [found["kind"]] * n)
                     for given in ({switch: False, number: 1}, {switch: True, where: None, number: 1})]
            return found | {"where": where} if all(alike) else None
    return None


def _by_number(probe: Probe, name: str, count: str, number: str, also: dict | None = None) -> Rule | None:
    """One kind every so many layers, or for the first so many, and another for the rest; other fields are `also` given."""
    also = also or {}
    seen = probe.values({count: 10, number: 3} | also)
    kinds = sorted(set(seen[name])) if seen else []
    if len(kinds) != 2:
        return None
    for (shape, layers), (kind, other) in itertools.product(SHAPES, (kinds, kinds[::-1])):

        def agrees(given: dict, k: int, layers=layers, kind=kind, other=other) -> bool:
            return _agrees(probe, name, count, given | also, (1, 4, 10, MANY), lambda n: layers(n, k, kind, other))

        usual = next((k for k in _usual(probe, number, shape) if agrees({}, k)), None)
        if usual is not None and all(agrees({number: k}, k) for k in (1, 2, 3, 5)):
            where = {key: number if value is None else value for key, value in shape.items()}
            return where | {"default": usual, "kind": kind, "other": other, "count": count}
    return None


def _usual(probe: Probe, number: str, shape: dict) -> Iterable[int]:
    """What the number may be where it is not given: a field may say so, a key does not."""
    value = probe.default.get(number)
    return [value] if isinstance(value, int) and value > 0 else range("every" in shape, MANY)
