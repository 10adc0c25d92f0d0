"""Time series, for which transformers has classes but no pipelines: what these classes compute of a series."""

from pathlib import Path

import torch
from transformers import AutoConfig, PreTrainedModel

from ..classes import task_classes

TASKS = ("time-series-classification", "time-series-prediction", "time-series-regression")


@torch.no_grad()
def record(task: str, checkpoint: Path, cases: list[dict]) -> list[dict]:
    """The cases with their outputs."""
    config = AutoConfig.from_pretrained(checkpoint)
    model = task_classes(config)[task].from_pretrained(checkpoint, dtype=torch.float32).eval()
    of = {"time-series-classification": _classes, "time-series-prediction": _forecast, "time-series-regression": _estimate}
    inputs = [_inputs(config.context_length, case["input"]) for case in cases]
    return [{**case, "output": of[task](model, given, **case["options"])} for case, given in zip(cases, inputs)]


def _inputs(length: int, rows: list) -> dict[str, torch.Tensor]:
    """The last rows, in which null is what was not observed."""
    rows = [row if isinstance(row, list) else [row] for row in rows[-length:]]
    values = torch.tensor([[float("nan") if value is None else value for value in row] for row in rows])[None]
    observed = ~values.isnan()
    return {"past_values": values.nan_to_num(0.0), "past_observed_mask": observed}


def _classes(model: PreTrainedModel, inputs: dict, top_k: int | None = None) -> list[dict]:
    scores = model(**inputs).prediction_logits[0].softmax(-1)
    ranked = scores.argsort(descending=True).tolist()[:top_k]
    return [{"label": model.config.id2label.get(at, f"LABEL_{at}"), "score": scores[at].item()} for at in ranked]


def _forecast(model: PreTrainedModel, inputs: dict) -> dict:
    outputs = model(**inputs)
    return _moments(model, outputs.prediction_outputs, loc=outputs.loc, scale=outputs.scale)


def _estimate(model: PreTrainedModel, inputs: dict) -> dict:
    found = _moments(model, model(**inputs).regression_outputs)
    # The parameters of a single target have no axis for it.
    return {name: value if isinstance(value, list) else [value] for name, value in found.items()}


def _moments(model: PreTrainedModel, predicted, **scaling: torch.Tensor) -> dict:
    if not model.distribution_output:
        return {"mean": predicted[0].tolist()}
    distribution = model.distribution_output.distribution(predicted, **scaling)
    return {"mean": distribution.mean[0].tolist(), "deviation": distribution.stddev[0].tolist()}
