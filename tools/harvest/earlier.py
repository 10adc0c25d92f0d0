"""The names of an older list of model types, and what each is today."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parent


def resolve(model_types: set[str]) -> dict[str, dict[str, str]]:
    """Name -> `type` where it is one, `alias` of a type with the reason, or a `note` why there is none.

    A name that is a type's up to case and punctuation stands for it; the rest is decided in `earlier_names.json`.
    """
    by_spelling = {_letters(model_type): model_type for model_type in sorted(model_types)}
    by_hand = json.loads((FOLDER / "earlier_names.json").read_text())
    return {name: _resolve(name, model_types, by_spelling, by_hand) for name in _names()}


def _names() -> list[str]:
    return (FOLDER / "earlier_names.txt").read_text().split()


def _resolve(name: str, model_types: set[str], by_spelling: dict[str, str], by_hand: dict) -> dict[str, str]:
    if name in model_types:
        return {"type": name}
    if name in by_hand:
        target = by_hand[name].get("alias")
        if target is not None and target not in model_types:
            raise ValueError(f"earlier_names.json: {name} is said to be {target}, which is no model type")
        return by_hand[name]
    if _letters(name) in by_spelling:
        return {"alias": by_spelling[_letters(name)], "why": "another spelling"}
    raise ValueError(f"earlier_names.json: {name} is no model type; say what it is")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
