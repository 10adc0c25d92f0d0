"""The tiny configs, and the models that they make."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from transformers import AutoConfig, PreTrainedModel

from .checkpoint import Checkpoint, build
from .classes import task_classes

CONFIGS = Path(__file__).parent / "configs"

# Heads that fix the number of labels without saying so: a span has a start and an end.
TASK_CONFIG = {"question-answering": {"num_labels": 2}}


def load(model_type: str, configs: Path = CONFIGS) -> dict[str, dict]:
    """The cases of `<configs>/<model_type>.json` by name."""
    file = configs / f"{model_type}.json"
    if not file.exists():
        raise SystemExit(f"{file.name}: no tiny configs for model type {model_type!r}; add the file to {configs.name}/")
    return json.loads(file.read_text())


def one(model_type: str, name: str, configs: Path = CONFIGS) -> dict:
    """One case; ends the program with the list of them when there is none of that name."""
    known = load(model_type, configs)
    if name not in known:
        raise SystemExit(f"{model_type} has no case {name!r}, only {', '.join(known)}")
    return known[name]


def checkpoint(model_type: str, case: dict, task: str) -> Checkpoint:
    """The model of one task of a case."""
    known = []
    for name, _, built in checkpoints(model_type, case):
        if name == task:
            return built
        known.append(name)
    raise SystemExit(f"{model_type} has no task {task!r}, only {', '.join(known)}")


def checkpoints(model_type: str, case: dict) -> Iterator[tuple[str, type[PreTrainedModel], Checkpoint]]:
    """Builds the model of every task of a case, the one without a head first."""
    plain = AutoConfig.for_model(model_type, **case["config"])
    classes = task_classes(plain)
    wanted = [task for task in classes if task in case.get("tasks", classes)]
    for task in wanted:
        extra = TASK_CONFIG.get(task, {}) | case.get("task_config", {}).get(task, {})
        config = AutoConfig.for_model(model_type, **(case["config"] | extra))
        with tempfile.TemporaryDirectory() as folder:
            patch, seed = case.get("written_as", {}), case.get("seed", 0)
            yield task, classes[task], build(classes[task], config, patch, seed, Path(folder))
