"""Texts with images: calls of the pipeline, with the tokens that it generated."""

import torch
from transformers import AutoImageProcessor, AutoProcessor, LogitsProcessorList

from .. import beams
from . import FOLDER
from .seq2seq import LEAST_LOGIT_GAP, LogitGap

TASK = "image-text-to-text"
# What the pipeline takes by itself; everything else it hands to `generate`.
OWN = ("max_new_tokens", "return_full_text", "skip_special_tokens", "continue_final_message")


def processor(checkpoint: str):
    """The checkpoint's processor, with images by the PIL back end, which is the reference."""
    made = AutoProcessor.from_pretrained(checkpoint)
    made.image_processor = AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    return made


def call(pipe, value, options: dict) -> list[dict]:
    """What the pipeline says of `value`, whose images are paths from the folder or base64, and the tokens of it."""
    own = {name: options[name] for name in OWN if name in options}
    kwargs = {name: option for name, option in options.items() if name not in OWN}
    if "stop_strings" in kwargs:
        kwargs["tokenizer"] = pipe.processor.tokenizer
    ids, texts = [], []
    generate = pipe.model.generate

    def watched(*args, **inputs):
        output = generate(*args, **inputs)
        # Behind the end of one that is shorter than others there is padding.
        ids.extend(_trimmed(row, inputs["input_ids"].shape[1], pipe.model.generation_config) for row in output)
        return output

    pipe.model.generate = watched
    try:
        if kwargs.get("num_beams", 1) > 1:
            with beams.Gap(pipe.model) as gap:
                texts = pipe(_located(value), generate_kwargs=kwargs, **own)
        else:
            gap = LogitGap()
            kwargs["logits_processor"] = LogitsProcessorList([gap])
            texts = pipe(_located(value), generate_kwargs=kwargs, **own)
    finally:
        pipe.model.generate = generate
    if gap.smallest <= LEAST_LOGIT_GAP:
        raise ValueError(f"the continuation of {value!r} depends on rounding")
    return [{**_relative(text), "token_ids": row} for text, row in zip(texts, ids, strict=True)]


def _trimmed(row: torch.Tensor, prompt: int, config) -> list[int]:
    new = row[prompt:].tolist()
    ends = [at for at, token in enumerate(new) if token == config.eos_token_id]
    return new[: ends[0] + 1] if ends else new


def _located(value):
    """With the paths of images from where they are."""
    if isinstance(value, dict):
        return {key: _located(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_located(item) for item in value]
    return str(FOLDER / value) if isinstance(value, str) and value.startswith("images/") else value


def _relative(value):
    """As the case has it."""
    if isinstance(value, dict):
        return {key: _relative(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_relative(item) for item in value]
    return value.removeprefix(f"{FOLDER}/") if isinstance(value, str) else value
