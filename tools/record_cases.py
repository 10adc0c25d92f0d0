"""Fills in what transformers' pipeline gives for the cases of a skill.

    python tools/record_cases.py TASK FILE

rewrites FILE, which `cases = "…"` of `#[skillset]` names: a JSON list of objects with `checkpoint`, `input` and
perhaps `options` and `tolerance`, each of which gets its `expected`. Run it in the folder of the crate, since
directories and images are relative to that. It is for tasks whose results the pipeline gives in the same form as
`skillset run --json`; generated text has more there than the pipeline says.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoImageProcessor, pipeline


def load(task: str, checkpoint: str):
    """The task's pipeline in single precision, on PIL's way to resize images."""
    processor = {}
    if task.startswith("image-"):
        processor["image_processor"] = AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    return pipeline(task, model=checkpoint, dtype=torch.float32, device="cpu", **processor)


def main(task: str, file: Path) -> None:
    """Runs every case; a checkpoint is loaded once."""
    cases, pipes = json.loads(file.read_text()), {}
    for case in cases:
        checkpoint = case["checkpoint"]
        if checkpoint not in pipes:
            pipes[checkpoint] = load(task, checkpoint)
        case["expected"] = pipes[checkpoint](case["input"], **case.get("options", {}))
    file.write_text(json.dumps(cases, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
