"""Exports a folder's decoder as optimum does, in each of its layouts, to `tests/exported/<folder>/<layout>/`.

- `with_past`: `model.onnx`, which takes a cache that may be empty
- `split`: `decoder_model.onnx`, which takes none, and `decoder_with_past_model.onnx`
- `merged`: `decoder_model_merged.onnx`, both of those behind the input `use_cache_branch`
- `without_past`: `decoder_model.onnx`, which neither takes nor gives a cache

Those of a decoder behind an encoder are in `exported_seq2seq.py`.
"""

import json
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
import transformers
from transformers import DynamicCache

from . import FOLDER, MODELS, exported_seq2seq
from .merge import merge, shorten
from .run import write_checkpoint

EXPORTED = FOLDER.parent / "exported"


class Decoder(torch.nn.Module):
    """A decoder on plain tensors: the cache is a key and a value a layer."""

    def __init__(self, model: torch.nn.Module, *, takes_past: bool, gives_past: bool = True):
        super().__init__()
        self.model, self.takes_past, self.gives_past = model, takes_past, gives_past

    def forward(self, ids, mask, positions, *past):
        cache = DynamicCache(config=self.model.config)
        if self.takes_past:
            for layer, (key, value) in enumerate(zip(past[::2], past[1::2], strict=True)):
                cache.update(key, value, layer)
        out = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
        )
        present = [tensor for layer in out.past_key_values.layers for tensor in (layer.keys, layer.values)]
        return (out.logits, *present) if self.gives_past else (out.logits,)


def export(name: str) -> None:
    """Writes all layouts of `tests/pipelines/<name>/`."""
    with tempfile.TemporaryDirectory() as scratch:
        write_checkpoint(FOLDER / name, Path(scratch))
        config = json.loads((Path(scratch) / "config.json").read_text())
        model_class = getattr(transformers, config["architectures"][0])
        model = model_class.from_pretrained(scratch, dtype=torch.float32, attn_implementation="eager").eval()
        if model.config.is_encoder_decoder:
            layouts = json.loads((MODELS / f"{name}.json").read_text()).get("layouts", exported_seq2seq.LAYOUTS)
            return exported_seq2seq.export(model, EXPORTED / name, layouts)
        plain, with_past, alone = (Path(scratch) / file for file in ("plain.onnx", "past.onnx", "alone.onnx"))
        write(Decoder(model, takes_past=False), plain)
        write(Decoder(model, takes_past=True), with_past)
        write(Decoder(model, takes_past=False, gives_past=False), alone)
        save(shorten(onnx.load(with_past)), name, "with_past/model.onnx")
        save(shorten(onnx.load(plain)), name, "split/decoder_model.onnx")
        save(shorten(onnx.load(with_past)), name, "split/decoder_with_past_model.onnx")
        save(merge(shorten(onnx.load(plain)), shorten(onnx.load(with_past))), name, "merged/decoder_model_merged.onnx")
        save(shorten(onnx.load(alone)), name, "without_past/decoder_model.onnx")


def save(graph: onnx.ModelProto, name: str, file: str) -> None:
    """Writes a graph that is sound."""
    onnx.checker.check_model(graph)
    path = EXPORTED / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, path)
    print(f"{name}/{file}: {path.stat().st_size / 1024:.1f} KiB")


def write(decoder: Decoder, file: Path) -> None:
    """Exports a decoder with the names and free axes of optimum."""
    config = decoder.model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    generator = torch.Generator().manual_seed(0)
    length, past = 3, 2 if decoder.takes_past else 0
    ids = torch.randint(0, config.vocab_size, (2, length), generator=generator)
    positions = torch.arange(past, past + length).expand(2, -1).contiguous()
    arguments = {
        "input_ids": ids,
        "attention_mask": torch.ones(2, past + length, dtype=torch.int64),
        "position_ids": positions,
    }
    axes = dict.fromkeys(arguments, {0: "batch_size", 1: "sequence_length"})
    outputs = ["logits"]
    axes["logits"] = {0: "batch_size", 1: "sequence_length"}
    for layer in range(config.num_hidden_layers):
        for part in ("key", "value"):
            if decoder.takes_past:
                axes["attention_mask"] = {0: "batch_size", 1: "past_sequence_length + sequence_length"}
                taken = f"past_key_values.{layer}.{part}"
                arguments[taken] = torch.randn(2, heads, past, width, generator=generator)
                axes[taken] = {0: "batch_size", 2: "past_sequence_length"}
            if decoder.gives_past:
                outputs.append(f"present.{layer}.{part}")
                axes[outputs[-1]] = {0: "batch_size", 2: "past_sequence_length + sequence_length"}
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of sizes that it takes as fixed; those that are free are named above.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            decoder,
            tuple(arguments.values()),
            file,
            input_names=list(arguments),
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=18,
            # Folding would store transposed weights a second time.
            do_constant_folding=False,
            dynamo=False,
        )
