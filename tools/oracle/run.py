"""Runs a model, and says whether its outputs can serve as a reference."""

import copy
import inspect
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from transformers import GenerationConfig, GenerationMixin, PreTrainedModel

from .inputs import Run, text_config, token_ids

# A relative noise of the weights below float32's resolution may not show in an output...
NOISE, NOISE_LIMIT = 1e-6, 1e-4
# ...while one of a tenth must.
SHAKE, SHAKE_LEAST = 1e-1, 1e-2
# Two engines agree on the next token only where the two best logits are this far apart.
LOGIT_GAP = 1e-3


@torch.no_grad()
def forward(model: PreTrainedModel, run: Run) -> dict[str, torch.Tensor]:
    """The tensors of the ModelOutput by field name; those of a tuple as `name.0`, `name.1`.

    A loss is none of them, nor are the states of all layers where a run does not ask for them but a head hands them on.
    """
    left_out = ["loss"] if run.flags.get("output_hidden_states") else ["loss", "hidden_states"]
    # Of a copy: Swin's layers remember the smallest image that they have seen.
    output = copy.deepcopy(model)(**_arguments(model, run))
    return dict(_flatten({name: value for name, value in output.items() if name not in left_out}))


def _arguments(model: PreTrainedModel, run: Run) -> dict:
    """Those of `forward`: an encoder's states are an output of it where they are not an argument of their own."""
    arguments = dict(run.arguments)
    if "encoder_hidden_states" in arguments and "encoder_outputs" in inspect.signature(model.forward).parameters:
        arguments["encoder_outputs"] = (arguments.pop("encoder_hidden_states"),)
    return arguments


def _flatten(output: dict) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in output.items():
        if isinstance(value, torch.Tensor):
            yield name, value.contiguous().clone()
        elif isinstance(value, (tuple, list)):
            for i, item in enumerate(value):
                if isinstance(item, torch.Tensor):
                    yield f"{name}.{i}", item.contiguous().clone()


def check_conditioning(model: PreTrainedModel, run: Run, limit: float = NOISE_LIMIT) -> None:
    """Raises when the outputs of `run` hide errors or blow up rounding."""
    shift = _shift(model, run, NOISE)
    if shift > limit:
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
    return max(_change(before[name], after[name]) for name, value in before.items() if value.is_floating_point())


def _change(before: torch.Tensor, after: torch.Tensor) -> float:
    """The relative change of what is finite; without limit where something else is infinite than before."""
    finite = before.isfinite()
    if not torch.equal(before[~finite], after[~finite]):
        return math.inf
    return float((after[finite] - before[finite]).norm() / before[finite].norm())


def greedy_cases(model: PreTrainedModel, run: Run, new_tokens: int = 16) -> Iterator[dict]:
    """A single prompt and a padded batch of two, each with an unmistakable continuation.

    Prompts are padded on the left; those of an encoder, whose decoder begins anew, on the right. Behind an encoder of
    something else than text, it is what `run` gave to it; where a prompt may have images, there are those of `run`, too.
    """
    if model.main_input_name != "input_ids":
        yield _case_behind(model, run, new_tokens)
        return
    if "pixel_values" in run.inputs:
        yield _case_with_images(model, run, new_tokens)
    for lengths in ((6,), (8, 5)):
        yield _greedy_case(model, lengths, new_tokens)


def _greedy_case(model: PreTrainedModel, lengths: tuple[int, ...], new_tokens: int) -> dict:
    width = max(lengths)
    mask = torch.tensor([[0] * (width - n) + [1] * n for n in lengths])
    is_encoder_decoder = model.config.is_encoder_decoder
    if is_encoder_decoder:
        mask = mask.flip(1)

    config = text_config(model)

    def attempt(random: np.random.Generator):
        ids = token_ids(random, config, mask.shape)
        ids = torch.where(mask.bool(), ids, config.pad_token_id or 0)
        if is_encoder_decoder:
            start = torch.full((len(ids), 1), model.config.decoder_start_token_id)
            return ids, *_greedy_behind(model, {"input_ids": ids, "attention_mask": mask}, start, new_tokens)
        return ids, *_greedy(model, ids, mask, new_tokens)

    ids, sequences = _most_varied(attempt, new_tokens)
    _check_generate(model, sequences, new_tokens, inputs=ids, attention_mask=mask)
    padding = {} if mask.all() else {"attention_mask": mask.tolist()}
    return {"input_ids": ids.tolist()} | padding | {"max_new_tokens": new_tokens, "sequences": sequences.tolist()}


def _case_with_images(model: PreTrainedModel, run: Run, new_tokens: int) -> dict:
    """The prompts of `run` with its images, and with other words around them."""
    given, mask = run.inputs["input_ids"], run.inputs["attention_mask"]
    image, images = model.config.image_token_id, {"pixel_values": run.inputs["pixel_values"]}
    is_word = (given != image) & mask.bool()

    def attempt(random: np.random.Generator):
        words = token_ids(random, text_config(model), given.shape)
        ids = torch.where(is_word & (words != image), words, given)
        sequences, gap = _greedy(model, ids, mask, new_tokens, image, **images)
        return ids, sequences, gap

    ids, sequences = _most_varied(attempt, new_tokens)
    _check_generate(model, sequences, new_tokens, inputs=ids, attention_mask=mask, **images)
    return {
        "run": run.name,
        "input_ids": ids.tolist(),
        "attention_mask": mask.tolist(),
        "max_new_tokens": new_tokens,
        "sequences": sequences.tolist(),
    }


def _case_behind(model: PreTrainedModel, run: Run, new_tokens: int) -> dict:
    """Prompts of three tokens for a decoder behind an encoder that has read what is no text."""
    read = {name: value for name, value in run.inputs.items() if not name.startswith("decoder_")}
    rows = len(read[model.main_input_name])

    def attempt(random: np.random.Generator):
        start = torch.full((rows, 1), model.config.decoder_start_token_id)
        prompt = torch.cat([start, token_ids(random, model.config, (rows, 2))], 1)
        return prompt, *_greedy_behind(model, read, prompt, new_tokens)

    prompt, sequences = _most_varied(attempt, new_tokens)
    _check_generate(model, sequences, new_tokens, **read, decoder_input_ids=prompt)
    return {
        "run": run.name,
        "decoder_input_ids": prompt.tolist(),
        "max_new_tokens": new_tokens,
        "sequences": sequences.tolist(),
    }


def _most_varied(attempt: Callable[[np.random.Generator], tuple], new_tokens: int) -> tuple:
    """The prompt of 40 with the most varied continuation, and that; tied embeddings tend to repeat one token."""
    best, variety = None, 0
    for seed in range(40):
        prompt, sequences, gap = attempt(np.random.default_rng(seed))
        distinct = min(len(set(row)) for row in sequences[:, -new_tokens:].tolist())
        if gap > LOGIT_GAP and distinct > variety:
            best, variety = (prompt, sequences), distinct
    if best is None:
        raise ValueError(f"no prompt with a logit gap above {LOGIT_GAP:g} at every step; try another seed")
    return best


@torch.no_grad()
def _greedy(
    model: PreTrainedModel, ids, mask, new_tokens: int, excluded: int = -1, **more: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Greedy decoding without a cache, and the smallest lead of the winning logit; none over the token `excluded`."""
    gap = float("inf")
    for _ in range(new_tokens):
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, **more).logits[:, -1]
        best = logits.topk(2)
        gap = min(gap, float((best.values[:, 0] - best.values[:, 1]).min()))
        if (best.indices[:, 0] == excluded).any():
            return ids, 0.0
        ids = torch.cat([ids, best.indices[:, :1]], 1)
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
    return ids, gap


@torch.no_grad()
def _greedy_behind(model: PreTrainedModel, read: dict, ids, new_tokens: int) -> tuple[torch.Tensor, float]:
    """As `_greedy`, of a decoder behind an encoder that has read `read`."""
    gap = float("inf")
    for _ in range(new_tokens):
        best = model(**read, decoder_input_ids=ids).logits[:, -1].topk(2)
        gap = min(gap, float((best.values[:, 0] - best.values[:, 1]).min()))
        ids = torch.cat([ids, best.indices[:, :1]], 1)
    return ids, gap


def _check_generate(model: PreTrainedModel, expected: torch.Tensor, new_tokens: int, **inputs: torch.Tensor) -> None:
    start = getattr(model.config, "decoder_start_token_id", None)
    model.generation_config = GenerationConfig(
        pad_token_id=text_config(model).pad_token_id or 0, decoder_start_token_id=start
    )
    # The loop that all models have; some have a procedure of their own around it.
    got = GenerationMixin.generate(model, **inputs, max_new_tokens=new_tokens, do_sample=False)
    if not torch.equal(got, expected):
        raise ValueError("generate() with its cache disagrees with decoding without one")
