"""Write the table of tokenizer classes whose defaults the Rust text processor needs.

A checkpoint's tokenizer_config.json may leave out the special tokens, input names and padding side that its class
has by default; the table has them.

    python harvest_tokenizer_classes.py > ../../skillset-runtime/src/processors/text/classes.json
"""

import inspect
import json
import sys

import transformers
from transformers import TokenizersBackend

ROLES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]


def special_tokens(cls):
    try:
        tokens = cls().special_tokens_map
        return {role: str(tokens[role]) for role in ROLES if role in tokens}
    except Exception:  # needs a vocabulary; its signature has the same defaults
        parameters = inspect.signature(cls.__init__).parameters
        defaults = {role: parameters[role].default for role in ROLES if role in parameters}
        return {role: str(d) for role, d in defaults.items() if d is not None and d is not inspect.Parameter.empty}


def main():
    table = {}
    for name in dir(transformers):
        cls = getattr(transformers, name, None) if name.endswith(("Tokenizer", "TokenizerFast")) else None
        if not (inspect.isclass(cls) and issubclass(cls, TokenizersBackend)) or cls is TokenizersBackend:
            continue
        table[name.removesuffix("Fast")] = {
            "special_tokens": special_tokens(cls),
            "model_input_names": list(cls.model_input_names),
            "padding_side": cls.padding_side,
        }
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(table.items())]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
