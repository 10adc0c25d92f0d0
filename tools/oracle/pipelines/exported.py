"""Exports a folder's model as optimum does: torch's exporter, transformers' names, free batch and lengths.

The graph goes to `tests/exported/<folder>.onnx`; what it must compute is in the folder's `cases.json`.
"""

import inspect
import json
import tempfile
import warnings
from pathlib import Path

import torch
import transformers
from transformers import AutoImageProcessor, AutoTokenizer
from transformers.image_utils import load_image

from . import FOLDER
from .run import write_checkpoint

EXPORTED = FOLDER.parent / "exported"
# A file of weights has its price in a repository; tiny models stay below this.
MOST_BYTES = 175_000
# By the names of optimum's exports.
IMAGE_AXES = {
    "pixel_values": {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"},
    "pixel_mask": {0: "batch_size", 1: "height", 2: "width"},
}
TEXT_AXES = {0: "batch_size", 1: "sequence_length"}
# Of a model that compares images with texts, of which there need not be as many.
IMAGE_BATCH, TEXT_BATCH = {0: "image_batch_size"}, {0: "text_batch_size"}
TEXTS = ["Alice lives in Paris.", "The train from Vienna to Rome takes long."]


class Tensors(torch.nn.Module):
    """A model whose inputs come in a fixed order, and whose outputs are a tuple."""

    def __init__(self, model: torch.nn.Module, inputs: list[str], outputs: list[str]):
        super().__init__()
        self.model, self.inputs, self.outputs = model, inputs, outputs

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs = self.model(**dict(zip(self.inputs, inputs, strict=True)))
        return tuple(outputs[name] for name in self.outputs)


def export(name: str, folder: Path = EXPORTED) -> Path:
    """Writes the graph of `tests/pipelines/<name>/`."""
    with tempfile.TemporaryDirectory() as scratch:
        write_checkpoint(FOLDER / name, Path(scratch))
        config = json.loads((Path(scratch) / "config.json").read_text())
        model_class = getattr(transformers, config["architectures"][0])
        model = model_class.from_pretrained(scratch, dtype=torch.float32, attn_implementation="eager").eval()
        arguments = _example(Path(scratch), model)
    with torch.no_grad():
        outputs = model(**arguments)
    names = [name for name, value in outputs.items() if isinstance(value, torch.Tensor)]
    file = folder / f"{name}.onnx"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of sizes that it takes as fixed; those that are free are named below.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Tensors(model, list(arguments), names),
            tuple(arguments.values()),
            file,
            input_names=list(arguments),
            output_names=names,
            dynamic_axes=_axes(arguments, names),
            opset_version=18,
            dynamo=False,
        )
    return file


def _example(checkpoint: Path, model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """What the checkpoint's own processors make of two texts and of two images, as far as the model takes it."""
    made = {}
    if (checkpoint / "tokenizer.json").exists():
        made |= AutoTokenizer.from_pretrained(checkpoint)(TEXTS, padding=True, return_tensors="pt")
    if (checkpoint / "preprocessor_config.json").exists():
        image = load_image(str(FOLDER / "images" / "rgb.png"))
        processor = AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
        made |= processor(images=[image, image], return_tensors="pt")
    return {name: made[name] for name in inspect.signature(model.forward).parameters if name in made}


def _axes(inputs: dict[str, torch.Tensor], outputs: list[str]) -> dict[str, dict[int, str]]:
    """The axes that stay free."""
    axes = {name: IMAGE_AXES.get(name, TEXT_AXES) for name in inputs}
    if "input_ids" in inputs and "pixel_values" in inputs:
        axes = {name: own | (IMAGE_BATCH if name in IMAGE_AXES else TEXT_BATCH) for name, own in axes.items()}
        return axes | {"logits_per_image": IMAGE_BATCH | {1: "text_batch_size"}}
    return axes | {output: {0: "batch_size"} for output in outputs}


def record(names: list[str]) -> None:
    """Exports what is named, or anew what is there."""
    for name in names or sorted(file.stem for file in EXPORTED.glob("*.onnx")):
        check_size(name, export(name))


def check_size(name: str, file: Path) -> None:
    """Tells the size of a graph, and whether it is too large."""
    size = file.stat().st_size
    print(f"{name}: {size / 1024:.1f} KiB")
    if size > MOST_BYTES:
        print(f"  too large to be committed: more than {MOST_BYTES} bytes")
