"""Record what Pillow and transformers make of small images, for the unit tests of the Rust image processor.

    python record_images.py ../../skillset-runtime/src/processors/image/testdata
"""

import io
import json
import pathlib
import sys

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers.image_transforms import convert_to_rgb, get_resize_output_image_size, get_size_with_aspect_ratio
from transformers.image_utils import get_image_size_for_max_height_width


def synthetic(height, width, channels, seed):
    """An image that the tests can make too: a linear congruential generator, its high bytes."""
    state, out = seed, []
    for _ in range(height * width * channels):
        state = (state * 1664525 + 1013904223) % 2**32
        out.append(state >> 24)
    return np.array(out, dtype=np.uint8).reshape(height, width, channels)


def resampled():
    for code in range(6):
        for (height, width), (to_height, to_width) in (((23, 17), (9, 31)), ((12, 40), (30, 7)), ((7, 7), (8, 3)), ((64, 3), (5, 3))):
            for channels in (1, 3):
                pixels = synthetic(height, width, channels, code + 1)
                image = Image.fromarray(pixels.squeeze(-1) if channels == 1 else pixels)
                out = np.asarray(image.resize((to_width, to_height), resample=code))
                yield [code, channels, height, width, to_height, to_width, out.tobytes().hex()]


def sizes():
    for height, width in ((480, 640), (333, 500), (1, 7), (37, 37), (1001, 99), (600, 800)):
        image = np.zeros((3, height, width), dtype=np.uint8)
        for size in (224, 37, 600):
            out = get_resize_output_image_size(image, size, default_to_square=False, input_data_format="channels_first")
            yield ["short", size, 0, height, width, *out]
            for longest in (229, 1333, 640):
                yield ["edges", size, longest, height, width, *get_size_with_aspect_ratio((height, width), size, longest)]
                out = get_image_size_for_max_height_width((height, width), size, longest)
                yield ["within", size, longest, height, width, *out]


def processed():
    cases = [
        ("ViTImageProcessor", {}, (50, 70, 3)),
        ("CLIPImageProcessor", {}, (300, 200, 3)),
        ("CLIPImageProcessor", {"size": 37, "crop_size": [41, 30]}, (40, 52, 3)),
        ("ViTImageProcessor", {"do_resize": False, "do_normalize": False}, (5, 4, 3)),
        ("ViTImageProcessor", {"do_rescale": False, "resample": 3, "size": {"height": 9, "width": 5}}, (20, 21, 3)),
        ("ViTImageProcessor", {"size": {"height": 8, "width": 8}, "image_mean": [0.5], "image_std": 0.25}, (8, 8, 1)),
        ("SiglipImageProcessor", {"size": {"height": 16, "width": 12}}, (30, 33, 4)),
        ("BlipImageProcessor", {"size": {"height": 10, "width": 9}, "do_pad": True, "pad_size": {"height": 12, "width": 11}}, (8, 30, 3)),
        ("ViTImageProcessor", {"size": {"shortest_edge": 10, "longest_edge": 14}, "rescale_factor": 1 / 127.5}, (30, 61, 3)),
        ("BlipImageProcessor", {"size": {"max_height": 10, "max_width": 14}}, (61, 30, 3)),
    ]  # fmt: skip
    for seed, (name, settings, shape) in enumerate(cases):
        pixels = synthetic(*shape, seed)
        image = Image.fromarray(pixels.squeeze(-1) if shape[2] == 1 else pixels)
        out = getattr(transformers, name + "Pil")(**settings)([image], return_tensors="np")["pixel_values"]
        assert out.dtype == np.float32
        bits = out.reshape(-1).view(np.uint32)
        picked = bits[:: max(1, len(bits) // 40)]
        settings = {"image_processor_type": name, **settings}
        total = float(out.astype(np.float64).sum())
        yield {"settings": settings, "image": [*shape, seed], "shape": out.shape, "bits": picked.tolist(), "sum": total}


def files():
    def encode(image, format="PNG", **options):
        buffer = io.BytesIO()
        image.save(buffer, format, **options)
        return buffer.getvalue()

    rgb = Image.fromarray(synthetic(5, 6, 3, 1))
    grey = Image.fromarray(synthetic(5, 6, 1, 2).squeeze(-1))
    rgba = Image.fromarray(synthetic(16, 17, 4, 3))
    palette = rgb.quantize(7)
    deep = Image.fromarray((synthetic(5, 6, 1, 4).astype(np.uint16) * 3).squeeze(-1))
    smooth = Image.fromarray(synthetic(4, 5, 3, 5)).resize((40, 32), Image.BICUBIC)
    images = {
        "rgb": encode(rgb),
        "grey": encode(grey),
        "bits": encode(grey.convert("1")),
        "rgba": encode(rgba),
        "grey_alpha": encode(rgba.convert("LA")),
        "palette": encode(palette),
        "palette_transparent": encode(palette, transparency=3),
        "rgb_transparent": encode(rgb, transparency=rgb.getpixel((2, 2))),
        "grey16": encode(deep),
        "bmp": encode(rgb, "BMP"),
        "gif": encode(palette, "GIF"),
        "webp": encode(rgb, "WEBP", lossless=True),
        "jpeg_444": encode(smooth, "JPEG", quality=92, subsampling=0),
        "jpeg_420": encode(smooth, "JPEG", quality=92, subsampling=2),
        "jpeg_grey": encode(smooth.convert("L"), "JPEG", quality=92),
    }
    for name, data in images.items():
        image = Image.open(io.BytesIO(data))
        on_white = convert_to_rgb(image, return_numpy=True)
        plain = np.asarray(image.convert("RGB"))
        yield {"name": name, "file": data.hex(), "size": image.size[::-1], "on_white": on_white.tobytes().hex(), "plain": plain.tobytes().hex()}


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(exist_ok=True)
    print("Pillow", PIL.__version__, "transformers", transformers.__version__)
    for name, cases in (("resampled", resampled()), ("sizes", sizes()), ("processed", processed()), ("files", files())):
        lines = ",\n".join(json.dumps(case) for case in cases)
        (out / f"{name}.json").write_text(f"[\n{lines}\n]\n")


main()
