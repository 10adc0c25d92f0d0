"""Writes the checkpoint part of a folder: config.json, fixture.json and the processor's files."""

import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForSeq2SeqLM, PreTrainedConfig, PreTrainedModel, pipelines

from ..checkpoint import Checkpoint, build
from ..classes import task_classes
from ..prettyjson import pretty
from ..weights import Rule, rule_for
from . import FOLDER, MODELS, seq2seq, series

# Random weights hardly prefer one label to another; wider heads make the ranking unmistakable.
HEADS = (
    "classifier.", "qa_outputs.", "lm_head.", "class_labels_classifier.", "class_embed.", "detr.class_labels_classifier.",
    "mask_head.out_lay.", "language_model.lm_head.", "cls_classifier.", "distillation_classifier.",
)  # fmt: skip
WIDER = 4.0
# Parts of a description that become files of the checkpoint.
PARTS = {
    "image_processor": "preprocessor_config.json",
    "processor": "processor_config.json",
    "generation_config": "generation_config.json",
}


def names() -> list[str]:
    return sorted(file.stem for file in MODELS.glob("*.json"))


def can_record(name: str) -> bool:
    """Whether this transformers still has the task's pipeline, or it is one of those that `seq2seq` and `series` replace."""
    task = json.loads((MODELS / f"{name}.json").read_text())["task"]
    return task in (*pipelines.SUPPORTED_TASKS, *seq2seq.KEYS, *series.TASKS)


def write(name: str) -> Path:
    """Writes the files of `models/<name>.json` and returns their folder."""
    spec = json.loads((MODELS / f"{name}.json").read_text())
    task, config = spec["task"], AutoConfig.for_model(spec["model_type"], **spec["config"])
    model_class = _model_class(spec, config)
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = build(model_class, config, {}, 0, Path(scratch), _rule)

    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write_json(folder / "config.json", checkpoint.config)
    files = []
    if "tokenizer" in spec:
        files += [f"../tokenizers/{spec['tokenizer']}/{file}" for file in _tokenizer_files(spec["tokenizer"])]
    for part, file in PARTS.items():
        if part in spec:
            _write_json(folder / file, spec[part])
            files.append(file)
    write_fixture(folder, task, checkpoint, spec["model_type"], 0, files)
    return folder


def write_fixture(folder: Path, task: str, checkpoint: Checkpoint, model_type: str, seed: int, files: list[str]) -> None:
    """Writes what weights the checkpoint has that `folder` is called after, and which `files` belong to it."""
    fixture = {
        "model_type": model_type,
        "case": folder.name,
        "transformers": transformers.__version__,
        "torch": torch.__version__.split("+")[0],
        "seed": seed,
        "files": files,
        "tasks": {
            task: {
                "class": type(checkpoint.model).__name__,
                "config_overrides": {},
                "tensors": [[0, len(checkpoint.tensors)]],
            }
        },
        "tensors": checkpoint.tensors,
    }
    (folder / "fixture.json").write_text(pretty(fixture) + "\n")


def _model_class(spec: dict, config: PreTrainedConfig) -> type[PreTrainedModel]:
    """The class that a description names, or else the first one of the task."""
    if "class" in spec:
        return getattr(transformers, spec["class"])
    return task_classes(config).get(spec["task"]) or _pipeline_class(spec["task"], config)


def _pipeline_class(task: str, config: PreTrainedConfig) -> type[PreTrainedModel]:
    """The class of a task that shares it with another task, such as zero-shot-classification."""
    auto = AutoModelForSeq2SeqLM if task in seq2seq.KEYS else pipelines.SUPPORTED_TASKS[task]["pt"][0]
    return auto._model_mapping[type(config)]


def _rule(name: str, shape: tuple[int, ...]) -> Rule:
    rule = rule_for(name, shape)
    return Rule(rule.center, rule.half_range * WIDER) if name.startswith(HEADS) else rule


def _tokenizer_files(tokenizer: str) -> list[str]:
    names = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    return [name for name in names if (FOLDER / "tokenizers" / tokenizer / name).exists()]


def _write_json(file: Path, value: dict) -> None:
    file.write_text(json.dumps(value, indent=2) + "\n")
