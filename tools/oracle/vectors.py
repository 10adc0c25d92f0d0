"""The test vectors that hold the two weight generators together."""

import json
from pathlib import Path

import numpy as np

from .prettyjson import pretty
from .weights import Rule, generate

FILE = Path(__file__).parents[2] / "tests" / "parity" / "weights.json"

# Names of several lengths and scripts, seeds up to 64 bits, ranges that round in float32.
CASES = [
    ("bert.encoder.layer.0.attention.self.query.weight", 0, Rule(0.0, 0.306186)),
    ("bert.encoder.layer.0.attention.self.query.weight", 1, Rule(0.0, 0.306186)),
    ("model.norm.weight", 0, Rule(1.0, 0.2)),
    ("bn.running_var", 2**64 - 1, Rule(1.0, 0.5)),
    ("bias", 12345, Rule(0.0, 0.1)),
    ("埋め込み.weight", 7, Rule(0.0, 1.0)),
    ("", 0, Rule(-3.7, 1e-6)),
]


def vectors() -> list[dict]:
    """Each case with the float32 bit patterns of its first five elements, and all 1000 folded by xor."""
    found = []
    for name, seed, rule in CASES:
        bits = generate(name, seed, (1000,), rule).view(np.uint32)
        entry = {"name": name, "seed": seed, "center": rule.center, "half_range": rule.half_range}
        found.append(entry | {"bits": bits[:5].tolist(), "xor_of_1000": int(np.bitwise_xor.reduce(bits))})
    return found


def write() -> None:
    FILE.write_text(pretty(vectors()) + "\n")


def check() -> None:
    """Exits with an error when the stored vectors are not what the generator makes."""
    if json.loads(FILE.read_text()) != vectors():
        raise SystemExit(f"{FILE.name} differs from the generator; `weights` without --check rewrites it")
