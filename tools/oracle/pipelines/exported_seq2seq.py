"""Exports an encoder and its decoder as optimum does, in each of its layouts.

- `split`: `encoder_model.onnx`, `decoder_model.onnx`, which takes no cache, and `decoder_with_past_model.onnx`, which
  takes the keys and values of the encoder's positions and does not give them again
- `merged`: `encoder_model.onnx` and `decoder_model_merged.onnx`, both decoders behind the input `use_cache_branch`
- `without_past`: `encoder_model.onnx` and `decoder_model.onnx`, which neither takes nor gives a cache
"""

import io
import warnings
from pathlib import Path

import onnx
import torch
from onnx import helper
from transformers import DynamicCache, EncoderDecoderCache, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from .merge import merge, shorten

LAYOUTS = ("split", "merged", "without_past")
LENGTHS = {"batch": 2, "tokens": 1, "past": 3, "read": 5}


class Encoder(torch.nn.Module):
    """An encoder on plain tensors; sound has no mask."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.encoder, self.name = model.get_encoder(), model.main_input_name

    def forward(self, values, mask=None):
        masked = {} if mask is None else {"attention_mask": mask}
        return self.encoder(**{self.name: values}, **masked).last_hidden_state


class Decoder(torch.nn.Module):
    """A decoder on plain tensors: the cache is a key and a value a layer, of its own positions and of the encoder's."""

    def __init__(self, model: PreTrainedModel, *, takes_past: bool, gives_past: bool = True):
        super().__init__()
        self.model, self.takes_past, self.gives_past = model, takes_past, gives_past
        self.is_masked = model.main_input_name == "input_ids"

    def forward(self, ids, *more):
        mask, more = (more[0], more[1:]) if self.is_masked else (None, more)
        states, past = more[0], more[1:]
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        for layer in range(len(past) // 4):
            key, value, cross_key, cross_value = past[4 * layer : 4 * layer + 4]
            cache.self_attention_cache.update(key, value, layer)
            cache.cross_attention_cache.update(cross_key, cross_value, layer)
            cache.is_updated[layer] = True
        masked = {} if mask is None else {"attention_mask": mask}
        out = self.model(
            encoder_outputs=BaseModelOutput(states),
            decoder_input_ids=ids,
            past_key_values=cache,
            use_cache=True,
            **masked,
        )
        if not self.gives_past:
            return (out.logits,)
        present, cache = [], out.past_key_values
        for own, cross in zip(cache.self_attention_cache.layers, cache.cross_attention_cache.layers, strict=True):
            present += [own.keys, own.values] if self.takes_past else [own.keys, own.values, cross.keys, cross.values]
        return (out.logits, *present)


def export(model: PreTrainedModel, folder: Path, layouts: list[str], values: torch.Tensor | None = None) -> None:
    """Writes the layouts of `model` below `folder`; `values` are an example of what the encoder reads, if not text."""
    plain = _decoder(Decoder(model, takes_past=False))
    past = _decoder(Decoder(model, takes_past=True))
    alone = _decoder(Decoder(model, takes_past=False, gives_past=False))
    files = {
        "split": {"decoder_model": plain, "decoder_with_past_model": past},
        "merged": {"decoder_model_merged": merge(plain, _with_all_outputs(past, plain))},
        "without_past": {"decoder_model": alone},
    }
    encoder = _encoder(model, values)
    for layout in layouts:
        for name, graph in {"encoder_model": encoder, **files[layout]}.items():
            onnx.checker.check_model(graph)
            path = folder / layout / f"{name}.onnx"
            path.parent.mkdir(parents=True, exist_ok=True)
            onnx.save(graph, path)
            print(f"{folder.name}/{layout}/{name}.onnx: {path.stat().st_size / 1024:.1f} KiB")


def _encoder(model: PreTrainedModel, values: torch.Tensor | None) -> onnx.ModelProto:
    axes = {0: "batch_size", 1: "encoder_sequence_length"}
    if values is None:
        shape = (LENGTHS["batch"], LENGTHS["read"])
        ids = torch.arange(shape[0] * shape[1]).reshape(shape) + 3
        given = {"input_ids": (ids, axes), "attention_mask": (torch.ones(shape, dtype=torch.int64), axes)}
    else:
        given = {model.main_input_name: (values, {0: "batch_size"})}
    return _write(Encoder(model), given, {"last_hidden_state": axes})


def _decoder(decoder: Decoder) -> onnx.ModelProto:
    """The graph with the names and free axes of optimum."""
    config, generator = decoder.model.config, torch.Generator().manual_seed(0)
    batch, read = LENGTHS["batch"], LENGTHS["read"]
    heads = getattr(config, "decoder_attention_heads", None) or config.num_attention_heads
    width = getattr(config, "d_kv", None) or config.d_model // heads
    layers = getattr(config, "num_decoder_layers", None) or config.decoder_layers
    past = LENGTHS["past"] if decoder.takes_past else 0
    read_axes = {0: "batch_size", 1: "encoder_sequence_length"}
    tokens = (batch, LENGTHS["tokens"] if past else LENGTHS["past"])
    given = {"input_ids": (torch.full(tokens, 5), {0: "batch_size", 1: "decoder_sequence_length"})}
    if decoder.is_masked:
        given["encoder_attention_mask"] = (torch.ones(batch, read, dtype=torch.int64), read_axes)
    states = torch.randn(batch, read, config.d_model, generator=generator)
    given["encoder_hidden_states"] = (states, read_axes)
    outputs = {"logits": {0: "batch_size", 1: "decoder_sequence_length"}}
    for layer in range(layers):
        for side, length in (("decoder", past), ("encoder", read)):
            for part in ("key", "value"):
                axis = {"decoder": "past_decoder_sequence_length", "encoder": "encoder_sequence_length"}[side]
                free = {0: "batch_size", 2: axis}
                if decoder.takes_past:
                    tensor = torch.randn(batch, heads, length, width, generator=generator)
                    given[f"past_key_values.{layer}.{side}.{part}"] = (tensor, free)
                if decoder.gives_past and not (decoder.takes_past and side == "encoder"):
                    outputs[f"present.{layer}.{side}.{part}"] = free | ({2: f"{axis} + 1"} if past else {})
    return _write(decoder, given, outputs)


def _write(module: torch.nn.Module, given: dict, outputs: dict) -> onnx.ModelProto:
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of sizes that it takes as fixed; those that are free are named.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(tensor for tensor, _ in given.values()),
            file,
            input_names=list(given),
            output_names=list(outputs),
            dynamic_axes={name: axes for name, (_, axes) in given.items()} | outputs,
            opset_version=18,
            # Folding would store transposed weights a second time.
            do_constant_folding=False,
            dynamo=False,
        )
    return shorten(onnx.load_from_string(file.getvalue()))


def _with_all_outputs(graph: onnx.ModelProto, like: onnx.ModelProto) -> onnx.ModelProto:
    """`graph` with what only `like` gives as constants without elements: what optimum fills in when it merges."""
    filled = onnx.ModelProto()
    filled.CopyFrom(graph)
    given = {output.name: output for output in graph.graph.output}
    del filled.graph.output[:]
    for output in like.graph.output:
        if output.name not in given:
            dims = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in output.type.tensor_type.shape.dim]
            nothing = helper.make_tensor(output.name, onnx.TensorProto.FLOAT, dims, [])
            filled.graph.node.append(helper.make_node("Constant", [], [output.name], value=nothing))
        filled.graph.output.append(given.get(output.name, output))
    return filled
