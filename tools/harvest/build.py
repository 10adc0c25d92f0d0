"""The tiny model of each class of a type: what only an instance knows.

Building all of them takes about ten minutes, so each type's result is kept under `target/harvest/` until
transformers, the tiny config, the list of classes or this file changes.
"""

import hashlib
import json
import struct
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
import transformers
from oracle.cases import TASK_CONFIG
from transformers import CONFIG_MAPPING, PreTrainedConfig
from transformers.utils import logging

from .tasks import load_class

CACHE = Path(__file__).parents[2] / "target" / "harvest"
TINY_CONFIGS = Path(__file__).parents[1] / "oracle" / "tiny_configs.json"

MISSING_PACKAGE = "needs a package that is not installed"

# What a class asks for beyond the tiny config of its type.
CLASS_CONFIG = {
    "BeitForSemanticSegmentation": {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
    "PerceiverForImageClassificationFourier": {"num_cross_attention_heads": 1, "num_self_attention_heads": 1},
    "ReformerModelWithLMHead": {"is_decoder": True},
    "T5GemmaEncoderModel": {"is_encoder_decoder": False},
    "Wav2Vec2BertForCTC": {"vocab_size": 99},
    "Wav2Vec2ConformerForCTC": {"vocab_size": 99},
}


def tiny_configs() -> dict[str, dict]:
    """Keyword arguments of each type's config that make a small model."""
    return json.loads(TINY_CONFIGS.read_text())


def build_all(classes: dict[str, dict[str, str]]) -> dict[str, dict[str, dict]]:
    """Model type -> class -> `{"tensors": name -> shape}` or `{"error": text}`.

    `classes` gives each class of a type with the first task that it serves.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    tiny = tiny_configs()
    done, missing = {}, {}
    for model_type, tasks in classes.items():
        file = CACHE / f"{model_type}-{_key(tiny[model_type], tasks)}.json"
        if file.exists():
            done[model_type] = json.loads(file.read_text())
        else:
            missing[model_type] = file
    # A process of its own: what a model's import or constructor changes in torch stays there.
    with ProcessPoolExecutor(max_workers=1, initializer=_prepare) as pool:
        jobs = {t: pool.submit(_build_type, t, tiny[t], classes[t]) for t in missing}
        for model_type, job in jobs.items():
            done[model_type] = job.result()
            missing[model_type].write_text(json.dumps(done[model_type]))
    return done


def _key(overrides: dict, tasks: dict[str, str]) -> str:
    made_of = [transformers.__version__, Path(__file__).read_text(), json.dumps([overrides, tasks], sort_keys=True)]
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:16]


def _prepare() -> None:
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _build_type(model_type: str, overrides: dict, tasks: dict[str, str]) -> dict[str, dict]:
    extra = {name: TASK_CONFIG.get(task, {}) | CLASS_CONFIG.get(name, {}) for name, task in tasks.items()}
    return {name: _build(model_type, overrides | more, name) for name, more in extra.items()}


def _build(model_type: str, overrides: dict, class_name: str) -> dict:
    try:
        model_class = load_class(model_type, class_name)
        if model_class is None:
            return {"error": MISSING_PACKAGE}
        config = CONFIG_MAPPING[model_type](**overrides)
        model = model_class(_config_for(model_class, config))
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            return {"tensors": dict(sorted(_stored(Path(folder)).items()))}
    except Exception as error:  # noqa: BLE001 - whatever a constructor raises is a fact about it
        return {"error": one_line(error)}


def one_line(error: Exception) -> str:
    """An error as a list of exceptions shows it."""
    # What follows the first sentence is advice on how to install or a list of all types.
    text = " ".join(str(error).split()).partition(". ")[0]
    return f"{type(error).__name__}: {text}".removesuffix(": ")


def _config_for(model_class: type, config: PreTrainedConfig) -> PreTrainedConfig:
    """The part of a config that the class takes: a text model that belongs to a type of several modalities."""
    nested = [getattr(config, name) for name in config.sub_configs]
    return next((part for part in nested if type(part) is model_class.config_class), config)


def _stored(folder: Path) -> dict[str, list[int]]:
    """Shapes by checkpoint name, from the headers of the safetensors files."""
    shapes = {}
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as stream:
            (size,) = struct.unpack("<Q", stream.read(8))
            header = json.loads(stream.read(size))
        header.pop("__metadata__", None)
        shapes |= {name: entry["shape"] for name, entry in header.items()}
    return shapes
