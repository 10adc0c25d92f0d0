"""What image processors make of the images: `pixel_values` by their PIL back end."""

import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoImageProcessor
from transformers.image_utils import load_image

from . import FOLDER

CONFIGS = Path(__file__).parent / "processors.json"
# As a pipeline loads them: converted to RGB.
IMAGES = ("rgb.png", "rgba.png", "gray.png", "palette.png")


def record() -> None:
    """Writes `tests/pipelines/image-processors/`: per config a JSON file and its pixel values by image."""
    folder = FOLDER / "image-processors"
    folder.mkdir(parents=True, exist_ok=True)
    for name, config in json.loads(CONFIGS.read_text()).items():
        text = json.dumps(config, indent=2) + "\n"
        (folder / f"{name}.json").write_text(text)
        with tempfile.TemporaryDirectory() as checkpoint:
            (Path(checkpoint) / "preprocessor_config.json").write_text(text)
            processor = AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
        values = {image: _pixels(processor, image) for image in IMAGES}
        metadata = {"class": type(processor).__name__}
        save_file(values, folder / f"{name}.safetensors", metadata=metadata)


def _pixels(processor, image: str) -> torch.Tensor:
    loaded = load_image(str(FOLDER / "images" / image))
    return processor(images=loaded, return_tensors="pt")["pixel_values"].contiguous()
