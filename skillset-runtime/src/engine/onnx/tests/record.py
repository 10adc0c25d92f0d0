"""Records in expected.json what torch and transformers compute for the cases of operations.rs.

    python record.py

Inputs follow the same formulas as `input` in mod.rs; they are not stored.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN

B, S = 2, 7


def elements(shape):
    return torch.arange(math.prod(shape), dtype=torch.float64)


def x(seed, *shape):
    """Floats of input number `seed`."""
    return torch.sin(elements(shape) * 0.37 + seed).reshape(shape).float()


def ints(seed, bound, *shape):
    return ((elements(shape).long() * 5 + seed) % bound).reshape(shape)


def bools(seed, *shape):
    return ((elements(shape).long() * 3 + seed) % 4 != 0).reshape(shape)


def attend(q, k, v, scale, causal=False, window=None, softcap=None, bias=None, mask=None):
    group = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    scores = q @ k.transpose(2, 3) * scale
    if softcap:
        scores = softcap * torch.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias
    s, t = scores.shape[2:]
    distance = torch.arange(t - s, t)[:, None] - torch.arange(t)
    visible = torch.ones(s, t, dtype=torch.bool)
    if causal:
        visible = visible & (distance >= 0)
    if window:
        visible = visible & (distance < window if causal else distance.abs() <= window)
    visible = visible[None, None]
    if mask is not None:
        visible = visible & mask[:, None, None]
    return scores.masked_fill(~visible, torch.finfo(torch.float32).min).softmax(-1) @ v


def rotate(x, cos, sin, adjacent):
    r = 2 * cos.shape[-1]
    cos, sin, rest = cos[:, None], sin[:, None], x[..., r:]
    a, b = (x[..., 0:r:2], x[..., 1:r:2]) if adjacent else (x[..., : r // 2], x[..., r // 2 : r])
    first, second = a * cos - b * sin, b * cos + a * sin
    turned = torch.stack([first, second], -1).flatten(-2) if adjacent else torch.cat([first, second], -1)
    return torch.cat([turned, rest], -1)


def mix(x, chosen, weights, gate, up, down):
    """Every row by the experts that it chose."""
    results = [F.linear(F.silu(F.linear(x, g)) * F.linear(x, u), d) for g, u, d in zip(gate, up, down, strict=True)]
    picked = torch.stack(results, -2).gather(-2, chosen[..., None].expand(*chosen.shape, x.shape[-1]))
    return (picked * weights[..., None]).sum(-2)


def scan(x, step, decay, write, read, state):
    """A selective scan position by position; the result as `Op::SelectiveScan` has it."""
    group = x.shape[2] // write.shape[2]
    write, read = write.repeat_interleave(group, 2), read.repeat_interleave(group, 2)
    decay = decay.reshape(x.shape[2], 1, -1)
    outputs = []
    for t in range(x.shape[1]):
        dt = step[:, t, :, None, None]
        state = torch.exp(dt * decay) * state + dt * x[:, t, :, :, None] * write[:, t, :, None]
        outputs.append((state * read[:, t, :, None]).sum(-1))
    return torch.cat([torch.stack(outputs, -1), state], -1)


def cases():
    for name in sorted(ACT2FN):
        if name in ACTIVATIONS:
            yield "activation " + name, ACT2FN[name](x(0, B, 8) * 4)
    yield "linear", F.gelu(F.linear(x(0, B, S, 4), x(1, 6, 4), x(2, 6)))
    yield "linear transposed", x(0, B, 4) @ x(1, 4, 6)
    yield "layer norm", F.layer_norm(x(0, B, S, 8), [8], x(1, 8), x(2, 8), 1e-5)
    yield "layer norm without scale", F.layer_norm(x(0, B, S, 8), [8], None, None, 1e-5)
    yield "rms norm", F.rms_norm(x(0, B, S, 8), [8], x(1, 8), 1e-6)
    yield "convolution", F.conv2d(x(0, B, 4, 9, 11), x(1, 6, 1, 3, 3).repeat(1, 2, 1, 1), x(2, 6), (2, 1), (1, 0), (1, 3), 2)
    line = F.pad(x(0, B, 4, S), (1, 2))
    yield "convolution of a line", F.gelu(F.conv1d(line, x(1, 6, 4, 3), x(2, 6), 2))
    y = F.conv_transpose2d(x(0, B, 4, 5, S), x(1, 4, 3, 3, 4), x(2, 6), (2, 3), (1, 0), (1, 0), 2, (1, 2))
    yield "transposed convolution", y
    yield "transposed convolution of a line", F.conv_transpose1d(x(0, B, 4, S), x(1, 4, 3, 5), x(2, 3), 2)
    for name, groups in (("group norm", 2), ("instance norm", 8)):
        yield name, F.group_norm(x(0, B, 8, S, 3), groups, x(1, 8), x(2, 8), 1e-5)
    yield "batch norm", F.batch_norm(x(0, B, 4, 3, 5), x(1, 4), x(2, 4) ** 2, x(3, 4), x(4, 4), eps=1e-3)
    yield "max pool", F.max_pool2d(x(0, B, 2, 5, 6), (3, 2), (2, 1), (1, 0))
    yield "grid sample", F.grid_sample(x(0, B, 3, 5, 4), x(1, B, S, 6).reshape(B, S, 3, 2) * 1.3, align_corners=False)
    q, k, v = x(0, B, 4, S, 8), x(1, B, 4, S, 8), x(2, B, 4, S, 8)
    yield "attention", attend(q, k, v, 0.5)
    mask = bools(3, B, S)
    yield "attention key mask", attend(q, k, v, 0.5, mask=mask)
    yield "attention all masked", attend(q, k, v, 0.5, mask=torch.zeros_like(mask))
    bias = x(3, 1, 4, S, S)
    yield "attention bias", attend(q, k, v, 0.5, softcap=1.5, bias=bias, mask=bools(4, B, S), causal=True)
    k, v = x(1, B, 1, S, 8), x(2, B, 1, S, 6)
    yield "attention shared keys", attend(q, k, v, 0.5, causal=True, window=3, mask=bools(3, B, S))
    yield "attention window on both sides", attend(x(0, B, 4, S, 8), k, v, 0.5, window=2)
    yield "attention last rows", attend(x(0, B, 4, 1, 8), k, v, 0.5, causal=True)
    for adjacent in (False, True):
        name = "rotary adjacent" if adjacent else "rotary halves"
        yield name, rotate(x(0, B, 4, S, 10), x(1, 1, S, 4), x(2, 1, S, 4), adjacent)
    chosen, weights = ints(1, 3, B, S, 2), x(2, B, S, 2)
    yield "experts", mix(x(0, B, S, 4), chosen, weights, x(3, 3, 6, 4), x(4, 3, 6, 4), x(5, 3, 4, 6))
    scanned = x(0, B, S, 6, 4), x(1, B, S, 6).abs()
    maps, state = (x(3, B, S, 3, 5), x(4, B, S, 3, 5)), x(5, B, 6, 4, 5)
    for name, decay in (("", x(2, 6)), (" of diagonal decay", x(2, 6, 5))):
        yield "selective scan" + name, scan(*scanned, -decay.abs(), *maps, state)
        yield "selective scan without state" + name, scan(*scanned, -decay.abs(), *maps, 0 * state)[..., :S]
    yield "softplus", torch.log(F.softplus(x(0, B, 8) * 12))
    yield "gather", x(0, 9, 4)[ints(1, 9, B, S)]
    yield "gather elements", x(0, B, 9).gather(1, ints(1, 9, B, S))
    yield "cumulative sum", ints(0, 9, B, S).cumsum(1)
    yield "largest", x(0, B, S, 5).argmax(1)
    yield "largest first", x(0, B, S, 5).topk(3).indices
    yield "select", torch.where(bools(0, B, S), x(1, B, S), torch.tensor(-1.0))
    yield "softmax", x(0, B, S, 5).softmax(1)
    yield "means", x(0, B, S, 5).mean((1, 2))
    yield "extremes", x(0, B, S).amax(1) - x(0, B, S).amin(1) + x(0, B, S).sum(1)
    yield "powers", torch.abs(x(0, B, S)).pow(1.5) + torch.exp(x(0, B, S)) * torch.sin(x(1, B, S)).minimum(x(0, B, S))
    yield "comparison", ~((x(0, B, S) <= x(1, B, S)) & (x(0, B, S) > 0)) & (x(0, B, S) != x(1, B, S))
    yield "merged axes", x(0, B, S, 6).reshape(B * S, 6)
    yield "split axes", x(0, B, S, 6).reshape(B, S, 3, 2).transpose(1, 2).reshape(B * 3, S * 2)
    yield "broadcast", x(0, 1, S, 4).expand(B, S, 4)
    yield "positions", torch.arange(S - 3, 2 * S - 3) * B
    yield "frames", x(0, B, (S - 3) // 2 + 2)[:, 1 : (S - 3) // 2 + 1]


ACTIVATIONS = set(
    "gelu gelu_10 gelu_new gelu_fast hardswish laplace leaky_relu linear mish quick_gelu relu relu2 relu6"
    " sigmoid silu sqrtsoftplus tanh".split()
)

if __name__ == "__main__":
    recorded = {
        name: {"shape": list(y.shape), "values": [float(f"{v:.8g}") for v in y.float().flatten().tolist()]}
        for name, y in cases()
    }
    lines = [f"{json.dumps(name)}: {json.dumps(case)}" for name, case in recorded.items()]
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
