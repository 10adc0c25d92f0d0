"""Everything that is known of the model types, put together."""

import inspect
from functools import cached_property

from transformers import PreTrainedConfig

from . import build, configs, field_facts, legacy, processors, tasks, tensors

# Arguments of `forward` that are no inputs: they steer what comes back, or training.
NO_INPUTS = {"self", "args", "kwargs", "labels", "output_attentions", "output_hidden_states", "return_dict", "use_cache"}


class Harvest:
    """The instances of all config classes, and what follows from them."""

    def __init__(self) -> None:
        self.default: dict[str, PreTrainedConfig] = {}
        self.tiny: dict[str, PreTrainedConfig] = {}
        self.exceptions: dict[str, dict[str, str]] = {}
        self.legacy_keys: dict[str, list[str]] = {}
        older = {}
        overrides = build.tiny_configs()
        for model_type, config_class in configs.classes().items():
            self._instance(self.default, model_type, config_class, {})
            if model_type in overrides:
                self._instance(self.tiny, model_type, config_class, overrides[model_type])
            older[model_type] = legacy.facts(config_class)
            if others := older[model_type].others:
                self.legacy_keys[model_type] = others
        observed = {
            model_type: [made[model_type] for made in (self.default, self.tiny) if model_type in made]
            for model_type in configs.classes()
        }
        self.types = field_facts.Types(observed, older)

    def _instance(self, made: dict, model_type: str, config_class: type, overrides: dict) -> None:
        try:
            made[model_type] = config_class(**overrides)
        except Exception as error:  # noqa: BLE001 - whatever a class raises is a fact about it
            name = "default config" if made is self.default else "tiny config"
            self.exceptions.setdefault(model_type, {})[name] = build.one_line(error)

    def config(self, model_type: str) -> dict:
        """The facts of a config alone."""
        found: dict = {"config": self.types.facts(model_type)}
        if model_type in self.legacy_keys:
            found["legacy"] = self.legacy_keys[model_type]
        return found

    @cached_property
    def built(self) -> dict[str, dict[str, dict]]:
        """Model type -> class -> its tiny model's tensors, or why there is none."""
        first_task = {}
        for model_type in tasks.model_types():
            classes = first_task.setdefault(model_type, {})
            for task, names in tasks.classes_by_task(model_type).items():
                for name in names:
                    classes.setdefault(name, task)
        built = build.build_all(first_task)
        for model_type, classes in built.items():
            for name, result in classes.items():
                if "error" in result:
                    self.exceptions.setdefault(model_type, {})[name] = result["error"]
        return built

    def model(self, model_type: str) -> dict:
        """All facts of a type that has a model."""
        base = tasks.base_class(model_type)
        loaded = {name: tasks.load_class(model_type, name) for name in self.built[model_type]}
        classes = {name: found for name, found in loaded.items() if found is not None}
        prefixes = {name: tasks.prefix(found) for name, found in classes.items()}
        by_task = tasks.classes_by_task(model_type)
        # A property among them depends on the config.
        tied = {name: found._tied_weights_keys for name, found in classes.items()}
        tied = {name: keys for name, keys in tied.items() if keys and not isinstance(keys, property)}
        found = self.config(model_type) | {
            "tasks": {task: names[0] if len(names) == 1 else names for task, names in by_task.items()},
            "inputs": _inputs(classes, base),
            "processors": processors.facts(model_type),
            "tied": tied,
            "tensors": tensors.facts(self.built[model_type], base, prefixes),
        }
        return {key: value for key, value in found.items() if value or key in ("config", "tasks")}


def _inputs(classes: dict[str, type], base: str) -> dict:
    """The main input, and the arguments of each class's `forward`."""
    main = classes[base].main_input_name if base in classes else None
    forward = {name: _arguments(found) for name, found in classes.items()}
    # Some classes choose it by their config.
    known = {} if main is None or isinstance(main, property) else {"main": main}
    return known | {"forward": {name: names for name, names in forward.items() if names}}


def _arguments(model_class: type) -> list[str]:
    return [name for name in inspect.signature(model_class.forward).parameters if name not in NO_INPUTS]
