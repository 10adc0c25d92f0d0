"""Text to text: what the pipelines did that transformers 5 dropped, as tokenizer, `generate` and decoding.

The parameters are a call's own, then those of the config's `task_specific_params`, then the checkpoint's, then those of the
pipelines.
"""

from pathlib import Path

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, LogitsProcessor, LogitsProcessorList

from .. import beams

# What the pipelines called their texts.
KEYS = {
    "text2text-generation": "generated_text",
    "summarization": "summary_text",
    "translation": "translation_text",
}
# The next token may not be in doubt.
LEAST_LOGIT_GAP = 1e-3


class LogitGap(LogitsProcessor):
    """Keeps the smallest lead of the best logit over a generation."""

    def __init__(self):
        self.smallest = float("inf")

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        best = scores.topk(2).values
        self.smallest = min(self.smallest, float((best[:, 0] - best[:, 1]).min()))
        return scores


def record(task: str, checkpoint: Path, cases: list[dict]) -> list[dict]:
    """The cases with their outputs."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    return [{**case, "output": [{KEYS[task]: text} for text in _texts(task, tokenizer, model, case)]} for case in cases]


def _texts(task: str, tokenizer, model, case: dict) -> list[str]:
    options = dict(case["options"])
    languages = options.pop("src_lang", None), options.pop("tgt_lang", None)
    truncation = options.pop("truncation", False)
    specific = getattr(model.config, "task_specific_params", None) or {}
    if task == "translation" and hasattr(tokenizer, "_build_translation_inputs"):
        source, target = languages[0] or tokenizer.src_lang, languages[1] or tokenizer.tgt_lang
        inputs = tokenizer._build_translation_inputs(
            case["input"], return_tensors="pt", truncation=truncation, src_lang=source, tgt_lang=target
        )
        parameters = {}
    else:
        name = f"translation_{languages[0]}_to_{languages[1]}" if any(languages) else task
        parameters = dict(specific.get(name, {}))
        prefix = parameters.pop("prefix", getattr(model.config, "prefix", None) or "")
        inputs = tokenizer(prefix + case["input"], truncation=truncation, return_tensors="pt")
    inputs.pop("token_type_ids", None)
    parameters |= options
    config = model.generation_config
    if config.num_beams is None:
        parameters = {"num_beams": 4} | parameters
    if config.max_length is None and "max_length" not in parameters:
        parameters = {"max_new_tokens": 256} | parameters
    gap = LogitGap()
    more = {"tokenizer": tokenizer} if "stop_strings" in options else {}
    if parameters.get("num_beams", config.num_beams) > 1:
        with beams.Gap(model) as gap:
            ids = model.generate(**inputs, **parameters, **more)
    else:
        ids = model.generate(**inputs, **parameters, **more, logits_processor=LogitsProcessorList([gap]))
    if gap.smallest <= LEAST_LOGIT_GAP:
        raise ValueError(f"what {case['input']!r} becomes depends on rounding")
    return [tokenizer.decode(row, skip_special_tokens=True, clean_up_tokenization_spaces=False) for row in ids]
