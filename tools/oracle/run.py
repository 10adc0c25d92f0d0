"""Runs a model, and says whether its outputs can serve as a reference."""

import copy
from collections.abc import Iterator

import numpy as np
import torch
from transformers import GenerationConfig, PreTrainedModel

from .inputs import Run, token_ids

# A relative noise of the weights below float32's resolution may not show in an output...
NOISE, NOISE_LIMIT = 1e-6, 1e-4
# ...while one of a tenth must.
SHAKE, SHAKE_LEAST = 1e-1, 1e-2
# Two engines agree on the next token only where the two best logits are this far apart.
LOGIT_GAP = 1e-3


@torch.no_grad()
def forward(model: PreTrainedModel, run: Run) -> dict[str, torch.Tensor]:
    """The tensors of the ModelOutput by field name; those of a tuple as `name.0`, `name.1`. A loss is none of them."""
    # Of a copy: Swin's layers remember the smallest image that they have seen.
    return dict(_flatten(copy.deepcopy(model)(**run.arguments)))


def _flatten(output) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in output.items():
        if name == "loss":
            continue
        if isinstance(value, torch.Tensor):
            yield name, value.contiguous().clone()
        elif isinstance(value, (tuple, list)):
            for i, item in enumerate(value):
                if isinstance(item, torch.Tensor):
                    yield f"{name}.{i}", item.contiguous().clone()


def check_conditioning(model: PreTrainedModel, run: Run) -> None:
    """Raises when the outputs of `run` hide errors or blow up rounding."""
    shift = _shift(model, run, NOISE)
    if shift > NOISE_LIMIT:
        raise ValueError(f"ill-conditioned: weight noise {NOISE:g} moves an output by {shift:.1e}; try another seed")
    shift = _shift(model, run, SHAKE)
    if shift < SHAKE_LEAST:
        raise ValueError(f"insensitive: weight noise {SHAKE:g} moves no output by more than {shift:.1e}")


@torch.no_grad()
def _shift(model: PreTrainedModel, run: Run, noise: float) -> float:
    """The largest relative change of an output under multiplicative weight noise."""
    before = forward(model, run)
    saved = {name: value.clone() for name, value in model.state_dict().items()}
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.mul_(1 + noise * (2 * torch.rand(parameter.shape, generator=generator) - 1))
    after = forward(model, run)
    model.load_state_dict(saved)
    floats = [name for name, value in before.items() if value.is_floating_point()]
    return max(float((after[n] - before[n]).norm() / before[n].norm()) for n in floats)


def greedy_cases(model: PreTrainedModel, new_tokens: int = 16) -> Iterator[dict]:
    """A single prompt and a left-padded batch of two, each with an unmistakable continuation."""
    for lengths in ((6,), (8, 5)):
        yield _greedy_case(model, lengths, new_tokens)


def _greedy_case(model: PreTrainedModel, lengths: tuple[int, ...], new_tokens: int) -> dict:
    """The most varied continuation of 40 prompts; tied embeddings tend to repeat one token."""
    width = max(lengths)
    mask = torch.tensor([[0] * (width - n) + [1] * n for n in lengths])
    best, variety = None, 0
    for attempt in range(40):
        ids = token_ids(np.random.default_rng(attempt), model.config, mask.shape)
        ids = torch.where(mask.bool(), ids, model.config.pad_token_id or 0)
        sequences, gap = _greedy(model, ids, mask, new_tokens)
        distinct = min(len(set(row)) for row in sequences[:, width:].tolist())
        if gap > LOGIT_GAP and distinct > variety:
            best, variety = (ids, sequences), distinct
    if best is None:
        raise ValueError(f"no prompt with a logit gap above {LOGIT_GAP:g} at every step; try another seed")
    ids, sequences = best
    _check_generate(model, ids, mask, new_tokens, sequences)
    padding = {} if mask.all() else {"attention_mask": mask.tolist()}
    return {"input_ids": ids.tolist()} | padding | {"max_new_tokens": new_tokens, "sequences": sequences.tolist()}


@torch.no_grad()
def _greedy(model: PreTrainedModel, ids, mask, new_tokens: int) -> tuple[torch.Tensor, float]:
    """Greedy decoding without a cache, and the smallest lead of the winning logit."""
    gap = float("inf")
    for _ in range(new_tokens):
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits[:, -1]
        best = logits.topk(2)
        gap = min(gap, float((best.values[:, 0] - best.values[:, 1]).min()))
        ids = torch.cat([ids, best.indices[:, :1]], 1)
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
    return ids, gap


def _check_generate(model: PreTrainedModel, ids, mask, new_tokens: int, expected: torch.Tensor) -> None:
    model.generation_config = GenerationConfig(pad_token_id=model.config.pad_token_id or 0)
    got = model.generate(ids, attention_mask=mask, max_new_tokens=new_tokens, do_sample=False)
    if not torch.equal(got, expected):
        raise ValueError("generate() with its cache disagrees with decoding without one")
