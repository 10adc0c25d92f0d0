"""JSON that people can read and diff: whatever fits on a line stays on it."""

import json
import re
import textwrap

WIDTH = 120


def pretty(value, indent: int = 0) -> str:
    """Like `json.dumps`, breaking only what does not fit within `WIDTH` columns."""
    flat = json.dumps(value, ensure_ascii=False)
    if indent + len(flat) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + 2
    if isinstance(value, list) and all(map(_is_word, value)):
        filled = textwrap.fill(flat[1:-1], WIDTH - inner, break_long_words=False)
        return "[" + filled.replace("\n", "\n" + " " * inner) + "]"
    if isinstance(value, dict):
        items = [f"{json.dumps(k, ensure_ascii=False)}: {pretty(v, inner)}" for k, v in value.items()]
    else:
        items = [pretty(v, inner) for v in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(" " * inner + item for item in items)
    return f"{opening}\n{lines}\n{' ' * indent}{closing}"


def _is_word(value) -> bool:
    """Whether it is a number or a name: short, and without a space at which a line could break."""
    return isinstance(value, (int, float)) or (isinstance(value, str) and re.fullmatch(r"\w+", value) is not None)
