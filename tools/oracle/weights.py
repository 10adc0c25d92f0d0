"""Weights from a tensor's name: the same bits here and in `skillset-runtime/src/harness/weights.rs`.

A fixture stores no weights. It lists each checkpoint tensor with a `center` and a `half_range`, and
both languages derive the elements from those, the tensor's name and the fixture's seed:

    key   = fnv1a64(utf8(name)) xor seed
    bits  = splitmix64(key + (i + 1) * 0x9E3779B97F4A7C15)        (wrapping)
    u     = (bits >> 40) * 2**-24                                 in [0, 1), exact
    value = float32(center + (2 * u - 1) * half_range)            computed in float64

Which `center` and `half_range` a tensor gets is decided here alone (`Rule`); Rust only reads them.
"""

import math
from typing import NamedTuple

import numpy as np

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
# Parts of the names of looked-up tables and learned tokens.
EMBEDDINGS = ("embed", "cls_token", "mask_token", "wte", "wpe", "shared")


class Rule(NamedTuple):
    """Elements are uniform in [center - half_range, center + half_range)."""

    center: float
    half_range: float


def key(name: str, seed: int) -> int:
    """FNV-1a of the name, mixed with the seed."""
    digest = 0xCBF29CE484222325
    for byte in name.encode():
        digest = ((digest ^ byte) * 0x100000001B3) & MASK
    return digest ^ seed


def splitmix64(state: np.ndarray) -> np.ndarray:
    """The finaliser of Steele, Lea and Flood, "Fast splittable pseudorandom number generators"."""
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def generate(name: str, seed: int, shape: tuple[int, ...], rule: Rule) -> np.ndarray:
    """The float32 tensor `name` of a fixture, in C order."""
    steps = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
    bits = splitmix64(np.uint64(key(name, seed)) + steps * np.uint64(GOLDEN))
    unit = (bits >> np.uint64(40)).astype(np.float64) * 2.0**-24
    values = rule.center + (2.0 * unit - 1.0) * rule.half_range
    return values.astype(np.float32).reshape(shape)


def rule_for(name: str, shape: tuple[int, ...]) -> Rule:
    """Ranges under which activations stay of order one and every tensor matters to the output.

    `half_range` is rounded to six decimals, so that any JSON reader gets the same float64.
    """
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "running_var":
        return Rule(1.0, 0.5)
    if leaf == "running_mean":
        return Rule(0.0, 0.2)
    if "bias" in leaf or leaf == "beta":
        return Rule(0.0, 0.1)
    if len(shape) < 2:
        return Rule(1.0, 0.2)
    # A patch embedding's projection is a matrix like any other.
    if any(word in name for word in EMBEDDINGS) and "proj" not in name:
        return Rule(0.0, 1.0)
    fan_in = math.prod(shape[1:])
    return Rule(0.0, round(math.sqrt(3.0 / fan_in), 6))
