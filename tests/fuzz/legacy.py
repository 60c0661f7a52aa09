"""Profiles in text and words, and dumps: numbers and lines changed, and what no program prints put into them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.fuzz.escapes import mutated_text
from tests.fuzz.mutate import dumb, number

_NUMBER: Final = re.compile(rb"0x[0-9a-f]+|-?\d+")


def mutated(content: bytes, draw: Random, others: Sequence[bytes]) -> bytes:
    """A profile or a dump with some changes; most leave it one."""
    if b"\0" in content[:16]:
        return dumb(content, draw, others=others)
    if draw.random() < 0.5:
        return _with_numbers(content, draw)
    first, feed, rest = content.partition(b"\n")
    if draw.random() < 0.3:
        return mutated_text(content, draw, others)
    return first + feed + mutated_text(rest, draw, others)


def _with_numbers(content: bytes, draw: Random) -> bytes:
    found = list(_NUMBER.finditer(content))
    for one in sorted(draw.sample(found, min(len(found), draw.choice((1, 1, 2, 5)))), key=lambda one: -one.start()):
        new = number(draw)
        spelled = hex(new).encode() if one[0].startswith(b"0x") else str(draw.choice((new, -new))).encode()
        content = content[: one.start()] + spelled + content[one.end() :]
    return content
