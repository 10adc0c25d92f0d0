"""Write the table of image processor classes that the Rust image processor knows.

For every `*ImageProcessorPil` class of the installed transformers: its default settings, and whether its output is
that of the standard pipeline (convert, resize, crop, rescale, normalize, pad). That is found by running it: the class
and a plain `PilBackend` with the same settings must agree on several images and several settings. `extras` are the
settings that only the class knows; another value than the default one may well change its output.

    python harvest_image_classes.py > ../../skillset-runtime/src/processors/image/classes.json
"""

import importlib
import inspect
import json
import os
import pathlib
import resource
import sys

import numpy as np
import transformers
from PIL import Image
from transformers.image_processing_backends import PilBackend

STANDARD = [
    "do_convert_rgb", "do_resize", "size", "default_to_square", "resample", "do_center_crop", "crop_size",
    "do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std", "do_pad", "pad_size",
]  # fmt: skip
# Settings that say where and how to return the result, or concern segmentation maps, not what the pixels are.
IGNORED = ["return_tensors", "data_format", "input_data_format", "device", "disable_grouping", "do_reduce_labels",
           "image_seq_length", "num_labels"]  # fmt: skip
VARIANTS = [
    {},
    {"size": {"height": 40, "width": 30}},
    {"size": {"shortest_edge": 40}},
    {"size": {"shortest_edge": 40, "longest_edge": 60}},
]
CROP = [{"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": {"height": 32, "width": 36}}]


def pixels(cls, settings, image):
    try:
        output = cls(**settings)([image, image])
        return np.asarray(output["pixel_values"]) if set(output) == {"pixel_values"} else None
    except Exception:  # a class refuses some variants; that is no disagreement
        return None


def is_standard(cls, defaults, images, variants):
    plain = type("Plain", (PilBackend,), defaults)
    for settings in variants:
        for image in images:
            own, reference = pixels(cls, settings, image), pixels(plain, settings, image)
            if own is None and settings:
                continue
            if own is None or reference is None or not np.array_equal(own, reference):
                return False
    return True


def in_child(task):
    """Run `task` in a forked child: some classes make huge patch grids out of foreign settings, and die of it."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        try:
            os._exit(0 if task() else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def main():
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in ((70, 50), (33, 90), (300, 400))]
    table = {}
    models = pathlib.Path(transformers.__file__).parent / "models"
    for path in sorted(models.glob("*/image_processing_pil_*.py")):
        module = importlib.import_module(f"transformers.models.{path.parent.name}.{path.stem}")
        for name, cls in inspect.getmembers(module, inspect.isclass):
            if not name.endswith("ImageProcessorPil") or cls.__module__ != module.__name__:
                continue
            if not issubclass(cls, PilBackend):
                continue
            settings = {key: getattr(cls, key, None) for key in cls.valid_kwargs.__annotations__}
            defaults = {key: settings[key] for key in STANDARD if settings.get(key) is not None}
            extras = {key: settings[key] for key in settings if key not in (*STANDARD, *IGNORED)}
            standard = in_child(lambda: is_standard(cls, defaults, images, VARIANTS))
            if standard and not in_child(lambda: is_standard(cls, defaults, images, CROP)):
                extras["do_center_crop"] = False  # the class ignores the switch
            if "resample" in defaults:
                defaults["resample"] = int(defaults["resample"])
            entry = {"standard": True, "defaults": defaults, "extras": extras} if standard else {"standard": False}
            table[name.removesuffix("Pil")] = entry
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(table.items())]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
