"""A Python contestant: `python worker.py pytorch|onnxruntime CHECKPOINT`, commands by standard input.

The protocol is that of `../src/lib.rs`. Nothing is imported that the contestant does not need, for
what it imports counts as its memory.
"""

import json
import sys
import time
from pathlib import Path

from scenarios import EXPORTED, ONNXRUNTIME, PYTORCH


class PyTorch:
    """transformers on PyTorch: sdpa wherever a model has it (its default), inference mode, PyTorch's own choice of threads."""

    def __init__(self) -> None:
        import torch
        import transformers

        transformers.logging.set_verbosity_error()  # of a pooler that nobody computes
        transformers.logging.disable_progress_bar()
        self.torch, self.transformers = torch, transformers

    def load(self, directory: Path) -> None:
        config = self.transformers.AutoConfig.from_pretrained(directory)
        model_class = getattr(self.transformers, config.architectures[0])
        options = {"add_pooling_layer": False} if config.model_type in ("bert", "vit") else {}
        self.model = model_class.from_pretrained(
            directory, dtype=self.torch.float32, **options
        ).eval()

    def read(self, path: str) -> dict:
        from safetensors.torch import load_file

        return load_file(path)

    def forward(self, inputs: dict):
        with self.torch.inference_mode():
            return self.model(**inputs).last_hidden_state

    def write(self, output, path: str) -> None:
        from safetensors.torch import save_file

        save_file({"last_hidden_state": output.contiguous()}, path)

    def generate(self, inputs: dict, new_tokens: int):
        """Tokens one by one: the loop of `generate(do_sample=False)` without its bookkeeping."""
        with self.torch.inference_mode():
            first, given, tokens = self.begin(inputs)
            ids, cache = first, None
            name = "cache_params" if self.model._is_stateful else "past_key_values"
            for _ in range(new_tokens):
                out = self.model(**given, **{tokens: ids, name: cache}, use_cache=True)
                ids, cache = out.logits[:, -1].argmax(-1, keepdim=True), out[name]
                yield ids.item()

    def begin(self, inputs: dict):
        """The tokens to continue, what every step is given beside them, and what they are called."""
        config = self.model.config
        if not config.is_encoder_decoder:
            return inputs["input_ids"], {"logits_to_keep": 1}, "input_ids"
        encoded = self.model.get_encoder()(**inputs)
        mask = {"attention_mask": inputs["attention_mask"]} if "attention_mask" in inputs else {}
        start = self.torch.tensor([[config.decoder_start_token_id]])
        return start, {"encoder_outputs": encoded} | mask, "decoder_input_ids"


class OnnxRuntime:
    """ONNX Runtime on the graph that PyTorch's exporter made, with its default options."""

    def __init__(self) -> None:
        import onnxruntime

        self.onnxruntime = onnxruntime

    def load(self, directory: Path) -> None:
        providers = ["CPUExecutionProvider"]
        self.session = self.onnxruntime.InferenceSession(directory / EXPORTED, providers=providers)

    def read(self, path: str) -> dict:
        from safetensors.numpy import load_file

        return load_file(path)

    def forward(self, inputs: dict):
        return self.session.run(["last_hidden_state"], inputs)[0]

    def write(self, output, path: str) -> None:
        from safetensors.numpy import save_file

        save_file({"last_hidden_state": output}, path)


def run(contestant: PyTorch | OnnxRuntime, command: dict) -> dict:
    inputs, seconds = contestant.read(command["inputs"]), []
    for _ in range(command["repetitions"]):
        start = time.perf_counter()
        output = contestant.forward(inputs)
        seconds.append(time.perf_counter() - start)
    if path := command["output"]:
        contestant.write(output, path)
    return {"seconds": seconds}


def generate(contestant: PyTorch, command: dict) -> dict:
    inputs, tokens, seconds = contestant.read(command["inputs"]), [], []
    start = time.perf_counter()
    for token in contestant.generate(inputs, command["new_tokens"]):
        tokens.append(token)
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    return {"seconds": seconds, "tokens": tokens}


def main() -> None:
    name, directory = sys.argv[1], Path(sys.argv[2])
    contestant = {PYTORCH: PyTorch, ONNXRUNTIME: OnnxRuntime}[name]()
    answers = {"run": run, "generate": generate}
    start = time.perf_counter()
    contestant.load(directory)
    print(json.dumps({"load_seconds": time.perf_counter() - start}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(answers[command["op"]](contestant, command)), flush=True)


if __name__ == "__main__":
    main()
