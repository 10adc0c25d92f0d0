"""Records what transformers' pipelines make of model outputs, without a model.

    python tools/record_postprocessing.py token-classification
    python tools/record_postprocessing.py question-answering

write skillset-runtime/tests/data/token_classification.json and question_answering.json, which unit tests of
`tasks` read. The second needs transformers 5.2.0, the last release with that pipeline.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import transformers

DATA = Path(__file__).parents[1] / "skillset-runtime" / "tests" / "data"
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
# Token, start, end; two hashes continue a word.
TOKENS = [
    ("an", 0, 2), ("##na", 2, 4), ("ma", 5, 7), ("##ri", 7, 9), ("##a", 9, 10), ("met", 11, 14), ("ji", 15, 17),
    ("##m", 17, 18), ("in", 19, 21), ("new", 22, 25), ("yo", 26, 28), ("##rk", 28, 30), (".", 30, 31),
]  # fmt: skip


def decode(tokens: list[str]) -> str:
    """A tokenizer's `convert_tokens_to_string`, in its simplest form."""
    return " ".join(tokens).replace(" ##", "")


def plain(value):
    """JSON's types, with floats at float32's precision."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.9g}")
    return value.item() if isinstance(value, np.generic) else value


def token_classification() -> dict:
    from transformers import TokenClassificationPipeline
    from transformers.pipelines.token_classification import AggregationStrategy

    pipe = object.__new__(TokenClassificationPipeline)
    pipe.tokenizer = SimpleNamespace(convert_tokens_to_string=decode)
    pipe.model = SimpleNamespace(config=SimpleNamespace(id2label=dict(enumerate(LABELS))))
    cases = []
    for seed in range(6):
        logits = np.random.default_rng(seed).normal(0, 2, (len(TOKENS), len(LABELS))).astype(np.float32)
        scores = torch.tensor(logits).softmax(-1).numpy()
        scores = np.float32(plain(scores))
        tokens = [
            {"word": word, "scores": row, "index": i + 1, "start": start, "end": end, "is_subword": word[:2] == "##"}
            for i, ((word, start, end), row) in enumerate(zip(TOKENS, scores))
        ]
        made = {s.value: pipe.aggregate(tokens, s) for s in AggregationStrategy}
        cases.append({"scores": scores, **made})
    # Windows that overlap: what one text's entities and the same, cut elsewhere, become together.
    windows = [case["simple"][:4] for case in cases[:3]]
    merged = pipe.aggregate_overlapping_entities([entity for window in windows for entity in window])
    tokens = [list(token) for token in TOKENS]
    return {"labels": LABELS, "tokens": tokens, "cases": cases, "windows": windows, "merged": merged}


def question_answering() -> dict:
    from transformers.pipelines.question_answering import select_starts_ends

    cases = []
    for seed, (length, count, longest) in enumerate([(7, 1, 15), (12, 4, 15), (12, 6, 2), (20, 12, 5), (9, 3, 1)]):
        start, end = np.random.default_rng(seed).normal(0, 3, (2, length)).astype(np.float32)
        start, end = np.float32(plain(start)), np.float32(plain(end))
        # A first token that stands for no answer, three of the question, and a separator at the end.
        forbidden = np.array([0, 1, 1, 1] + [0] * (length - 5) + [1])
        starts, ends, scores, no_answer = select_starts_ends(
            torch.tensor(start)[None],
            torch.tensor(end)[None],
            forbidden[None],
            np.ones((1, length), dtype=int),
            top_k=count,
            handle_impossible_answer=True,
            max_answer_len=longest,
        )
        # Spans of probability 0 fill up a long list in no particular order.
        spans = [[int(s), int(e), p] for s, e, p in zip(starts, ends, scores) if p > 0]
        options = {"count": count, "max_tokens": longest}
        allowed = [not f for f in forbidden.tolist()]
        cases.append(
            {"start": start, "end": end, "allowed": allowed, **options, "spans": spans, "no_answer": no_answer}
        )
    return {"cases": cases}


def main() -> None:
    made = {"token-classification": token_classification, "question-answering": question_answering}
    for name in sys.argv[1:]:
        data = plain({"transformers": transformers.__version__, **made[name]()})
        DATA.mkdir(parents=True, exist_ok=True)
        (DATA / f"{name.replace('-', '_')}.json").write_text(json.dumps(data, indent=None) + "\n")


if __name__ == "__main__":
    main()
