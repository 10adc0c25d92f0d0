"""Turns to numbers, numbers to Markdown."""

from statistics import median, quantiles

from scenarios import PEERS, PYTORCH

Turns = dict[str, list[dict[str, float]]]


def summarise(turns: Turns, key: str) -> dict[str, dict]:
    """Per contestant: median, 10th and 90th percentile of `key`, and its ratio to each peer's.

    A ratio is the median of the ratios of single rounds: the machine drifts from round to round, and
    two turns of one round are next to each other.
    """
    summary = {}
    for name, own in turns.items():
        values = [turn[key] for turn in own]
        deciles = quantiles(values, n=10, method="inclusive") if len(values) > 1 else values
        summary[name] = {
            "median": median(values),
            "p10": deciles[0],
            "p90": deciles[-1],
            "ratios": {
                peer: median(a[key] / b[key] for a, b in zip(own, turns[peer])) for peer in PEERS if peer in turns
            },
        }
    return summary


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, the first column to the left."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *rows])


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


def forward_table(scenario: dict) -> str:
    summary = summarise(scenario["turns"], "seconds")
    peers = [peer for peer in PEERS if peer in summary]
    rows = [
        [
            name,
            milliseconds(own["median"]),
            f"{milliseconds(own['p10'])} – {milliseconds(own['p90'])}",
            *(f"{own['ratios'][peer]:.2f}" for peer in peers),
            f"{scenario['differences'][name]:.1e}",
        ]
        for name, own in summary.items()
    ]
    against = [f"÷ {peer}" for peer in peers]
    return table(["contestant", "median ms", "10 – 90 % ms", *against, "max abs difference"], rows)


def generate_table(scenario: dict) -> str:
    prompt = scenario["prompt_tokens"]
    prefill = summarise(scenario["turns"], "prefill_seconds")
    decode = summarise(scenario["turns"], "decode_seconds")

    def rates(own: dict, tokens: int) -> list[str]:
        # More tokens a second is a smaller time, so the quotient is turned over.
        ratio = own["ratios"].get(PYTORCH)
        return [f"{tokens / own['median']:.1f}", f"{1 / ratio:.2f}" if ratio else "–"]

    rows = [
        [
            name,
            *rates(prefill[name], prompt),
            *rates(decode[name], 1),
            "yes" if scenario["differences"][name] == 0 else "no",
        ]
        for name in decode
    ]
    against = f"× {PYTORCH}"
    return table(["contestant", "prefill tokens/s", against, "decode tokens/s", against, "same tokens"], rows)


def load_table(model: dict) -> str:
    total, load = summarise(model["turns"], "total_seconds"), summarise(model["turns"], "seconds")
    rows = []
    for name, turns in model["turns"].items():
        peaks = [turn["peak_bytes"] for turn in turns if "peak_bytes" in turn]
        peak = median(peaks) if peaks else None
        rows.append([
            name,
            f"{load[name]['median']:.2f}",
            f"{total[name]['median']:.2f}",
            f"{peak / 2**20:.0f}" if peak else "–",
            f"{peak / model['weights_bytes']:.2f}" if peak else "–",
        ])
    header = ["contestant", "load and first result s", "from the start of the process s", "peak MiB", "÷ weights"]
    return table(header, rows)


def markdown(results: dict) -> str:
    """The whole report."""
    machine, versions = results["machine"], results["versions"]
    parts = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {results['rounds']} rounds; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
    ]
    for scenario in results["scenarios"].values():
        draw = forward_table if scenario["kind"] == "forward" else generate_table
        parts += [f"## {scenario['title']}", draw(scenario)]
    for name, model in results["models"].items():
        parts += [f"## Loading {name} ({model['weights_bytes'] / 2**20:.0f} MiB of weights)", load_table(model)]
    return "\n\n".join(parts)
