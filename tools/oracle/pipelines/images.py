"""The small images of the pipeline and processor fixtures: one of each kind that files come in."""

import numpy as np
from PIL import Image

from . import FOLDER


def draw() -> None:
    """Writes `tests/pipelines/images/`."""
    folder = FOLDER / "images"
    folder.mkdir(parents=True, exist_ok=True)
    _rgb(40, 28).save(folder / "rgb.png", optimize=True)

    rgba = _rgb(24, 30)
    rgba.putalpha(Image.fromarray(_ramp(24, 30)))
    rgba.save(folder / "rgba.png", optimize=True)

    Image.fromarray(_ramp(20, 31)).save(folder / "gray.png", optimize=True)
    _rgb(31, 17).quantize(16).save(folder / "palette.png", optimize=True)
    _rgb(48, 33).save(folder / "photo.jpg", quality=92)


def _rgb(width: int, height: int) -> Image.Image:
    """A colour gradient with a disc, stripes and some noise: smooth areas and sharp edges."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    red = 255 * x / (width - 1)
    green = np.where((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2, 220.0, 60.0)
    blue = 127 + 120 * np.sign(np.sin(y * 1.3))
    noise = np.random.default_rng(3).normal(0, 12, (height, width, 3))
    pixels = np.stack([red, green, blue], -1) + noise
    return Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8))


def _ramp(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return ((3 * x + 5 * y + 40 * ((x // 4 + y // 3) % 2)) % 256).astype(np.uint8)
