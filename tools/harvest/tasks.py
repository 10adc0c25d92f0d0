"""Which classes a model type has, and the task of each: from transformers' auto mappings."""

import importlib
from collections.abc import Iterator

from oracle.classes import auto_classes, base_task
from transformers import CONFIG_MAPPING, PreTrainedModel
from transformers.models.auto import modeling_auto
from transformers.utils.import_utils import DummyObject

MAPPINGS = {
    name: mapping
    for name, mapping in vars(modeling_auto).items()
    if name.startswith("MODEL_") and name.endswith("_NAMES") and isinstance(mapping, dict)
}
# The pipeline of this task left transformers 5, and its name is not that of the auto class.
RENAMED = {"seq-to-seq-causal-lm": "text2text-generation"}


def model_types() -> list[str]:
    """Every type that some mapping gives a model class."""
    return sorted(set().union(*MAPPINGS.values()))


def classes_by_task(model_type: str) -> dict[str, list[str]]:
    """Task -> class names, the model without a head first; pipelines name the tasks where one serves a mapping."""
    base = _names(modeling_auto.MODEL_MAPPING_NAMES.get(model_type))
    found: dict[str, list[str]] = {}
    for task, mapping in _mappings():
        is_base = mapping is modeling_auto.MODEL_MAPPING_NAMES
        for name in _names(mapping.get(model_type)):
            # The mappings of encoders of text and of images mostly repeat the base model.
            if not is_base and name in base:
                continue
            classes = found.setdefault(_base_task(model_type, name) if is_base else task, [])
            if name not in classes:
                classes.append(name)
    return found


def base_class(model_type: str) -> str:
    """The class without a head, or the first one with a head where there is none."""
    names = _names(modeling_auto.MODEL_MAPPING_NAMES.get(model_type))
    return names[0] if names else next(iter(classes_by_task(model_type).values()))[0]


def load_class(model_type: str, name: str) -> type[PreTrainedModel] | None:
    """The class of that name; `None` where transformers has but a dummy, as a package that it needs is not there."""
    try:
        found = modeling_auto.MODEL_MAPPING._load_attr_from_module(model_type, name)
    except ValueError:
        # In the table, but not among what its package exports: ask the module itself.
        module = CONFIG_MAPPING[model_type].__module__.replace(".configuration_", ".modeling_")
        found = getattr(importlib.import_module(module), name)
    return None if isinstance(found, DummyObject) else found


def prefix(model_class: type[PreTrainedModel]) -> str:
    """Where classes with a head keep the base model; empty where that depends on the config."""
    name = model_class.base_model_prefix
    return name if isinstance(name, str) else ""


def _base_task(model_type: str, name: str) -> str:
    model_class = load_class(model_type, name)
    return base_task(model_class) if model_class else "feature-extraction"


def _names(entry) -> tuple[str, ...]:
    if entry is None:
        return ()
    return (entry,) if isinstance(entry, str) else tuple(entry)


def _mappings() -> Iterator[tuple[str, dict]]:
    """(task, mapping of class names) of every mapping, in the order of transformers' file."""
    pipelines: dict[int, str] = {}
    for task, auto in auto_classes():
        pipelines.setdefault(id(auto._model_mapping._model_mapping), task)
    for name, mapping in MAPPINGS.items():
        yield pipelines.get(id(mapping)) or _kebab(name), mapping


def _kebab(mapping: str) -> str:
    name = mapping.removeprefix("MODEL_FOR_").removesuffix("_NAMES").removesuffix("_MAPPING")
    name = name.lower().replace("_", "-")
    return RENAMED.get(name, name)
