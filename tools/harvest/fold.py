"""Tensor names of many layers as one: `layers.0.q`, `layers.1.q` become `layers.{0..1}.q`."""

from collections.abc import Iterable


def fold(shapes: dict[str, list[int] | None]) -> dict[str, list[int] | None]:
    """Folds every numbered part of the names under which the shapes agree."""
    entries = [(tuple(name.split(".")), None if shape is None else tuple(shape)) for name, shape in shapes.items()]
    depth = max((len(parts) for parts, _ in entries), default=0)
    for position in reversed(range(depth)):
        entries = _fold_at(entries, position)
    return {".".join(parts): None if shape is None else list(shape) for parts, shape in entries}


def _fold_at(entries: list, position: int) -> list:
    """Folds one part of the names; an entry stands where its first number stood."""
    groups: dict[tuple, list[int]] = {}
    for parts, shape in entries:
        if position < len(parts) and parts[position].isdigit():
            groups.setdefault((_without(parts, position), shape), []).append(int(parts[position]))
    folded, done = [], set()
    for parts, shape in entries:
        if position >= len(parts) or not parts[position].isdigit():
            folded.append((parts, shape))
            continue
        key = (_without(parts, position), shape)
        if key not in done:
            done.add(key)
            folded.append((parts[:position] + (_range(groups[key]),) + parts[position + 1 :], shape))
    return folded


def _without(parts: tuple[str, ...], position: int) -> tuple:
    # The number of parts before the gap keeps `a.0.b` and `a.b.0` apart.
    return position, parts[:position], parts[position + 1 :]


def _range(numbers: Iterable[int]) -> str:
    """`{0..3}`, `{0,2}`, or the number itself."""
    numbers = sorted(numbers)
    if len(numbers) == 1:
        return str(numbers[0])
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{{{numbers[0]}..{numbers[-1]}}}"
    return "{" + ",".join(map(str, numbers)) + "}"
