"""What the tokenizers make of texts: ids, offsets, windows, chat prompts."""

from transformers import AutoTokenizer, CLIPTokenizer

from ..prettyjson import pretty
from . import FOLDER

TEXTS = [
    "Alice lives in Paris.",
    "",
    "   ",
    "The unhappy player,naïve and 😀, was UNABLE to unlock Vienna's door!",
    "tab\tnew\nline\u00a0and\u200bzero\u0007width",
    "日本語 и русский é e\u0301 \ufb01ne",
    "[MASK] <|end|> [unused] <|user|>",
    "In 2021 more than 350 people, i.e. 12.5% of 2,800…",
]
LONG = " ".join(["Once upon a time there was a clever fox who lived in a deep forest."] * 4)
PAIR = {"text": "Where does Alice work?", "text_pair": "Alice works in a museum near the river."}
BATCH = ["Alice", "Alice lives in Paris.", ""]
CHATS = [
    {"messages": [{"role": "user", "content": " Hello! "}], "add_generation_prompt": True},
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Where is Alice?"},
            {"role": "assistant", "content": "In Paris."},
        ],
        "add_generation_prompt": False,
    },
]

CALLS = [({"text": text}, {}) for text in TEXTS] + [
    ({"text": TEXTS[0]}, {"add_special_tokens": False}),
    (PAIR, {}),
    ({"text": LONG}, {"truncation": True, "max_length": 20}),
    ({"text": LONG}, {"truncation": True, "max_length": 40, "stride": 8, "return_overflowing_tokens": True}),
    ({**PAIR, "text_pair": LONG}, {"truncation": "longest_first", "max_length": 48}),
    ({**PAIR, "text_pair": LONG}, {"truncation": "only_second", "max_length": 48}),
    ({"text": BATCH}, {"padding": True}),
    ({"text": BATCH[:2]}, {"padding": "max_length", "max_length": 12}),
]


def record() -> None:
    """Writes `cases.json` beside each tokenizer: calls (`input`, `options`) and their encodings."""
    for folder in sorted((FOLDER / "tokenizers").iterdir()):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        cases = {"encode": [_encode(tokenizer, text, options) for text, options in CALLS]}
        # CLIP's class decodes in Python, by a rule that tokenizer.json does not have; no task decodes with it.
        known = [] if isinstance(tokenizer, CLIPTokenizer) else cases["encode"][: len(TEXTS)]
        cases["decode"] = [_decode(tokenizer, case["output"]["input_ids"]) for case in known]
        if tokenizer.chat_template:
            cases["chat"] = [
                {**chat, "output": tokenizer.apply_chat_template(**_renamed(chat), tokenize=False)} for chat in CHATS
            ]
        (folder / "cases.json").write_text(pretty(cases) + "\n")


def _encode(tokenizer, text: dict, options: dict) -> dict:
    encoding = tokenizer(**text, **options, return_offsets_mapping=True)
    return {"input": text, "options": options, "output": dict(encoding)}


def _decode(tokenizer, ids: list[int]) -> dict:
    kept, dropped = (tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True))
    return {"ids": ids, "text": kept, "without_special_tokens": dropped}


def _renamed(chat: dict) -> dict:
    return {"conversation": chat["messages"], "add_generation_prompt": chat["add_generation_prompt"]}
