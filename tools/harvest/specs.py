"""Spec files: `"facts"` is their last key, and all of a file that is ever rewritten."""

import re
from pathlib import Path

from oracle.prettyjson import pretty

FOLDER = Path(__file__).parents[2] / "model_specs"
FACTS = re.compile(r',(\n+)  "facts": \{.*\}\n\}\n\Z', re.DOTALL)


def existing() -> dict[str, Path]:
    """Model type -> its file, in whatever folder it was put."""
    return {file.stem: file for folder in ("audio", "multimodal", "text", "vision") for file in files(FOLDER / folder)}


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def with_facts(text: str, facts: dict) -> str:
    """The text of a spec with other facts; not a byte before them changes."""
    found = FACTS.search(text)
    head = text[: found.start()] if found else text.removesuffix("\n}\n")
    gap = found.group(1) if found else "\n\n"
    return f'{head},{gap}  "facts": {pretty(facts, 2)}\n}}\n'


def new(identity: dict, facts: dict) -> str:
    """A spec that nobody has written yet."""
    return with_facts("{\n" + ",\n".join(f"  {line}" for line in _lines(identity)) + "\n}\n", facts)


def _lines(identity: dict) -> list[str]:
    return [f"{pretty(key)}: {pretty(value)}" for key, value in identity.items()]
