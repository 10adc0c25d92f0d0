"""Beam search that two engines agree on."""

from collections.abc import Iterator

import numpy as np
import torch
from transformers import GenerationConfig, PreTrainedModel

from .inputs import text_config, token_ids

# Two engines agree on a ranking only where neighbours are this far apart.
SCORE_GAP = 1e-3
# Scores of what cannot win are below.
LOST = -1e8
ATTEMPTS = 60


class Gap:
    """Keeps the smallest distance of any two scores that beam search decides between."""

    def __init__(self, model: PreTrainedModel):
        self.smallest = float("inf")
        self._model = model

    def __enter__(self):
        model, best, update, stop = self._model, *(getattr(self._model, name) for name in self._NAMES)

        def continuations(**arguments):
            count = arguments["beams_to_keep"] + 1
            scores = arguments["accumulated_log_probs"]
            self._see(scores.topk(min(count, scores.shape[-1])).values)
            return best(**arguments)

        def finished(**arguments):
            result = update(**arguments)
            self._see(result[1])
            return result

        def heuristic(**arguments):
            length = arguments["cur_len"] - arguments["decoder_prompt_len"]
            if arguments["early_stopping"] == "never" and arguments["length_penalty"] > 0:
                length = arguments["max_length"] - arguments["decoder_prompt_len"]
            best_running = arguments["running_beam_scores"][:, :1] / length ** arguments["length_penalty"]
            self._see(torch.cat([best_running, arguments["beam_scores"].min(1, keepdim=True).values], 1))
            return stop(**arguments)

        for name, wrapped in zip(self._NAMES, (continuations, finished, heuristic)):
            setattr(model, name, wrapped)
        return self

    def __exit__(self, *_):
        for name in self._NAMES:
            delattr(self._model, name)

    _NAMES = ("_get_top_k_continuations", "_update_finished_beams", "_check_early_stop_heuristic")

    def _see(self, scores: torch.Tensor) -> None:
        """Rows of scores, in any order."""
        for row in scores:
            row = row[row > LOST].sort().values
            if len(row) > 1:
                self.smallest = min(self.smallest, float(row.diff().min()))


def beam_cases(model: PreTrainedModel, wanted: list[dict]) -> Iterator[dict]:
    """What `generate` makes of prompts of the `lengths` of each of `wanted`; its other members are options.

    Of all prompts that it makes an unmistakable search of, those with most sequences that end early.
    """
    start = getattr(model.config, "decoder_start_token_id", None)
    model.generation_config = GenerationConfig(
        pad_token_id=text_config(model).pad_token_id or 0, decoder_start_token_id=start
    )
    for options in wanted:
        options = dict(options)
        lengths = options.pop("lengths")
        width = max(lengths)
        mask = torch.tensor([[0] * (width - n) + [1] * n for n in lengths])
        begun = width
        if model.config.is_encoder_decoder:
            mask, begun = mask.flip(1), 1
        best, most = None, -1
        for attempt in range(ATTEMPTS):
            ids = token_ids(np.random.default_rng(attempt), text_config(model), mask.shape)
            ids = torch.where(mask.bool(), ids, text_config(model).pad_token_id or 0)
            with Gap(model) as gap:
                result = model.generate(
                    ids, attention_mask=mask, do_sample=False, return_dict_in_generate=True, output_scores=True, **options
                )
            new = (result.beam_indices >= 0).sum(1)
            early = int((new < options["max_new_tokens"]).sum())
            if gap.smallest > SCORE_GAP and early > most:
                best, most = (ids, result, new), early
        if best is None:
            raise ValueError(f"no prompt whose scores are more than {SCORE_GAP:g} apart for {options}; try another seed")
        if "eos_token_id" in options and most == 0:
            raise ValueError(f"no sequence ends early for {options}; try other tokens")
        ids, result, new = best
        padding = {} if mask.all() else {"attention_mask": mask.tolist()}
        yield {"input_ids": ids.tolist()} | padding | {
            "max_new_tokens": options.pop("max_new_tokens"),
            "options": options,
            "sequences": [row[: begun + n].tolist() for row, n in zip(result.sequences, new)],
            "scores": [float(f"{score:.9g}") for score in result.sequences_scores],
        }
