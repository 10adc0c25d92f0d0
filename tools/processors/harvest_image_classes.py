"""Write the table of image processor classes that the Rust image processor knows.

For every `*ImageProcessorPil` class of the installed transformers: its default settings, and whether its output is
that of the standard pipeline (convert, resize, crop, rescale, normalize, pad). That is found by running it: the class
and a plain `PilBackend` with the same settings must agree on several images and several settings. `resize` names the
rule of the classes that resize differently (`RESIZES`), `pad` of those that pad to a square first. `extras` are the settings that only the class knows; another
value than the default one may well change its output. `detection` says how the class makes detections of a detector's
outputs, `segmentation` how it makes segments, which is found by running it as well.

    python harvest_image_classes.py > ../../skillset-runtime/src/processors/image/classes.json
"""

import importlib
import inspect
import json
import os
import pathlib
import resource
import sys
from types import SimpleNamespace

import numpy as np
import torch
import transformers
from PIL import Image
from transformers.image_processing_backends import PilBackend
from transformers.image_utils import SizeDict
from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil
from transformers.models.yolos.image_processing_pil_yolos import get_size_with_aspect_ratio_yolos

STANDARD = [
    "do_convert_rgb", "do_resize", "size", "default_to_square", "resample", "do_center_crop", "crop_size",
    "do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std", "do_pad", "pad_size",
]  # fmt: skip
# Settings that say where and how to return the result, or concern segmentation maps, not what the pixels are.
IGNORED = ["return_tensors", "data_format", "input_data_format", "device", "disable_grouping", "do_reduce_labels",
           "image_seq_length", "num_labels", "annotations", "masks_path", "return_segmentation_masks", "format",
           "do_convert_annotations", "mask_size", "mask_pad_size"]  # fmt: skip
# What a class may give: pixels, which of them are no padding, and what sizes images had.
OUTPUTS = {"pixel_values", "pixel_mask", "original_sizes", "reshaped_input_sizes"}
VARIANTS = [
    {},
    {"size": {"height": 40, "width": 30}},
    {"size": {"shortest_edge": 40}},
    {"size": {"shortest_edge": 40, "longest_edge": 60}},
]
# Of the classes that take the share of an image to crop.
SHARES = [{"size": {"shortest_edge": 40}, "crop_pct": 0.7}, {"size": {"shortest_edge": 400}, "crop_pct": 0.7}]
# Of the classes that take the long edge alone.
LONG_EDGES = [{"size": {"longest_edge": 64}, "pad_size": {"height": 64, "width": 70}}]
CROP = [{"size": {"shortest_edge": 40}, "do_center_crop": True, "crop_size": {"height": 32, "width": 36}}]


def pixels(cls, settings, image):
    try:
        output = cls(**settings)([image, image])
        return np.asarray(output["pixel_values"]) if set(output) <= OUTPUTS else None
    except Exception:  # a class refuses some variants; that is no disagreement
        return None


class CropShare(PilBackend):
    """Resizes by more than is asked for and cuts the centre out, or squeezes large images."""

    crop_pct = 224 / 256
    valid_kwargs = ConvNextImageProcessorPil.valid_kwargs

    def _preprocess(self, images, size, resample, crop_pct, do_center_crop, crop_size, **kwargs):
        edge = size.shortest_edge
        if do_center_crop:
            raise ValueError("two crops")
        size = SizeDict(shortest_edge=int(edge / crop_pct)) if edge < 384 else SizeDict(height=edge, width=edge)
        crop = {"do_center_crop": edge < 384, "crop_size": SizeDict(height=edge, width=edge)}
        return super()._preprocess(images=images, size=size, resample=resample, **crop, **kwargs)


class MultiplesOf16(PilBackend):
    """Sides that follow from the short edge are rounded down."""

    def resize(self, image, size, resample=None, **kwargs):
        if size.shortest_edge and size.longest_edge:
            height, width = get_size_with_aspect_ratio_yolos(image.shape[-2:], size.shortest_edge, size.longest_edge)
            size = SizeDict(height=height, width=width)
        return super().resize(image, size, resample, **kwargs)


class LongestEdge(PilBackend):
    """The long edge gets the length that is asked for, whether the image grows or shrinks, and sides are rounded."""

    def resize(self, image, size, resample=None, **kwargs):
        scale = size.longest_edge / max(image.shape[-2:])
        height, width = (int(side * scale + 0.5) for side in image.shape[-2:])
        return super().resize(image, SizeDict(height=height, width=width), resample, **kwargs)


RESIZES = {
    None: (PilBackend, []),
    "crop_share": (CropShare, SHARES),
    "multiples_of_16": (MultiplesOf16, []),
    "longest_edge": (LongestEdge, LONG_EDGES),
}


def is_standard(cls, base, defaults, images, variants):
    plain = type("Plain", (base,), defaults)
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


def detection(cls):
    """How the class makes detections: each query's best class but the last, or the best pairs of query and class."""
    if not hasattr(cls, "post_process_object_detection"):
        return None
    generator = torch.Generator().manual_seed(0)
    logits, boxes = torch.randn(1, 150, 5, generator=generator), torch.rand(1, 150, 4, generator=generator)
    try:
        found = cls().post_process_object_detection(SimpleNamespace(logits=logits, pred_boxes=boxes), threshold=0.0)
    except Exception:  # a class wants other outputs
        return None
    scores = found[0]["scores"]
    best = logits[0].softmax(-1)[:, :-1].max(-1).values
    if torch.equal(scores, best):
        return "best_class"
    if torch.equal(scores, logits.sigmoid().flatten().topk(len(scores)).values):
        return {"best_pairs": None if len(scores) == 150 else len(scores)}
    return None


def segmentation(cls):
    """How the class makes segments: of queries that have a class and a mask each."""
    if not hasattr(cls, "post_process_panoptic_segmentation"):
        return None
    generator = torch.Generator().manual_seed(0)
    outputs = SimpleNamespace(
        logits=torch.randn(1, 9, 4, generator=generator), pred_masks=torch.randn(1, 9, 6, 5, generator=generator)
    )
    try:
        cls().post_process_panoptic_segmentation(outputs, threshold=0.3, target_sizes=[(8, 9)])
    except Exception:  # a class wants other outputs
        return None
    return "queries"


def longest_edge(cls):
    """What limits the long edge where a size is a number."""
    try:
        return cls(size=40).size.longest_edge
    except Exception:
        return None


def main():
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in ((70, 50), (33, 90), (300, 400))]
    table, classes = {}, []
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
            for resize, (base, variants) in RESIZES.items():
                own = {"crop_pct": cls.crop_pct} if resize == "crop_share" and hasattr(cls, "crop_pct") else {}
                variants = [*(VARIANTS if resize != "crop_share" else VARIANTS[:1]), *variants]
                standard = in_child(lambda: is_standard(cls, base, defaults | own, images, variants))
                if standard:
                    break
            if standard and not in_child(lambda: is_standard(cls, base, defaults, images, CROP)):
                extras["do_center_crop"] = False  # the class ignores the switch
            if "resample" in defaults:
                defaults["resample"] = int(defaults["resample"])
            if longest := longest_edge(cls):
                defaults["max_size"] = longest
            for key in own:
                defaults[key] = extras.pop(key)
            entry = {"standard": True, "defaults": defaults, "extras": extras} if standard else {"standard": False}
            if standard and resize:
                entry["resize"] = resize
            if standard and hasattr(cls, "pad_to_square"):
                entry["pad"] = "square"
            table[name.removesuffix("Pil")] = entry
            classes.append(cls)
    # Not before the last fork: a child of a process whose torch has threads may wait for them forever.
    for cls in classes:
        if how := detection(cls):
            table[cls.__name__.removesuffix("Pil")]["detection"] = how
        if how := segmentation(cls):
            table[cls.__name__.removesuffix("Pil")]["segmentation"] = how
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(table.items())]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
