"""Inputs of the recorded runs: small, seeded, and chosen to reach every optional argument."""

import inspect
from dataclasses import dataclass, field

import numpy as np
import torch
from transformers import PreTrainedModel
from transformers.backbone_utils import BackboneMixin


@dataclass
class Run:
    """One call of a model's `forward`."""

    name: str
    note: str
    inputs: dict[str, torch.Tensor]
    flags: dict[str, bool] = field(default_factory=dict)

    @property
    def arguments(self) -> dict:
        return self.inputs | self.flags


def runs_for(model: PreTrainedModel, is_base: bool, case: dict) -> list[Run]:
    """The runs of one model; those that no head can change are recorded for the model without one only."""
    arguments = set(inspect.signature(model.forward).parameters)
    if "input_points" in arguments:
        return list(_prompt_runs(model.config))
    if model.main_input_name == "pixel_values":
        has_mask_token = type(model).__name__.endswith("ForMaskedImageModeling")
        config = getattr(model.config, "vision_config", model.config)
        sizes = case.get("sizes", []) if is_base or isinstance(model, BackboneMixin) else []
        runs = list(_image_runs(config, arguments, model if is_base else None, has_mask_token, sizes))
        if case.get("states") and sizes:
            runs.append(Run("states", "the states of all layers, too", runs[1].inputs, {"output_hidden_states": True}))
        return runs
    if model.main_input_name == "input_features":
        return list(_spectrogram_runs(model, arguments, is_base))
    if "decoder_input_ids" in arguments:
        return list(_text_to_text_runs(model, is_base, case.get("long")))
    if model.main_input_name == "input_values":
        return list(_speech_runs(model, arguments, is_base))
    if hasattr(model.config, "image_token_id"):
        return list(_image_text_runs(model, arguments, is_base))
    if "pixel_values" in arguments:
        return list(_pair_runs(model.config, arguments))
    if model.main_input_name == "past_values":
        return list(_series_runs(model.config))
    return list(_text_runs(model.config, arguments, is_base, case.get("long")))


def _pair_runs(config, arguments: set[str]):
    """Texts with images, of other numbers."""
    texts = list(_text_runs(config.text_config, arguments, False, None))
    images = list(_image_runs(config.vision_config, arguments, None, False, []))
    for i in range(max(len(texts), len(images))):
        text, image = texts[i % len(texts)], images[i % len(images)]
        pixel_values = image.inputs["pixel_values"]
        inputs = text.inputs | {"pixel_values": torch.cat([pixel_values, -pixel_values.flip(2)])[:3]}
        yield Run(f"{text.name}_{image.name}", f"{text.note}; {image.note}, and mirrored", inputs, image.flags)


def _image_text_runs(model, arguments: set[str], is_base: bool):
    """Texts with tokens that images stand in for; then those without images."""
    random = np.random.default_rng(7)
    config, text, vision = model.config, model.config.text_config, model.config.vision_config
    height, width = _pair(vision.image_size)
    features = model.get_image_features(pixels(random, vision, 1, height, width)).pooler_output[0].shape[0]

    def words(count: int) -> list[int]:
        ids = token_ids(random, text, (count,))
        return torch.where(ids == config.image_token_id, 3, ids).tolist()

    image = [config.image_token_id] * features
    rows = [words(2) + image + words(3), words(1) + image + words(2) + image + words(1)]
    length = max(map(len, rows))
    pad = text.pad_token_id or 0
    ids = torch.tensor([[pad] * (length - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in rows])
    padded = {"input_ids": ids, "attention_mask": mask, "pixel_values": pixels(random, vision, 3, height, width)}
    yield Run("images", "one image, then two, padded on the left", padded)
    one = {"input_ids": torch.tensor([image + words(4)]), "pixel_values": pixels(random, vision, 1, height, width)}
    yield Run("one_image", "no optional argument", one)
    for run in _text_runs(text, arguments, is_base, None):
        ids = run.inputs.get("input_ids", torch.tensor(0))
        if not (ids == config.image_token_id).any():
            yield run


def _text_runs(config, arguments: set[str], is_base: bool, long: int | None):
    random = np.random.default_rng(7)
    lengths = (7, 4)
    width = max(lengths)

    ids = token_ids(random, config, (2, width))
    mask = torch.tensor([[1] * n + [0] * (width - n) for n in lengths])
    padded = {"input_ids": _pad(ids, mask, config), "attention_mask": mask}
    if "token_type_ids" in arguments:
        # GPT-2 takes a token for each kind of token; a model without kinds takes no notice.
        types = random.integers(0, getattr(config, "type_vocab_size", 0) or config.vocab_size, (2, width))
        padded["token_type_ids"] = torch.from_numpy(types) * mask
    if "task_type_ids" in arguments:
        kinds = random.integers(0, config.task_type_vocab_size, (2, width))
        padded["task_type_ids"] = torch.from_numpy(kinds) * mask
    yield Run("padded", "batch of 2, the second padded on the right", padded)

    yield Run("ids_only", "no optional argument", {"input_ids": token_ids(random, config, (1, 5))})

    if "position_ids" in arguments:
        ids = token_ids(random, config, (2, width))
        left = mask.flip(1)
        positions = (left.cumsum(1) - 1).clamp(min=0)
        left_padded = {"input_ids": _pad(ids, left, config), "attention_mask": left, "position_ids": positions}
        yield Run("left_padded", "padded on the left, positions count real tokens", left_padded)

    elif "cache_params" in arguments:
        # A recurrence has no positions, but what it takes in at padding would stay in its state.
        ids = token_ids(random, config, (2, width))
        left_padded = {"input_ids": _pad(ids, mask.flip(1), config), "attention_mask": mask.flip(1)}
        yield Run("left_padded", "padded on the left", left_padded)

    if is_base and "position_ids" in arguments:
        # Contiguous: a causal model takes any other step for the start of a second, packed sequence.
        explicit = {"input_ids": token_ids(random, config, (1, 5)), "position_ids": torch.arange(9, 14)[None]}
        yield Run("positions", "positions 9 to 13", explicit)
    if is_base:
        length = long or config.max_position_embeddings - 1
        yield Run("long", f"{length} tokens", {"input_ids": token_ids(random, config, (1, length))})
    if getattr(config, "add_cross_attention", False) and "encoder_hidden_states" in arguments:
        encoded = {
            "input_ids": token_ids(random, config, (2, width)),
            "encoder_hidden_states": vectors(random, config.hidden_size, 2, 5),
            "encoder_attention_mask": torch.tensor([[1] * 5, [1] * 3 + [0] * 2]),
        }
        yield Run("encoder", "attention to an encoder's 5 and 3 states", encoded)
    if is_base and {"position_ids", "inputs_embeds"} <= arguments:
        embedded = getattr(config, "embedding_size", config.hidden_size)
        one_row = {"inputs_embeds": vectors(random, embedded, 2, 5), "position_ids": torch.arange(3, 8)[None]}
        yield Run("embedded", "vectors in place of ids, one row of positions for both", one_row)
    if is_base and "position_ids" in arguments:
        bias = torch.from_numpy(random.normal(0, 1, (2, 1, 5, 5)).astype(np.float32))
        biased = {"input_ids": token_ids(random, config, (2, 5)), "attention_mask": bias}
        yield Run("biased", "a mask of four axes, which is added to the scores", biased)
        if not getattr(config, "use_cache", True):
            positions = torch.tensor([[0, 1, 2, 0, 1, 2, 3]])
            packed = {"input_ids": token_ids(random, config, (1, 7)), "position_ids": positions}
            yield Run("packed", "two sequences in one row", packed)


def _text_to_text_runs(model: PreTrainedModel, is_base: bool, long: int | None):
    """Those of an encoder and a decoder of text."""
    config, random = model.config, np.random.default_rng(7)
    makes_decoder_ids = not (is_base or model.can_generate())

    def source(lengths: tuple[int, ...]) -> dict[str, torch.Tensor]:
        mask = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
        ids = _pad(token_ids(random, config, (len(lengths), max(lengths))), mask, config)
        if makes_decoder_ids:
            # Classifiers read what stands at the last of these.
            ids[torch.arange(len(lengths)), torch.tensor(lengths) - 1] = config.eos_token_id
        return {"input_ids": ids, "attention_mask": mask}

    padded, alone = source((7, 4)), {"input_ids": source((5,))["input_ids"]}
    if makes_decoder_ids:
        yield Run("padded", "batch of 2, the second padded on the right", padded)
        yield Run("ids_only", "no optional argument", alone)
        return
    targets = {
        "decoder_input_ids": token_ids(random, config, (2, 5)),
        "decoder_attention_mask": torch.tensor([[1] * 5, [1] * 3 + [0] * 2]),
    }
    yield Run("padded", "batch of 2, source and target of the second padded on the right", padded | targets)
    one = {"decoder_input_ids": token_ids(random, config, (1, 3))}
    yield Run("ids_only", "no mask", alone | one)
    encoded = {"encoder_hidden_states": vectors(random, config.hidden_size, 2, 7), "attention_mask": padded["attention_mask"]}
    yield Run("encoded", "given what an encoder made of 7 and 4 tokens", encoded | targets)
    if is_base:
        embeds = {"inputs_embeds": vectors(random, config.hidden_size, 2, 6), "decoder_inputs_embeds": vectors(random, config.hidden_size, 2, 4)}
        yield Run("embedded", "vectors in place of ids", embeds)
        length = long or config.max_position_embeddings - 1
        far = {name: token_ids(random, config, (1, length)) for name in ("input_ids", "decoder_input_ids")}
        yield Run("long", f"{length} tokens each", far)


def _spectrogram_runs(model: PreTrainedModel, arguments: set[str], is_base: bool):
    """Those of an encoder of spectrograms, and of the decoder behind it."""
    config, random = model.config, np.random.default_rng(7)
    shape = (config.num_mel_bins, 2 * config.max_source_positions)
    sound = {"input_features": torch.from_numpy(random.normal(0, 1, (2, *shape)).astype(np.float32))}
    if "decoder_input_ids" not in arguments:
        yield Run("batch", "2 spectrograms", sound)
        return
    targets = {"decoder_input_ids": token_ids(random, config, (2, 5))}
    yield Run("batch", "2 spectrograms", sound | targets)
    left = torch.tensor([[1] * 5, [0] * 2 + [1] * 3])
    positions = {"decoder_attention_mask": left, "decoder_position_ids": (left.cumsum(1) - 1).clamp(min=0)}
    yield Run("left_padded", "the second target padded on the left, positions count real tokens", sound | targets | positions)
    encoded = {"encoder_hidden_states": vectors(random, config.hidden_size, 2, config.max_source_positions)}
    yield Run("encoded", "given what an encoder made of two spectrograms", encoded | targets)
    if is_base:
        embeds = {"decoder_inputs_embeds": vectors(random, config.hidden_size, 2, 4)}
        yield Run("embedded", "vectors in place of the decoder's ids", sound | embeds)


def _image_runs(
    config, arguments: set[str], model: PreTrainedModel | None, has_mask_token: bool, sizes: list[list[int]]
):
    """Images of the sizes that a model takes; `model` is given where it is one without a head."""
    random = np.random.default_rng(7)
    # A config without a size has models that take any.
    height, width = _pair(getattr(config, "image_size", 40))
    yield Run("batch", "2 images", {"pixel_values": pixels(random, config, 2, height, width)})
    for h, w in sizes:
        yield Run(f"{h}x{w}", "an image of another size", {"pixel_values": pixels(random, config, 1, h, w)})
    if "pixel_mask" in arguments:
        yield from _padded_images(random, config, arguments, model is not None, height, width)
    if not hasattr(config, "patch_size"):
        return
    # transformers divides by the patch size as a number, and takes the grid for a square; a decoder of masked
    # patches that of the image, too.
    can_interpolate = isinstance(config.patch_size, int) and height == width and not has_mask_token
    if "interpolate_pos_encoding" in arguments and can_interpolate:
        larger = pixels(random, config, 1, height + 2 * config.patch_size, width + config.patch_size)
        flags = {"interpolate_pos_encoding": True}
        yield Run("interpolated", "an image larger than image_size", {"pixel_values": larger}, flags)
    patch = _pair(config.patch_size)
    patches = (height // patch[0]) * (width // patch[1])
    if has_mask_token:
        masked = torch.from_numpy(random.random((2, patches)) < 0.5)
        image = pixels(random, config, 2, height, width)
        yield Run("masked", "about half of the patches masked", {"pixel_values": image, "bool_masked_pos": masked})
    if model is not None and "attention_mask" in arguments:
        # There are tokens in front of those of the patches.
        tokens = model.base_model(pixel_values=torch.zeros(1, config.num_channels, height, width)).last_hidden_state.shape[1]
        mask = torch.from_numpy((random.random((2, tokens)) < 0.7).astype(np.int64))
        mask[:, 0] = 1
        image = pixels(random, config, 2, height, width)
        yield Run("attended", "some patches that no other sees", {"pixel_values": image, "attention_mask": mask})


def _prompt_runs(config):
    """Images with points, boxes and masks that say what to segment."""
    random = np.random.default_rng(7)
    vision, decoder = config.vision_config, config.mask_decoder_config
    side, patches = vision.image_size, vision.image_size // vision.patch_size

    def images(batch: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": pixels(random, vision, batch, side, side)}

    def floats(low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.from_numpy(random.uniform(low, high, shape).astype(np.float32))

    def points(batch: int, prompts: int, labels: list[int]) -> dict[str, torch.Tensor]:
        placed = {"input_points": floats(0, side, batch, prompts, len(labels), 2)}
        return placed | {"input_labels": torch.tensor(labels).expand(batch, prompts, -1).clone()}

    def boxes(batch: int, prompts: int) -> dict[str, torch.Tensor]:
        corners = floats(0, side, batch, prompts, 2, 2).sort(2).values
        return {"input_boxes": corners.reshape(batch, prompts, 4)}

    yield Run("points", "2 images, 3 prompts of points of every kind, the last padding", images(2) | points(2, 3, [1, 0, -1, 2, -10]))
    unlabelled = {"input_points": floats(0, side, 1, 2, 1, 2)}
    yield Run("unlabelled", "points that are all meant, a mask each", images(1) | unlabelled, {"multimask_output": False})
    yield Run("boxes", "2 images, 2 boxes each", images(2) | boxes(2, 2))
    both = images(2) | points(2, 2, [0, 1]) | boxes(2, 2)
    yield Run("points_and_boxes", "2 images, 2 prompts of a box and points", both, {"multimask_output": False})
    mask = {"input_masks": floats(-4, 4, 2, 1, 4 * patches, 4 * patches)}
    yield Run("mask", "points, and a mask for each image", images(2) | points(2, 2, [1]) | mask)
    yield Run("no_prompt", "an image alone", images(1), {"multimask_output": True})
    image = {"image_embeddings": floats(-1, 1, 1, vision.output_channels, patches, patches)}
    yield Run("embedded", "what an encoder made of an image, 3 prompts", image | points(1, 3, [1, 1]))
    personal = {
        "attention_similarity": floats(-1, 1, 3, 1, 1, patches * patches),
        "target_embedding": floats(-1, 1, 1, 3, 1, decoder.hidden_size),
    }
    yield Run("target", "what is looked for, as PerSAM gives it", image | points(1, 3, [1, 0]) | personal)


def _padded_images(random, config, arguments: set[str], is_base: bool, height: int, width: int):
    mask = torch.ones(2, height, width, dtype=torch.long)
    mask[1, height * 2 // 3 :] = 0
    mask[1, :, width * 4 // 5 :] = 0
    padded = {"pixel_values": pixels(random, config, 2, height, width) * mask[:, None], "pixel_mask": mask}
    yield Run("padded", "2 images, the second padded below and on the right", padded)
    if is_base and "decoder_inputs_embeds" in arguments and config.model_type == "detr":
        queries = {
            "pixel_values": pixels(random, config, 2, height, width),
            "decoder_attention_mask": torch.from_numpy((random.random((2, config.num_queries)) < 0.7).astype(np.int64)),
            "decoder_inputs_embeds": vectors(random, config.hidden_size, 2, config.num_queries),
        }
        yield Run("queries", "queries that are given, some of which no other sees", queries)


def _speech_runs(model: PreTrainedModel, arguments: set[str], is_base: bool):
    random = np.random.default_rng(7)
    long, short = (_samples(model, frames) for frames in (23, 14))
    sound = samples(random, (2, long))
    yield Run("sound", "2 recordings of one length", {"input_values": sound})
    if "attention_mask" in arguments:
        mask = torch.tensor([[1] * long, [1] * short + [0] * (long - short)])
        padded = {"input_values": samples(random, (2, long)) * mask, "attention_mask": mask}
        yield Run("padded", "batch of 2, the second padded on the right", padded)
    if is_base:
        yield Run("long", "a recording that ends within a frame", {"input_values": samples(random, (1, _samples(model, 150) + 3))})


def _samples(model: PreTrainedModel, frames: int) -> int:
    """The fewest samples of which a model makes that many frames."""
    for kernel, stride in reversed([*zip(model.config.conv_kernel, model.config.conv_stride)]):
        frames = (frames - 1) * stride + kernel
    return frames


def _series_runs(config):
    random = np.random.default_rng(7)
    shape = (2, config.context_length, config.num_input_channels)
    values = torch.from_numpy(random.normal(2, 3, shape).astype(np.float32))
    yield Run("batch", "2 series", {"past_values": values})
    observed = torch.from_numpy(random.random(shape) < 0.7)
    observed[1, :, 0] = False
    missing = {"past_values": values * observed, "past_observed_mask": observed}
    yield Run("observed", "some values missing, of one channel all", missing)


def text_config(model: PreTrainedModel):
    """The config of what reads and writes tokens, which may be a part of the model's."""
    return getattr(model.config, "text_config", model.config)


def token_ids(random: np.random.Generator, config, shape: tuple[int, ...]) -> torch.Tensor:
    """Ids below the vocabulary's size that are not the padding id."""
    ids = random.integers(3, config.vocab_size, shape)
    pad = config.pad_token_id
    return torch.from_numpy(np.where(ids == pad, 3 if pad != 3 else 4, ids))


def vectors(random: np.random.Generator, width: int, batch: int, length: int) -> torch.Tensor:
    """Hidden states, [batch, length, width]."""
    values = random.uniform(-1, 1, (batch, length, width))
    return torch.from_numpy(values.astype(np.float32))


def samples(random: np.random.Generator, shape: tuple[int, ...]) -> torch.Tensor:
    """Samples of a recording of unit variance, [batch, samples]."""
    return torch.from_numpy(random.normal(0, 1, shape).astype(np.float32))


def pixels(random: np.random.Generator, config, batch: int, height: int, width: int) -> torch.Tensor:
    """Normalised pixels, [batch, channels, height, width]."""
    values = random.uniform(-1.5, 1.5, (batch, config.num_channels, height, width))
    return torch.from_numpy(values.astype(np.float32))


def _pad(ids: torch.Tensor, mask: torch.Tensor, config) -> torch.Tensor:
    return torch.where(mask.bool(), ids, config.pad_token_id or 0)


def _pair(size) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else tuple(size)
