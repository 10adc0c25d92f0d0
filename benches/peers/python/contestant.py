"""The processes that compete."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from scenarios import CANDLE, CANDLE_TRANSFORMERS, ONNX, ONNXRUNTIME, PYTORCH

WORKER = Path(__file__).with_name("worker.py")

LIBRARY_NAMES = ("libonnxruntime.so.*", "libonnxruntime.*.dylib", "onnxruntime.dll")
"""On Linux, macOS and Windows."""


def commands(binaries: Path) -> dict[str, list[str]]:
    """How each contestant is started, less the checkpoint; `binaries` is where cargo left the Rust ones."""
    suffix = ".exe" if os.name == "nt" else ""
    ours = str(binaries / f"ours{suffix}")
    return {
        CANDLE: [ours, "candle"],
        ONNX: [ours, "onnx"],
        PYTORCH: [sys.executable, str(WORKER), PYTORCH],
        ONNXRUNTIME: [sys.executable, str(WORKER), ONNXRUNTIME],
        CANDLE_TRANSFORMERS: [str(binaries / f"candle_transformers{suffix}")],
    }


def environment() -> dict[str, str]:
    """Ours plus the ONNX Runtime of the Python contestant, so that both run the same library."""
    origin = importlib.util.find_spec("onnxruntime").origin
    libraries = (path for name in LIBRARY_NAMES for path in Path(origin).parent.glob(f"capi/{name}"))
    return os.environ | {"ORT_DYLIB_PATH": str(next(libraries))}


class Contestant:
    """A worker process with a model loaded."""

    def __init__(self, name: str, command: list[str], checkpoint: Path):
        self.name = name
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, str(checkpoint)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self.load_seconds: float = self.answer()["load_seconds"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def answer(self) -> dict:
        """The next line that the worker says."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"error: {self.name} ended with code {self.process.wait()}; its error is above")
        return json.loads(line)

    def ask(self, **command: object) -> dict:
        """Sends one command and waits for its answer."""
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` says how the process ended
        return self.answer()

    def run(self, inputs: Path, repetitions: int, output: Path | None = None) -> list[float]:
        """Runs the model so many times; the seconds of each. The last output goes to a file."""
        path = str(output) if output else None
        answer = self.ask(op="run", inputs=str(inputs), repetitions=repetitions, output=path)
        return answer["seconds"]

    def generate(self, inputs: Path, new_tokens: int) -> tuple[list[float], list[int]]:
        """Continues a prompt greedily; seconds of each token (the prompt is the first's), and the tokens."""
        answer = self.ask(op="generate", inputs=str(inputs), new_tokens=new_tokens)
        return answer["seconds"], answer["tokens"]

    def since_start(self) -> float:
        """Seconds since the process was started."""
        return time.perf_counter() - self.started

    def peak_bytes(self) -> int | None:
        """The most memory that was resident (VmHWM), mapped files included; Linux only."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except FileNotFoundError:
            return None
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
