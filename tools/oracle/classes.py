"""Which model class stands for a task: read from transformers' own tables, never typed in."""

import re
import sys
from types import SimpleNamespace

from transformers import PreTrainedConfig, PreTrainedModel, pipelines
from transformers.models.auto import modeling_auto


# Heads that no pipeline uses.
WITHOUT_PIPELINE = (
    "audio-frame-classification",
    "audio-xvector",
    "backbone",
    "masked-image-modeling",
    "next-sentence-prediction",
    "pre-training",
    "text-encoding",
    "time-series-classification",
    "time-series-prediction",
    "time-series-regression",
)

# Heads that are in none of the tables, or second to another one, by the end of the class's name.
WITHOUT_TABLE = {
    "image-classification-with-teacher": "ForImageClassificationWithTeacher",
    "time-series-prediction": "ForPrediction",
}

# Auto classes that are not called after their task.
RENAMED = {"seq2seq-lm": "text2text-generation"}


def task_classes(config: PreTrainedConfig) -> dict[str, type[PreTrainedModel]]:
    """Task name -> class for the model type of `config`, the model without a head first.

    A class that serves several tasks appears under the first one of transformers' table.
    """
    base = _single(modeling_auto.AutoModel, config)
    found = {base_task(base): base} if base else {}
    for task, auto in auto_classes():
        model = _single(auto, config)
        if model is None or model in found.values() or task in found:
            continue
        # A table may name a class that holds a model of the type, and has a config of its own.
        if not isinstance(config, model.config_class):
            continue
        # An encoder's language-model head only makes sense once its config asks for a decoder.
        if auto is modeling_auto.AutoModelForCausalLM and getattr(config, "is_decoder", True) is False:
            continue
        found[task] = model
    for task, ending in WITHOUT_TABLE.items():
        name = base.__name__.removesuffix("Model") + ending if base else ""
        model = getattr(sys.modules[base.__module__], name, None) if base else None
        if model is not None and task not in found:
            found[task] = model
    return found


def auto_classes():
    """(task, auto class) of every pipeline, of the tasks whose pipeline transformers 5 dropped, of those without."""
    for task, entry in pipelines.SUPPORTED_TASKS.items():
        for auto in entry["pt"]:
            if auto is not modeling_auto.AutoModel:
                yield task, auto
    by_task = {}
    for name, auto in vars(modeling_auto).items():
        if name.startswith("AutoModelFor"):
            task = _kebab(name.removeprefix("AutoModelFor"))
            by_task[RENAMED.get(task, task)] = auto
    for task in (*pipelines.REMOVED_TASKS, *WITHOUT_PIPELINE):
        mapping = getattr(modeling_auto, f"MODEL_FOR_{task.replace('-', '_').upper()}_MAPPING", None)
        if task in by_task:
            yield task, by_task[task]
        elif mapping is not None:
            # A table that no auto class has.
            yield task, SimpleNamespace(_model_mapping=mapping)


def _single(auto, config: PreTrainedConfig) -> type[PreTrainedModel] | None:
    """The class that `auto` picks; the first where the mapping leaves a choice."""
    model = auto._model_mapping.get(type(config), None)
    return model[0] if isinstance(model, (tuple, list)) else model


def base_task(model: type[PreTrainedModel]) -> str:
    only_images = tuple(model.input_modalities) == ("image",)
    return "image-feature-extraction" if only_images else "feature-extraction"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
