"""Exports a folder's model as optimum does: torch's exporter, transformers' names, free batch and lengths.

The graph goes to `tests/exported/<folder>.onnx`; what it must compute is in the folder's `cases.json`.
"""

import json
import tempfile
import warnings
from pathlib import Path

import torch
import transformers
from transformers.modeling_outputs import ModelOutput

from . import FOLDER
from .run import write_checkpoint

EXPORTED = FOLDER.parent / "exported"
# A file of weights has its price in a repository; tiny models stay below this.
MOST_BYTES = 100_000
# By the names of optimum's exports.
TEXT_AXES = {0: "batch_size", 1: "sequence_length"}
IMAGE_AXES = {0: "batch_size", 1: "num_channels", 2: "height", 3: "width"}


class Tensors(torch.nn.Module):
    """A model whose inputs come in a fixed order, and whose outputs are a tuple."""

    def __init__(self, model: torch.nn.Module, inputs: list[str]):
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.model(**dict(zip(self.inputs, inputs, strict=True))).to_tuple()


def export(name: str, folder: Path = EXPORTED) -> Path:
    """Writes the graph of `tests/pipelines/<name>/`."""
    with tempfile.TemporaryDirectory() as scratch:
        write_checkpoint(FOLDER / name, Path(scratch))
        config = json.loads((Path(scratch) / "config.json").read_text())
        model_class = getattr(transformers, config["architectures"][0])
        model = model_class.from_pretrained(scratch, dtype=torch.float32, attn_implementation="eager").eval()
    arguments, axes = _example(config)
    with torch.no_grad():
        outputs: ModelOutput = model(**arguments)
    names = list(outputs.keys())
    file = folder / f"{name}.onnx"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of sizes that it takes as fixed; those that are free are named below.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Tensors(model, list(arguments)),
            tuple(arguments.values()),
            file,
            input_names=list(arguments),
            output_names=names,
            dynamic_axes=dict.fromkeys(arguments, axes) | {output: {0: "batch_size"} for output in names},
            opset_version=18,
            dynamo=False,
        )
    return file


def _example(config: dict) -> tuple[dict[str, torch.Tensor], dict[int, str]]:
    """Arguments of the model's `forward`, and the axes that stay free."""
    generator = torch.Generator().manual_seed(0)
    if "vocab_size" not in config:
        shape = (2, config["num_channels"], config["image_size"], config["image_size"])
        return {"pixel_values": torch.randn(shape, generator=generator)}, IMAGE_AXES
    ids = torch.randint(0, config["vocab_size"], (2, 5), generator=generator)
    ones, zeros = torch.ones_like(ids), torch.zeros_like(ids)
    return {"input_ids": ids, "attention_mask": ones, "token_type_ids": zeros}, TEXT_AXES


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
