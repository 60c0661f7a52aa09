"""Logs of the runtime's lines: written into by others, cut, stamped, wrapped, and with numbers that hurt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from tests.fuzz.mutate import EXTREMES, TEXTS, dumb

_NUMBERS: Final = (*EXTREMES, -1, 10**30, "1e9", "NaN", "+Inf", "0.0000000001", "٣")
_STAMPS: Final = (
    "2026-11-28T10:00:00.5Z ",
    "Nov 28 10:00:00 h a[7]: ",
    "web-1  | ",
    "9999-99-99 99:99:99 ",
    "<13>1 ",
    "\x1b[1m",
)


def mutated(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    """A log with some changes to its lines; most leave it one."""
    lines = content.split(b"\n")
    start = draw.randrange(max(1, len(lines) - 20))
    lines = lines[start : start + draw.randrange(3, 25)]
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        place = draw.randrange(len(lines))
        lines[place : place + 1] = draw.choice(_CHANGES)(lines[place], draw, others)
        lines = lines or [b""]
    if draw.random() < 0.2:
        stamp = draw.choice(_STAMPS).encode()
        lines = [stamp + line for line in lines]
    return draw.choice((b"\n", b"\n", b"\n", b"\r\n")).join(lines) + draw.choice((b"\n", b"\n", b""))


def _dropped(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return []


def _repeated(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return [line] * draw.choice((2, 2, 300))


def _broken(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    place = draw.randrange(len(line) + 1)
    return [line[:place] + draw.choice(TEXTS), line[place:]]


def _cut(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return [line[: draw.randrange(len(line) + 1)]]


def _joined(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return [line + draw.choice(draw.choice(others or [line]).split(b"\n")) * draw.choice((1, 1, 40))]


def _numbered(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    numbers = list(re.finditer(rb"\d+", line))
    if not numbers:
        return [line]
    found = draw.choice(numbers)
    return [line[: found.start()] + str(draw.choice(_NUMBERS)).encode() + line[found.end() :]]


def _stamped(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return [draw.choice((*map(str.encode, _STAMPS), *TEXTS)) + line]


def _wrapped(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    text: object = line.decode("utf-8", "replace") + draw.choice(("", "\n", "\n\ngc 1 @"))
    for _ in range(draw.choice((1, 1, 2, 5))):
        name = draw.choice(("log", "msg", "message", "x"))
        text = {
            name: text,
            "time": draw.choice((*_NUMBERS, *_STAMPS, None, [], {})),
            "host": draw.choice((*_STAMPS, 7)),
        }
        text = draw.choice((text, json.dumps(text)))
    made = (text if isinstance(text, str) else json.dumps(text)).encode("utf-8", "replace")
    return [made if draw.random() < 0.8 else made[: draw.randrange(len(made) + 1)]]


def _dumb(line: bytes, draw: Random, others: Sequence[bytes]) -> list[bytes]:
    return [dumb(line, draw, others=others)[: 1 << 16]]


_CHANGES: Final[tuple[Callable[[bytes, Random, Sequence[bytes]], list[bytes]], ...]] = (
    _dropped, _repeated, _broken, _broken, _cut, _joined, _numbered, _numbered, _stamped, _wrapped, _wrapped, _dumb,
)  # fmt: skip
