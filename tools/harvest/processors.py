"""What prepares a type's inputs, by the auto mappings, and the defaults of those classes."""

import enum
from typing import Any

import transformers
from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES
from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES
from transformers.models.auto.video_processing_auto import VIDEO_PROCESSOR_MAPPING_NAMES
from .build import MISSING_PACKAGE, one_line

MAPPINGS = {
    "tokenizer": TOKENIZER_MAPPING_NAMES,
    "image_processor": IMAGE_PROCESSOR_MAPPING_NAMES,
    "video_processor": VIDEO_PROCESSOR_MAPPING_NAMES,
    "feature_extractor": FEATURE_EXTRACTOR_MAPPING_NAMES,
    "processor": PROCESSOR_MAPPING_NAMES,
}
# Kinds whose parameters are a JSON file beside the checkpoint.
WITH_DEFAULTS = ("image_processor", "video_processor", "feature_extractor")


def facts(model_type: str) -> dict[str, str]:
    """Kind of processor -> class."""
    found = {kind: _class_name(mapping.get(model_type)) for kind, mapping in MAPPINGS.items()}
    return {kind: name for kind, name in found.items() if name}


def defaults(names: set[str]) -> tuple[dict[str, dict], dict[str, str]]:
    """Class -> what an instance without arguments writes to JSON; class -> why there is none."""
    found, failed = {}, {}
    for name in sorted(names):
        try:
            written = getattr(transformers, name)().to_dict()
        except ImportError:
            failed[name] = MISSING_PACKAGE
            continue
        except (ValueError, OSError) as error:
            failed[name] = one_line(error)
            continue
        found[name] = {key: _plain(value) for key, value in sorted(written.items()) if not key.endswith("_type")}
    return found, failed


def _class_name(entry: Any) -> str | None:
    # An image processor has an implementation for each library; the one of torchvision carries the plain name.
    if isinstance(entry, dict):
        return entry.get("torchvision") or entry.get("pil")
    return entry


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
