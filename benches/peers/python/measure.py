"""Rounds of turns: every contestant in every round, so that a drift of the machine meets all of them."""

import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import mean, median

import numpy as np
from safetensors.numpy import load_file

from contestant import Contestant, commands
from scenarios import PYTORCH, Forward, Generate, Scenario, checkpoint, inputs

SETTLE_SECONDS = 0.3
"""Between turns, so that the threads of the contestant before stop spinning for more work."""

Turns = dict[str, list[dict[str, float]]]
"""Per contestant, in the order of rounds: what a turn measured."""


def rotated(names: list[str], round_: int) -> list[str]:
    """Another one starts each round."""
    start = round_ % len(names)
    return names[start:] + names[:start]


def read_ahead(directory: Path) -> None:
    """Brings files into the page cache, so that nobody is the one who reads them from the disk."""
    for path in directory.iterdir():
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def differences(outputs: dict[str, np.ndarray]) -> dict[str, float]:
    """How far each output is from PyTorch's, or from the first where PyTorch does not take part."""
    expected = outputs.get(PYTORCH, next(iter(outputs.values())))

    def difference(output: np.ndarray) -> float:
        if output.shape != expected.shape:
            return float("inf")
        worst = float(np.abs(output - expected).max())
        return float("inf") if np.isnan(worst) else worst  # nan agrees with nothing

    return {name: difference(output) for name, output in outputs.items()}


class Arena:
    """The contestants of one model."""

    def __init__(self, work: Path, binaries: Path, names: list[str], model: str):
        self.work, self.names, self.checkpoint = work, names, checkpoint(work, model)
        self.commands = commands(binaries)
        self.running: dict[str, Contestant] = {}
        self.stack = ExitStack()

    def __enter__(self) -> "Arena":
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def first_result(self, contestant: Contestant, scenario: Scenario) -> float:
        """Seconds until the first output, or the first token."""
        if isinstance(scenario, Generate):
            return contestant.generate(inputs(self.work, scenario), 1)[0][0]
        return contestant.run(inputs(self.work, scenario), 1)[0]

    def load(self, scenario: Scenario, rounds: int) -> dict:
        """Starts every contestant anew in each round; those of the last stay."""
        read_ahead(self.checkpoint)
        turns: Turns = defaultdict(list)
        for round_ in range(rounds):
            self.stack.close()
            for name in rotated(self.names, round_):
                time.sleep(SETTLE_SECONDS)
                contestant = Contestant(name, self.commands[name], self.checkpoint)
                self.running[name] = self.stack.enter_context(contestant)
                first = self.first_result(contestant, scenario)
                turn = {"total_seconds": contestant.since_start(), "seconds": contestant.load_seconds + first}
                if peak := contestant.peak_bytes():
                    turn["peak_bytes"] = peak
                turns[name].append(turn)
        return {"weights_bytes": (self.checkpoint / "model.safetensors").stat().st_size, "turns": turns}

    def measure(self, scenario: Scenario, rounds: int) -> dict:
        """Whether the contestants agree, and their interleaved turns."""
        generates = isinstance(scenario, Generate)
        take_turn = self.generate if generates else self.forward
        found = {
            "title": scenario.title,
            "kind": "generate" if generates else "forward",
            "differences": differences(self.outputs(scenario)),
        }
        if generates:
            found["prompt_tokens"] = scenario.shape[-1]
        turns: Turns = defaultdict(list)
        for round_ in range(rounds):
            for name in rotated(self.names, round_):
                time.sleep(SETTLE_SECONDS)
                turns[name].append(take_turn(self.running[name], scenario))
        return found | {"turns": {name: turns[name] for name in self.names}}

    def forward(self, contestant: Contestant, scenario: Forward) -> dict[str, float]:
        # The first run of a turn wakes threads and caches.
        seconds = contestant.run(inputs(self.work, scenario), 1 + scenario.repetitions)[1:]
        return {"seconds": median(seconds)}

    def generate(self, contestant: Contestant, scenario: Generate) -> dict[str, float]:
        path = inputs(self.work, scenario)
        contestant.generate(path, 2)
        prefill, *decode = contestant.generate(path, scenario.new_tokens)[0]
        return {"prefill_seconds": prefill, "decode_seconds": mean(decode)}

    def outputs(self, scenario: Scenario) -> dict[str, np.ndarray]:
        """What each contestant computes: hidden states, or tokens."""
        path, results = inputs(self.work, scenario), {}
        for name, contestant in self.running.items():
            if isinstance(scenario, Generate):
                results[name] = np.array(contestant.generate(path, scenario.new_tokens)[1])
            else:
                file = self.work / "output.safetensors"
                contestant.run(path, 1, file)
                results[name] = load_file(file)["last_hidden_state"]
        return results
