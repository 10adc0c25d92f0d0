"""Makes what the contestants load: checkpoints of random weights, exported graphs, inputs.

    python make_models.py WORK_DIR SCENARIO…

Made once: what is there is complete, for it was renamed into place.
"""

import shutil
import sys
import warnings
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertModel,
    CLIPVisionConfig,
    CLIPVisionModel,
    DetrConfig,
    DetrModel,
    LlamaConfig,
    LlamaForCausalLM,
    Mamba2Config,
    Mamba2ForCausalLM,
    ResNetConfig,
    SwinConfig,
    SwinModel,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTModel,
    Wav2Vec2Config,
    Wav2Vec2Model,
    WhisperConfig,
    WhisperForConditionalGeneration,
)
from transformers.utils.logging import disable_progress_bar

from scenarios import EXPORTED, MAIN_INPUT, ONNXRUNTIME, Scenario, checkpoint, inputs, named

SEED = 20


def random_model(name: str) -> torch.nn.Module:
    """A model of the usual size whose every parameter is random."""
    torch.manual_seed(SEED)
    match name:
        case "bert":
            model = BertModel(BertConfig())
        case "vit":
            model = ViTModel(ViTConfig())
        case "clip-vision":
            model = CLIPVisionModel(CLIPVisionConfig())
        case "wav2vec2":
            model = Wav2Vec2Model(Wav2Vec2Config())
        case "swin":
            model = SwinModel(SwinConfig())
        case "detr":
            model = DetrModel(DetrConfig(backbone_config=ResNetConfig(out_features=["stage4"])))
        case "llama":
            config = LlamaConfig(
                hidden_size=768,
                intermediate_size=3072,
                num_hidden_layers=12,
                num_attention_heads=12,
                num_key_value_heads=12,
                max_position_embeddings=2048,
                eos_token_id=None,  # everyone generates as many tokens as were asked for
            )
            model = LlamaForCausalLM(config)
        case "mamba2":
            config = Mamba2Config(
                vocab_size=50288,
                hidden_size=768,
                num_hidden_layers=24,
                num_heads=24,
                n_groups=1,
                tie_word_embeddings=True,
                eos_token_id=None,
            )
            model = Mamba2ForCausalLM(config)
        case "t5-small":
            model = T5ForConditionalGeneration(T5Config(decoder_start_token_id=0, eos_token_id=None))
        case "whisper-tiny":
            model = WhisperForConditionalGeneration(WhisperConfig(eos_token_id=None))
        case _:
            raise ValueError(f"no model {name!r}")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                # Biases start at zero and norms at one; noise shows whether a contestant applies them.
                parameter.add_(torch.randn_like(parameter) * 0.02)
    return model.eval()


def example(model: str, shape: tuple[int, ...]) -> dict[str, torch.Tensor]:
    """Pixels or samples for a model that takes them, else tokens."""
    generator = torch.Generator().manual_seed(SEED)
    if model in MAIN_INPUT:
        return {MAIN_INPUT[model]: torch.randn(shape, generator=generator)}
    ids = torch.randint(1000, 30000, shape, generator=generator)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


class LastHiddenState(torch.nn.Module):
    """The one output of a model that the contestants compute, so that nothing else is exported."""

    def __init__(self, model: torch.nn.Module):
        super().__init__()
        self.model = model

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        return self.model(**inputs).last_hidden_state


def export(model: torch.nn.Module, scenario: Scenario, path: Path) -> None:
    """Exports the model by PyTorch's own exporter, with batch and sequence left open.

    From eager attention: for sdpa the exporter adds a guard against rows that are masked completely
    (IsNaN, Where), and slices weights in the graph, so that graph is larger and not faster.
    """
    model.set_attn_implementation("eager")
    # Two rows, because a size of one would be taken as fixed.
    arguments = example(scenario.model, (2, *scenario.shape[1:]))
    dynamic = {0: torch.export.Dim("batch")}
    if "input_ids" in arguments:
        dynamic[1] = torch.export.Dim("sequence", max=model.config.max_position_embeddings)
    if "input_values" in arguments:
        # Of fewer samples than that the convolutions make no frame.
        dynamic[1] = torch.export.Dim("samples", min=400)
    torch.onnx.export(
        LastHiddenState(model).eval(),
        kwargs={"inputs": arguments},
        f=path,
        input_names=list(arguments),
        output_names=["last_hidden_state"],
        dynamic_shapes={"inputs": dict.fromkeys(arguments, dynamic)},
        verbose=False,
    )


def make_model(work: Path, scenario: Scenario) -> None:
    """Writes the checkpoint of a scenario, and its exported graph where ONNX Runtime takes part."""
    final = checkpoint(work, scenario.model)
    if final.exists():
        return
    print(f"making {final}", flush=True)
    partial = final.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    model = random_model(scenario.model)
    model.save_pretrained(partial)
    if ONNXRUNTIME in scenario.contestants:
        export(model, scenario, partial / EXPORTED)
    partial.rename(final)


def main() -> None:
    work, names = Path(sys.argv[1]), sys.argv[2:]
    disable_progress_bar()
    # Only about names of axes that the exporter merges.
    warnings.filterwarnings("ignore", module="torch.onnx")
    for scenario in named(names):
        make_model(work, scenario)
        path = inputs(work, scenario)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(example(scenario.model, scenario.shape), path)


if __name__ == "__main__":
    main()
