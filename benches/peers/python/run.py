"""Measures the contestants side by side; `cargo xtask bench` starts it.

Nothing here fails for being slow. It fails if contestants do not compute the same.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).parent
TOLERANCE = 1e-3
"""The greatest difference of an element of the last hidden state."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="where models and results are kept")
    parser.add_argument("--binaries", type=Path, required=True, help="where the Rust contestants are")
    parser.add_argument("--scenario", action="append", default=[], help="measure only this one; may be repeated")
    parser.add_argument("--contestant", action="append", default=[], help="run only this one; may be repeated")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each contestant in each scenario")
    parser.add_argument("--load-rounds", type=int, default=3, help="times that each contestant is started")
    parser.add_argument("--check", action="store_true", help="only say whether the arguments and packages are right")
    return parser.parse_args()


def check_packages() -> None:
    """Ends with the command that installs them if packages are missing."""
    requirements = HERE / "requirements.txt"
    lines = [line.partition("#")[0].strip() for line in requirements.read_text().splitlines()]
    names = [line.partition("==")[0] for line in lines if line]
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        raise SystemExit(
            f"error: {sys.executable} lacks {', '.join(missing)}; install what the Python contestants need: "
            f"{sys.executable} -m pip install -r {requirements}"
        )


def chosen(known: tuple[str, ...], names: list[str]) -> list[str]:
    """Those of `known` that are named; all, if none is."""
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"error: no contestant {unknown[0]!r}; the contestants are {', '.join(known)}")
    return [name for name in known if not names or name in names]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def disagreements(scenarios: dict) -> list[str]:
    """Contestants whose outputs are too far from the reference; token ids differ by at least one."""
    return [
        f"{name}: {contestant} differs by {difference:.1e}"
        for name, scenario in scenarios.items()
        for contestant, difference in scenario["differences"].items()
        if difference > TOLERANCE
    ]


def say(what: str) -> None:
    """Progress; standard output is for the report."""
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    arguments = parse_arguments()
    check_packages()
    from scenarios import CONTESTANTS, named

    scenarios, names = named(arguments.scenario), chosen(CONTESTANTS, arguments.contestant)
    if arguments.check:
        return

    from measure import Arena
    from report import markdown

    work, rounds = arguments.work, arguments.rounds
    make = [sys.executable, HERE / "make_models.py", work, *(scenario.name for scenario in scenarios)]
    subprocess.run(make, check=True)
    results = {
        "machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.platform()},
        "versions": {
            name: importlib.metadata.version(name) for name in ("torch", "transformers", "onnxruntime")
        },
        "rounds": rounds,
        "scenarios": {},
        "models": {},
    }

    def save() -> None:
        (work / "results.json").write_text(json.dumps(results, indent=1) + "\n")

    for model, group in groupby(scenarios, lambda scenario: scenario.model):
        first, *rest = group
        taking_part = [name for name in names if name in first.contestants]
        if not taking_part:
            continue
        say(f"{model}: {', '.join(taking_part)}")
        with Arena(work, arguments.binaries, taking_part, model) as arena:
            results["models"][model] = arena.load(first, arguments.load_rounds)
            for scenario in (first, *rest):
                say(f"{scenario.name}: {rounds} rounds")
                results["scenarios"][scenario.name] = arena.measure(scenario, rounds)
                save()
    print(markdown(results))
    if wrong := disagreements(results["scenarios"]):
        raise SystemExit(f"error: the contestants do not compute the same: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
