"""The tokenizers of encoders, trained on the corpus: each has its model type's own class and rules."""

import json
import math
from collections import Counter

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    CLIPTokenizer,
    DebertaV2Tokenizer,
    LlamaTokenizer,
    MBartTokenizer,
    MPNetTokenizer,
    PreTrainedTokenizerBase,
    RobertaTokenizer,
    T5Tokenizer,
    WhisperTokenizer,
    XLMRobertaTokenizer,
)

# What SentencePiece puts in the place of a space.
SPACE = "▁"


def mpnet(wordpieces: list[str], length: int) -> PreTrainedTokenizerBase:
    """BERT's pieces under RoBERTa's special tokens."""
    vocabulary = ["<s>", "<pad>", "</s>", "[UNK]", *wordpieces, "<mask>"]
    return MPNetTokenizer(vocab={token: i for i, token in enumerate(vocabulary)}, model_max_length=length)


def roberta(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Byte-level BPE that keeps case and spaces."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return RobertaTokenizer(*_bpe(tokenizer, lines, special, 380, ""), model_max_length=length)


def clip(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Byte-level BPE in lower case, with a mark at the end of every word."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    vocabulary, merges = _bpe(tokenizer, lines, [], 560, "</w>")
    # The end token has the highest id: CLIP looks for it by that.
    for token in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[token] = len(vocabulary)
    return CLIPTokenizer(vocabulary, merges, model_max_length=length)


def xlm_roberta(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Unigram pieces under fairseq's special tokens."""
    vocabulary = [*_scoreless("<s>", "<pad>", "</s>", "<unk>"), *_unigram(lines), *_scoreless("<mask>")]
    return XLMRobertaTokenizer(vocabulary, model_max_length=length)


def deberta_v2(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Unigram pieces under BERT's special tokens."""
    vocabulary = [*_scoreless("[PAD]", "[UNK]", "[CLS]", "[SEP]"), *_unigram(lines), *_scoreless("[MASK]")]
    return DebertaV2Tokenizer(vocabulary, model_max_length=length)


def siglip(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Unigram pieces and an end token, given without a mask."""
    vocabulary = [*_scoreless("<pad>", "</s>", "<unk>"), *_unigram(lines)]
    return T5Tokenizer(vocabulary, extra_ids=0, model_max_length=length, model_input_names=["input_ids"])


def t5(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Unigram pieces, an end token, and marks for what is left out."""
    vocabulary = [*_scoreless("<pad>", "</s>", "<unk>"), *_unigram(lines)]
    return T5Tokenizer(vocabulary, extra_ids=4, model_max_length=length)


def mbart(lines: list[str], length: int) -> PreTrainedTokenizerBase:
    """Unigram pieces under fairseq's special tokens, and a token for each language."""
    vocabulary = [*_scoreless("<s>", "<pad>", "</s>", "<unk>"), *_unigram(lines), *_scoreless("<mask>")]
    return MBartTokenizer(vocabulary, src_lang="en_XX", tgt_lang="ro_RO", model_max_length=length)


def llama(lines: list[str], length: int, **more) -> PreTrainedTokenizerBase:
    """Llama 2's kind: BPE of words that begin with a mark for their space, and tokens for bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(lines, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return LlamaTokenizer(model["vocab"], merges, pad_token="<unk>", model_max_length=length, **more)


def whisper(lines: list[str], positions: int) -> PreTrainedTokenizerBase:
    """Byte-level BPE, then tokens for languages and tasks, and behind all of them a timestamp for each position."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made = WhisperTokenizer(*_bpe(tokenizer, lines, [], 300, ""))
    named = ("startoftranscript", "en", "de", "fr", "translate", "transcribe", "startoflm", "startofprev", "nospeech")
    special = [f"<|{name}|>" for name in (*named, "notimestamps")]
    made.add_special_tokens({"additional_special_tokens": special})
    made.add_tokens([AddedToken(f"<|{0.02 * at:.2f}|>") for at in range(positions + 1)])
    return made


def _bpe(
    tokenizer: Tokenizer, lines: list[str], special: list[str], size: int, suffix: str
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges; every byte is in the vocabulary, also with the suffix."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special + ([letter + suffix for letter in alphabet] if suffix else []),
        initial_alphabet=alphabet,
        end_of_word_suffix=suffix,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    return dict(vocabulary), [tuple(merge) for merge in merges]


def _unigram(lines: list[str]) -> list[tuple[str, float]]:
    """Letters and common parts of words with the logarithms of their shares.

    Counted here, since `UnigramTrainer` rounds differently on every run.
    """
    words = Counter(SPACE + word for line in lines for word in line.split())
    pieces = Counter()
    for word, count in words.items():
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                pieces[word[start:end]] += count
    letters = {piece for piece in pieces if len(piece) == 1}
    common = sorted(set(pieces) - letters, key=lambda piece: (-pieces[piece] * len(piece), piece))[:240]
    total = sum(pieces[piece] for piece in (*letters, *common))
    return [(piece, round(math.log(pieces[piece] / total), 4)) for piece in sorted(letters | set(common))]


def _scoreless(*tokens: str) -> list[tuple[str, float]]:
    return [(token, 0.0) for token in tokens]
