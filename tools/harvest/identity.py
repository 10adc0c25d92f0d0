"""What a new spec says of itself: title, modality, reference class, prefix. The file owns them from then on."""

import json
import re
from functools import cache
from pathlib import Path

from . import configs, tasks

# Parts of a family, by the end of the model type.
PARTS = {
    "text": "text model", "vision": "vision model", "audio": "audio model", "vision_model": "vision model",
    "text_model": "text model", "encoder": "encoder", "decoder": "decoder", "assistant": "assistant",
    "qformer": "Q-Former", "vqmodel": "VQ model",
}  # fmt: skip
# Types whose classes do not declare what they take in, or whose input is none of these kinds: by hand.
MODALITIES = {
    "aimv2": "multimodal",
    "blt": "text",
    "clvp": "multimodal",
    "csm": "audio",
    "decision_transformer": "multimodal",
    "evolla": "multimodal",
    "exaone4_5_vision": "vision",
    "gemma4_audio": "audio",
    "gemma4_vision": "vision",
    "glm_image_vqmodel": "vision",
    "higgs_audio_v2": "audio",
    "higgs_audio_v2_tokenizer": "audio",
    "minimax_m3_vl_text": "text",
    "mistral_large4_text": "text",
    "molmo2_text": "text",
    "moshi": "audio",
    "pe_audio": "multimodal",
    "pe_audio_video": "multimodal",
    "pe_audio_video_encoder": "multimodal",
    "pe_video": "multimodal",
    "perceiver": "multimodal",
    "qwen2_5_vl_vision": "vision",
    "sam3_lite_text_text_model": "text",
    "sam3_vision_model": "vision",
    "sam3_vit_model": "vision",
    "vibevoice": "audio",
}
# Tasks of models that hear or speak.
SOUND = ("automatic-speech-recognition", "rnnt", "text-to-audio")


@cache
def _titles() -> dict[str, str]:
    """Titles by hand, where the class's name is not how the authors write it."""
    return json.loads((Path(__file__).parent / "titles.json").read_text())


def identity(model_type: str) -> dict:
    """The keys above the facts in a spec of a type without an architecture."""
    base = tasks.base_class(model_type)
    model_class = tasks.load_class(model_type, base)
    prefix = tasks.prefix(model_class) if model_class else ""
    head = {"$schema": "../schema.json", "model_type": model_type, "title": title(model_type)}
    return head | {"modality": modality(model_type), "class": base} | ({"prefix": prefix} if prefix else {})


def title(model_type: str) -> str:
    known = _titles().get(model_type)
    if known:
        return known
    for part in sorted(PARTS, key=len, reverse=True):
        family = re.sub(f"[_-]{part}$", "", model_type)
        if family != model_type:
            return f"{title(family)} {PARTS[part]}"
    config_class = configs.classes().get(model_type)
    # A family's name need not be a model type itself.
    return config_class.__name__.removesuffix("Config") if config_class else model_type.capitalize()


def modality(model_type: str) -> str:
    """`text`, `vision`, `audio` or `multimodal`, by what the base model takes in and what its heads do."""
    if model_type in MODALITIES:
        return MODALITIES[model_type]
    kinds = inputs(model_type)
    speaks = any(task.startswith("audio-") or task in SOUND for task in tasks.classes_by_task(model_type))
    if kinds == {"audio"} or (kinds <= {"audio", "text"} and speaks):
        return "audio"
    if kinds <= {"image", "video"}:
        return "vision"
    return "text" if kinds == {"text"} else "multimodal"


def inputs(model_type: str) -> set[str]:
    """transformers' `input_modalities` of the base model; its main input decides where the class keeps "text"."""
    model_class = tasks.load_class(model_type, tasks.base_class(model_type))
    if model_class is None:
        return set()
    kinds = model_class.input_modalities
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    main = str(model_class.main_input_name)
    if kinds == {"text"} and main.startswith("pixel_values"):
        return {"image"}
    return {"audio"} if kinds == {"text"} and main == "input_values" else kinds
