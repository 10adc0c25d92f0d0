"""Tiny checkpoints with real tokenizers and image processors, and what pipelines make of them.

Each file in `models/` describes one folder of `tests/pipelines/`; see the README beside this package.
"""

from pathlib import Path

FOLDER = Path(__file__).parents[3] / "tests" / "pipelines"
MODELS = Path(__file__).parent / "models"
