"""The fields that every config has, told once."""

from typing import Any

from .configs import COMMON, declared_default

# The base class writes its annotations as text, and few fields are not what they say: `dtype` is an object of torch in
# Python but a name in files, and `labels` stands for the tables `id2label` and `label2id`, and for `num_labels`.
KINDS = {
    "transformers_version": "String?",
    "architectures": "[String]?",
    "output_hidden_states": "bool?",
    "return_dict": "bool?",
    "dtype": "String?",
    "chunk_size_feed_forward": "usize",
    "is_encoder_decoder": "bool",
    "id2label": "Labels",
    "label2id": None,
    "problem_type": "String?",
}


def facts() -> dict[str, dict[str, Any]]:
    """Field -> type, default, aliases."""
    if set(KINDS) != set(COMMON):
        raise ValueError(f"PreTrainedConfig has other fields than common.py: {sorted(set(KINDS) ^ set(COMMON))}")
    found: dict[str, dict[str, Any]] = {}
    for name, kind in KINDS.items():
        default = declared_default(COMMON[name])
        if kind is not None:
            found["labels" if kind == "Labels" else name] = {"type": kind} | _default(default)
    found["dtype"]["aliases"] = ["torch_dtype"]
    # A property in Python, under its own name in files.
    return found | {"output_attentions": {"type": "bool?", "default": False}}


def _default(value: Any) -> dict[str, Any]:
    return {} if value is None else {"default": value}
