"""Every file that the harvest writes, with its text."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import transformers
from oracle.prettyjson import pretty

from . import common, configs, earlier, ground, identity, processors, specs, tasks
from .facts import Harvest

ROOT = specs.FOLDER.parent
MODALITIES = ("audio", "multimodal", "text", "vision")
# A type of these is written once a modality, the rest of the config classes in one file.
CONFIGS = ROOT / "tests" / "configs"


def all_files(wanted: list[str]) -> Iterator[tuple[Path, str]]:
    """File -> text; with types named, only their specs."""
    harvest = Harvest()
    known = specs.existing()
    for model_type in _checked(wanted) or tasks.model_types():
        facts = harvest.model(model_type)
        if model_type in known:
            yield known[model_type], specs.with_facts(known[model_type].read_text(), facts)
        else:
            own = identity.identity(model_type)
            known[model_type] = specs.FOLDER / own["modality"] / f"{model_type}.json"
            yield known[model_type], specs.new(own, facts)
    if not wanted:
        yield from _shared_files(harvest, known)


def _checked(wanted: list[str]) -> list[str]:
    unknown = sorted(set(wanted) - set(tasks.model_types()))
    if unknown:
        raise SystemExit(f"transformers {transformers.__version__} has no model of type {', '.join(unknown)}")
    return wanted


def _shared_files(harvest: Harvest, known: dict[str, Path]) -> Iterator[tuple[Path, str]]:
    parts = [model_type for model_type in configs.classes() if model_type not in known]
    for model_type in parts:
        file, facts = specs.FOLDER / "parts" / f"{model_type}.json", harvest.config(model_type)
        text = {"$schema": "../schema.json", "model_type": model_type, "facts": facts}
        # Somebody may have described what the part computes.
        yield file, specs.with_facts(file.read_text(), facts) if file.exists() else _text(text)
    yield specs.FOLDER / "common.json", _text(common.facts())
    names = {name for t in known for kind, name in processors.facts(t).items() if kind in processors.WITH_DEFAULTS}
    defaults, failed = processors.defaults(names)
    yield specs.FOLDER / "processors.json", _text(defaults)
    yield specs.FOLDER / "earlier_names.json", _text(earlier.resolve(set(known)))
    yield specs.FOLDER / "harvest.json", _text(_summary(harvest, known, parts, failed))
    for modality in MODALITIES:
        members = [model_type for model_type, file in known.items() if file.parent.name == modality]
        yield CONFIGS / f"{modality}.json", _lines(harvest, sorted(members))
    yield CONFIGS / "parts.json", _lines(harvest, parts)
    yield CONFIGS / "common.json", _text(ground.common())


def _summary(harvest: Harvest, known: dict[str, Path], parts: list[str], failed: dict[str, str]) -> dict:
    kinds = Counter()
    for model_type in configs.classes():
        for field in harvest.types.facts(model_type).values():
            kinds[field["type"].partition("<")[0] if field["type"].startswith("Config") else field["type"]] += 1
    classes = sum(len(found) for found in harvest.built.values())
    return {
        "transformers": transformers.__version__,
        "model_types": len(known),
        "parts": len(parts),
        "classes": classes,
        "fields": kinds.total(),
        "types": dict(sorted(kinds.items())),
        "json": dict(sorted(harvest.types.unmapped.items())),
        "unread": dict(sorted(item for t in configs.classes() for item in harvest.types.unread(t).items())),
        "underived": dict(sorted(harvest.types.underived.items())),
        "exceptions": dict(sorted(harvest.exceptions.items())),
        "processors_without_defaults": failed,
    }


def _text(value) -> str:
    return pretty(value) + "\n"


def _lines(harvest: Harvest, model_types: list[str]) -> str:
    """An object with a line an entry, so that a diff names the types that changed."""
    entries = (f"{json.dumps(t)}: {json.dumps(_entry(harvest, t), ensure_ascii=False)}" for t in model_types)
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _entry(harvest: Harvest, model_type: str) -> dict:
    known = harvest.types.facts(model_type).items()
    derived = [name for name, field in known if isinstance(field.get("derived"), dict)]
    return ground.entry(harvest.default.get(model_type), harvest.tiny.get(model_type), derived)
