"""Trains the tokenizers of the pipeline fixtures on `corpus.txt`."""

import json
import tempfile
from collections import Counter
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BertTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from . import FOLDER, encoders

CORPUS = Path(__file__).parent / "corpus.txt"
# As many positions as the BERT models have: long inputs must be cut or windowed.
MODEL_MAX_LENGTH = 64
# Fewer for CLIP's short texts.
CLIP_MAX_LENGTH = 32
CHAT_TEMPLATE = """\
{{ bos_token }}{% for message in messages %}\
{% if message.role not in ['system', 'user', 'assistant'] %}\
{{ raise_exception('unknown role ' ~ message.role) }}{% endif %}\
<|{{ message.role }}|>
{{ message.content | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}"""


# LLaVA 1.5's: the images of a message before its text, and no token at the start.
LLAVA_TEMPLATE = """\
{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}\
{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}\
{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}\
{% generation %}{{ content['text'] + ' ' }}{% endgeneration %}{% endfor %}{% endfor %}\
{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"""
# Images where they are said, in messages that are a text or a list.
IMAGE_TEMPLATE = """\
{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}\
{% if part.type == 'image' %}{{ image_token }}{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}"""
IMAGE_TOKEN = {"extra_special_tokens": {"image_token": "<image>"}}


def train() -> None:
    """Writes `tests/pipelines/tokenizers/`."""
    lines = CORPUS.read_text().splitlines()
    wordpiece = _wordpiece(lines)
    special = set(wordpiece.all_special_tokens)
    pieces = [token for token in sorted(wordpiece.vocab, key=wordpiece.vocab.get) if token not in special]
    trained = {
        "wordpiece": wordpiece,
        "byte_level": _byte_level(lines),
        "byte_level_images": _byte_level(lines, **IMAGE_TOKEN, chat_template=IMAGE_TEMPLATE),
        "llava": encoders.llama(lines, MODEL_MAX_LENGTH, **IMAGE_TOKEN, chat_template=LLAVA_TEMPLATE),
        "mpnet": encoders.mpnet(pieces, MODEL_MAX_LENGTH),
        "roberta": encoders.roberta(lines, MODEL_MAX_LENGTH),
        "xlm_roberta": encoders.xlm_roberta(lines, MODEL_MAX_LENGTH),
        "deberta_v2": encoders.deberta_v2(lines, MODEL_MAX_LENGTH),
        "clip": encoders.clip(lines, CLIP_MAX_LENGTH),
        "t5": encoders.t5(lines, MODEL_MAX_LENGTH),
        "mbart": encoders.mbart(lines, MODEL_MAX_LENGTH),
        "siglip": encoders.siglip(lines, MODEL_MAX_LENGTH),
    }
    for name, tokenizer in trained.items():
        save(tokenizer, FOLDER / "tokenizers" / name)


def _wordpiece(lines: list[str]) -> BertTokenizer:
    """BERT's kind: lower case, words split at punctuation, `##` before continuations.

    Its vocabulary is counted here, since `WordPieceTrainer` breaks ties differently on every run.
    """
    split = BertTokenizer().backend_tokenizer
    text = split.normalizer.normalize_str(" ".join(lines))
    words = Counter(word for word, _ in split.pre_tokenizer.pre_tokenize_str(text))
    pieces = Counter(words)
    for word, count in words.items():
        for at in range(1, len(word)):
            pieces[word[:at]] += count
            pieces[f"##{word[at:]}"] += count
    letters = {piece for c in set(text) - {" "} for piece in (c, f"##{c}")}
    common = sorted(set(pieces) - letters, key=lambda piece: (-pieces[piece] * len(piece), piece))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens = special + sorted(letters | set(common[:240]))
    return BertTokenizer(vocab={token: i for i, token in enumerate(tokens)}, model_max_length=MODEL_MAX_LENGTH)


def _byte_level(lines: list[str], chat_template: str = CHAT_TEMPLATE, **more) -> PreTrainedTokenizerFast:
    """Llama 3's kind: byte-level BPE that puts a begin token first, with a chat template."""
    begin, end, pad = "<|begin|>", "<|end|>", "<|pad|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[pad, begin, end, "<|system|>", "<|user|>", "<|assistant|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A", pair=f"{begin} $A {begin}:1 $B:1", special_tokens=[(begin, 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=begin,
        eos_token=end,
        pad_token=pad,
        padding_side="left",
        model_max_length=MODEL_MAX_LENGTH,
        chat_template=chat_template,
        **more,
    )


def save(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Saves the files a checkpoint has; tokenizer.json without indentation, to stay small."""
    with tempfile.TemporaryDirectory() as saved:
        tokenizer.save_pretrained(saved)
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(Path(saved).iterdir()):
            text = file.read_text()
            if file.name == "tokenizer.json":
                text = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) + "\n"
            (folder / file.name).write_text(text)
