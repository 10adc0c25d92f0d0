"""Configs that nobody has chosen: the tiny ones of a model type with some fields changed at random."""

import copy
import json
import random
import typing
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig
from transformers.activations import ACT2FN

from . import cases, record
from .classes import task_classes
from .inputs import runs_for
from .run import forward

# Each field is tried with this probability, with values until transformers takes one.
SHARE, TRIES = 0.6, 4
# Whole configs that are given up before the model type is.
ATTEMPTS = 20
# Numbers above this are sizes of real checkpoints, if no tiny config says otherwise.
TINY = 64
# What a changed config cannot keep of the case that it comes from.
DROPPED = ("beams", "written_as", "image_processor")

COMMON = {field.name for field in fields(PreTrainedConfig)} - {"chunk_size_feed_forward"}
ACTIVATIONS = [name for name in ACT2FN if not any(ACT2FN[name].parameters())]
GATED = "gated-"


def draw(model_type: str, count: int, seed: int, folder: Path) -> Iterator[tuple[str, str]]:
    """Records `count` cases to `folder` and lists them in `<folder>/<model_type>.json`, as `configs/` does.

    Yields the name of each, and what differs from the case that it comes from. The same seed makes the same cases of the same `configs/`.
    """
    known, seen, listed = cases.load(model_type), _values_of_fields(), folder / f"{model_type}.json"
    drawn = json.loads(listed.read_text()) if listed.exists() else {}
    for position in range(count):
        name = f"{seed}-{position}"
        for attempt in range(ATTEMPTS):
            chance = random.Random(f"{model_type} {seed} {position} {attempt}")
            origin = chance.choice(list(known))
            case = {key: value for key, value in copy.deepcopy(known[origin]).items() if key not in DROPPED}
            case["seed"] = chance.randrange(2**32)
            changes = Changes(model_type, case, seen, chance).make()
            try:
                record.record(model_type, name, case, folder, strict=True)
            except Exception as error:  # noqa: BLE001: transformers refuses what it cannot do by any of them
                problem = f"{type(error).__name__}: {error}"
                continue
            drawn[name] = case
            listed.write_text(json.dumps(drawn, indent=2) + "\n")
            yield name, f"{origin} with {', '.join(changes) or 'other weights'}"
            break
        else:
            raise SystemExit(f"{model_type}: none of {ATTEMPTS} configs can be recorded; of the last: {problem}")


class Changes:
    """Changes of one case, each of which leaves a model that transformers can make and run."""

    def __init__(self, model_type: str, case: dict, seen: dict[str, list], chance: random.Random):
        self._model_type, self._case, self._seen, self._chance = model_type, case, seen, chance

    def make(self) -> list[str]:
        """Makes them in the case's config, and says which they are."""
        made = []
        places = list(_places(CONFIG_MAPPING[self._model_type], self._case["config"], ""))
        self._chance.shuffle(places)
        for path, config, name, default, annotation in places:
            if self._chance.random() < SHARE and self._change(config, name, default, annotation):
                made.append(f"{path}{name}={json.dumps(config[name])}")
        return made

    def _change(self, config: dict, name: str, default: typing.Any, annotation: typing.Any) -> bool:
        old = config.get(name, default)
        for _ in range(TRIES):
            new = self._value(name, old, annotation, is_default=name not in config)
            if new == old:
                continue
            if self._holds(config, {name: new}):
                return True
            # Sizes that are equal are often those of one thing.
            if type(new) is int and self._holds(config, {name: new}, also=(old, new)):
                return True
        return False

    def _value(self, name: str, old: typing.Any, annotation: typing.Any, is_default: bool) -> typing.Any:
        """Another value of a field; the same if there is no saying what it might be."""
        chance = self._chance
        others = self._seen.get(name, []) + [value for value in typing.get_args(annotation) if isinstance(value, (str, int))]
        if isinstance(old, bool):
            return not old
        if isinstance(old, str) and old.removeprefix(GATED) in ACT2FN:
            gate = GATED if any(str(value).startswith(GATED) for value in [old, *others]) and chance.random() < 0.5 else ""
            return gate + chance.choice(ACTIVATIONS)
        if isinstance(old, float):
            return 10.0 ** -chance.randint(1, 12) if "eps" in name else round(chance.uniform(0.5, 2) * (old or 0.2), 3)
        if others and (chance.random() < 0.3 or old is None or isinstance(old, (str, dict))):
            return copy.deepcopy(chance.choice(others))
        if isinstance(old, (list, tuple)):
            return [_jittered(value, chance) for value in old]
        return old if is_default and isinstance(old, int) and old > TINY else _jittered(old, chance)

    def _holds(self, config: dict, change: dict, also: tuple[int, int] | None = None) -> bool:
        """Makes a change and replaces `also` one number wherever it is; undoes that if the base model does not run then."""
        whole = self._case["config"]
        before = copy.deepcopy(whole)
        if also:
            _replace_all(whole, *also)
        config.update(change)
        try:
            made = AutoConfig.for_model(self._model_type, **whole)
            base = next(iter(task_classes(made).values()))
            model = base._from_config(made, attn_implementation="eager").eval()
            for run in runs_for(model, True, self._case):
                if run.name not in self._case.get("skip", []):
                    forward(model, run)
            return True
        except Exception:  # noqa: BLE001: as above
            _restore(whole, before)
            return False


def _places(config_class: type[PreTrainedConfig], config: dict, path: str) -> Iterator[tuple]:
    """Path, dictionary, name, default and annotation of every field, those of nested configs included."""
    declared = {field.name: (_default(field), field.type) for field in fields(config_class) if field.name not in COMMON}
    # Some are taken without a declaration, such as the stages that a backbone hands out.
    others = {name: (None, None) for name in config if name not in COMMON and name != "model_type"}
    for name, (default, annotation) in (others | declared).items():
        nested = config.get(name)
        inner = isinstance(nested, dict) and _class_of(config_class, name, nested)
        if inner:
            yield from _places(inner, nested, f"{path}{name}.")
        else:
            yield path, config, name, default, annotation


def _class_of(config_class: type[PreTrainedConfig], name: str, nested: dict) -> type[PreTrainedConfig] | None:
    if "model_type" in nested:
        return CONFIG_MAPPING[nested["model_type"]]
    return config_class.sub_configs.get(name)


def _default(field) -> typing.Any:
    return field.default if isinstance(field.default, (bool, int, float, str, tuple, list)) else None


def _values_of_fields() -> dict[str, list]:
    """What the tiny configs of all model types have in the fields of each name."""
    seen: dict[str, list] = {}

    def collect(config: dict) -> None:
        for name, value in config.items():
            if isinstance(value, dict) and name.endswith("_config"):
                collect(value)
            elif value not in seen.setdefault(name, []):
                seen[name].append(value)

    for file in sorted(cases.CONFIGS.glob("*.json")):
        for case in cases.load(file.stem).values():
            collect(case["config"])
    return seen


def _jittered(value: typing.Any, chance: random.Random) -> typing.Any:
    """A number of the same magnitude; anything else as it is."""
    if type(value) is not int or value < 0:
        return value
    return chance.randint(value // 2, value + value // 2 + 1)


def _replace_all(config: dict, old: int, new: int) -> None:
    for name, value in config.items():
        if isinstance(value, dict):
            _replace_all(value, old, new)
        elif type(value) is int and value == old:
            config[name] = new


def _restore(config: dict, before: dict) -> None:
    """Makes `config` and its nested configs what they were, in place: others hold them."""
    for name in [name for name in config if name not in before]:
        del config[name]
    for name, value in before.items():
        if isinstance(value, dict) and isinstance(config.get(name), dict):
            _restore(config[name], value)
        else:
            config[name] = value
