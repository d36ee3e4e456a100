"""New inputs from old ones: bytes, words and, in JSON, whole parts exchanged."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

ODD_BYTES = [0, 9, 10, 13, 32, 34, 39, 47, 92, 127, 128, 192, 255]
ODD_NUMBERS: list[Any] = [
    0, 1, -1, 2, 3, 10**9, -(10**9), 2**63, 10**400, 0.0, -0.0, 0.5, 5e-324, 1.7976931348623157e308,
    True, False, None, "", "nan", "inf", "-inf", "é", "\ud800", "\x00", [], {}, [[]], [0],
    {"kind": "Layer"},
]  # fmt: skip


def mutated(
    data: bytes, other: bytes, words: Sequence[str], is_json: bool, longest: int, generator: Random
) -> bytes:
    """Return a new input made of ``data``, with parts of ``other`` and ``words``."""
    for _ in range(generator.choice((1, 1, 1, 2, 3, 8))):
        changed = _json(data, other, words, generator) if is_json and generator.random() < 0.7 else None
        data = _bytes(data, other, words, generator) if changed is None else changed
    return data[:longest]


def _bytes(data: bytes, other: bytes, words: Sequence[str], generator: Random) -> bytes:
    """Return ``data`` with one span of it replaced: by nothing, a word, odd bytes, or other spans."""
    start = generator.randint(0, len(data))
    end = min(len(data), start + generator.choice((0, 0, 1, 1, 2, 4, 16, 64)))
    left, right = sorted(generator.randint(0, len(other)) for _ in range(2))
    put = generator.choice((
        b"",
        generator.choice(words).encode("utf-8", "surrogatepass"),
        bytes([generator.choice(ODD_BYTES)]),
        bytes([generator.randrange(256)]),
        other[left:right],
        data[start:end] * generator.choice((2, 3, 50)),
    ))  # fmt: skip
    return data[:start] + put + data[end:]


def _json(data: bytes, other: bytes, words: Sequence[str], generator: Random) -> bytes | None:
    """Return the document with one part changed; None where there is no document."""
    try:
        document, donor = [json.loads(data)], [json.loads(other)]
    except (ValueError, RecursionError):
        return None
    holder, key = generator.choice(_places(document))
    part = holder[key]
    choice = generator.randrange(7)
    if choice == 0:
        holder[key] = generator.choice(ODD_NUMBERS)
    elif choice == 1:
        holder[key] = generator.choice(words)
    elif choice == 2:
        from_holder, from_key = generator.choice(_places(donor))
        holder[key] = from_holder[from_key]
    elif choice == 3 and holder is not document:
        del holder[key]
    elif choice == 4 and isinstance(holder, list):
        holder.insert(key, part)
    elif choice == 5 and isinstance(holder, dict):
        holder[generator.choice(words)] = part
    elif choice == 6 and generator.random() < 0.1:
        for _ in range(generator.choice((60, 300, 490, 900))):
            part = [part]
        holder[key] = part
    elif isinstance(part, float):
        holder[key] = part + generator.choice((-1, 1, 0.5))
    else:
        holder[key] = generator.choice(([part], {"kind": part}))
    try:
        return json.dumps(document[0]).encode()
    except (ValueError, RecursionError, OverflowError):
        return None


def _places(document: list[Any]) -> list[tuple[Any, Any]]:
    """Return where the parts of a document stand: what holds each, and its key there."""
    found: list[tuple[Any, Any]] = [(document, 0)]
    for holder, key in found:  # grows while it is walked
        part = holder[key]
        if isinstance(part, dict):
            found += [(part, inner) for inner in part]
        elif isinstance(part, list):
            found += [(part, inner) for inner in range(len(part))]
    return found
