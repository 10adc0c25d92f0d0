"""Records what transformers' logits processors do to a few rows of scores.

    python tools/record_logits.py

writes skillset-runtime/tests/data/logits_processors.json, which the unit tests of `generate::logits` read.
The classes are called directly, and `order` by way of `generate`'s own list of them.
"""

import json
from pathlib import Path

import torch
import transformers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
from transformers.generation import logits_process as lp

FILE = Path(__file__).parents[1] / "skillset-runtime" / "tests" / "data" / "logits_processors.json"
VOCABULARY = 12
TOKENS = [3, 5, 3, 7, 1, 3, 5]
SOURCE = [8, 3, 5, 9, 2, 3, 5, 9, 0]
"""What an encoder read."""
PROMPT = 4
EOS = [2, 4]
NEW = 4
"""The most new tokens: the recorded step is the last one."""


def scores() -> torch.Tensor:
    """One row, with two pairs of equal scores."""
    row = torch.randn(VOCABULARY, generator=torch.Generator().manual_seed(0)) * 2
    row[9], row[6] = row[4], row[0]
    return row[None]


def single() -> list[tuple[str, dict, lp.LogitsProcessor]]:
    def pairs(name, option, cls, values, *more):
        return [(name, {option: value}, cls(value, *more)) for value in values]

    return [
        *pairs("repetition_penalty", "repetition_penalty", lp.RepetitionPenaltyLogitsProcessor, [1.3, 0.7]),
        *pairs("no_repeat_ngram", "no_repeat_ngram_size", lp.NoRepeatNGramLogitsProcessor, [1, 2, 3, 7, 8]),
        *pairs(
            "encoder_repetition_penalty",
            "encoder_repetition_penalty",
            lp.EncoderRepetitionPenaltyLogitsProcessor,
            [1.3, 0.7],
            torch.tensor([SOURCE]),
        ),
        *pairs(
            "encoder_no_repeat_ngram",
            "encoder_no_repeat_ngram_size",
            lp.EncoderNoRepeatNGramLogitsProcessor,
            [1, 2, 3, 4, 8, 9],
            torch.tensor([SOURCE]),
        ),
        *[
            ("min_new_tokens", {"min_new_tokens": n}, lp.MinNewTokensLengthLogitsProcessor(PROMPT, n, EOS))
            for n in [3, 4]
        ],
        *pairs(
            "sequence_bias",
            "sequence_bias",
            lp.SequenceBiasLogitsProcessor,
            [[[[1], -2.5], [[3, 5, 6], 4.0], [[5, 6], 1.5], [[7, 6], 9.0]]],
        ),
        *pairs("bad_words", "bad_words_ids", lp.NoBadWordsLogitsProcessor, [[[2], [0], [5, 3], [7, 9]]], EOS),
        *pairs("suppress", "suppress_tokens", lp.SuppressTokensLogitsProcessor, [[0, 11]]),
        *[
            ("begin_suppress", {"begin_suppress_tokens": [0, 11]}, lp.SuppressTokensAtBeginLogitsProcessor([0, 11], PROMPT)),
            ("forced_eos", {"forced_eos_token_id": [2, 9]}, lp.ForcedEOSTokenLogitsProcessor(PROMPT + NEW, [2, 9])),
            *[
                (
                    "exponential_decay",
                    {"exponential_decay_length_penalty": list(penalty)},
                    lp.ExponentialDecayLengthPenalty(penalty, EOS, PROMPT),
                )
                for penalty in [(1, 1.3), (3, 1.5), (9, 1.2)]
            ],
        ],
        *pairs("temperature", "temperature", lp.TemperatureLogitsWarper, [0.7, 1.5]),
        *pairs("top_k", "top_k", lp.TopKLogitsWarper, [1, 3, 4, 20]),
        *pairs("top_p", "top_p", lp.TopPLogitsWarper, [0.0, 0.3, 0.8, 0.95]),
        *pairs("min_p", "min_p", lp.MinPLogitsWarper, [0.0, 0.05, 0.3, 1.0]),
        *pairs("top_h", "top_h", lp.TopHLogitsWarper, [0.1, 0.4, 0.8, 1.0]),
        *pairs("typical_p", "typical_p", lp.TypicalLogitsWarper, [0.1, 0.4, 0.8, 0.99]),
        *pairs("epsilon_cutoff", "epsilon_cutoff", lp.EpsilonLogitsWarper, [0.001, 0.05, 0.3, 0.9]),
        *pairs("eta_cutoff", "eta_cutoff", lp.EtaLogitsWarper, [0.001, 0.05, 0.3, 0.9]),
    ]


def chains() -> list[tuple[str, dict, lp.LogitsProcessorList]]:
    """Whole configs, by the list that `generate` makes of them."""
    size = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, **size))
    configs = [
        dict(do_sample=True, temperature=0.8, top_k=8, top_p=0.9, min_p=0.02, repetition_penalty=1.2),
        dict(do_sample=True, repetition_penalty=1.4, no_repeat_ngram_size=2, min_new_tokens=9, top_p=0.7),
        dict(do_sample=True, min_length=8, temperature=1.3, top_k=0, min_p=0.2),
        dict(do_sample=True, sequence_bias=[[[5, 0], 2.0]], bad_words_ids=[[6], [2]], suppress_tokens=[11], top_k=9),
        dict(do_sample=True, begin_suppress_tokens=[6], top_h=0.7, typical_p=0.8, epsilon_cutoff=0.01, eta_cutoff=0.02),
        dict(do_sample=False, forced_eos_token_id=4, exponential_decay_length_penalty=[1, 1.5], suppress_tokens=[0]),
        dict(do_sample=False, min_length=7, temperature=0.5, top_k=2, repetition_penalty=1.1),
        dict(do_sample=False, encoder_repetition_penalty=1.5, repetition_penalty=1.2, encoder_no_repeat_ngram_size=2),
        dict(do_sample=True, num_beams=2, top_k=1, renormalize_logits=True),
        dict(do_sample=True, num_beams=2, top_p=0.1, top_k=0),
        dict(do_sample=True, num_beams=2, min_p=0.9, top_k=0),
        dict(do_sample=True, num_beams=2, typical_p=0.1, top_k=0),
        dict(do_sample=True, num_beams=2, epsilon_cutoff=0.5, top_k=0),
        dict(do_sample=True, num_beams=2, eta_cutoff=0.9, top_k=0, renormalize_logits=True),
    ]
    made = []
    for options in configs:
        config = GenerationConfig(eos_token_id=EOS, **options)
        # What `generate` does before: the defaults that no one set, and end tokens as a tensor.
        config.update(**config._get_default_generation_params(), defaults_only=True)
        if config.min_new_tokens is not None:
            config.min_length = config.min_new_tokens + PROMPT
        config.max_length = PROMPT + NEW
        model._prepare_special_tokens(config, device="cpu")
        source = torch.tensor([SOURCE])
        processors = model._get_logits_processor(config, input_ids_seq_length=PROMPT, encoder_input_ids=source)
        made.append(("order", options, processors))
    return made


def main() -> None:
    cases = []
    for name, options, processor in single() + chains():
        changed = processor(torch.tensor([TOKENS]), scores().clone())[0].tolist()
        cases.append(
            {
                "processor": name,
                "options": options,
                "scores": [None if value == -float("inf") else value for value in changed],
            }
        )
    data = {
        "transformers": transformers.__version__,
        "scores": scores()[0].tolist(),
        "tokens": TOKENS,
        "source": SOURCE,
        "prompt": PROMPT,
        "new": NEW,
        "eos": EOS,
    }
    head = ",\n ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    lines = ",\n  ".join(json.dumps(case) for case in cases)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(f'{{\n {head},\n "cases": [\n  {lines}\n ]\n}}\n')


if __name__ == "__main__":
    main()
