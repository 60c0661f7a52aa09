"""Who waited for locks, as text: Go's `debug=1` of block and mutex profiles, and gperftools' contention.

    --- mutex:
    cycles/second=2596123369
    sampling period=1
    719712045 79 @ 0x61b4bd 0x61b9bb

Cycles and how often. google/pprof, profile/legacy_profile.go: parseContention.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np

from pipeline.errors import DecodeError
from pipeline.formats.legacy.recognise import CONTENTION_HEADER
from pipeline.formats.legacy.records import Spelling, first_bad
from pipeline.formats.samples import Header
from pipeline.values import Int64s

_TYPES: Final = (("contentions", "count"), ("delay", "nanoseconds"))
_NUMBER: Final = re.compile(r"-?(?:0[xX][0-9a-fA-F]{1,16}|[0-9]{1,30})$")
_INT64: Final = 2.0**63


def read_contention_header(first: bytes, attributes: Sequence[tuple[str, str]]) -> tuple[Header, Spelling]:
    """What the lines above the samples say of all of them; raises DecodeError for attributes that are not known."""
    found = CONTENTION_HEADER.match(first)
    assert found is not None, "it was recognised by this"
    numbers = {"cycles/second": 0, "sampling period": 1, "ms since reset": 0}
    for name, value in attributes:
        if name in numbers:
            numbers[name] = _number(name, value)
        elif name != "discarded samples":
            raise DecodeError(f"{name!r} is no attribute of a contention profile; {', '.join(numbers)} are")
    period, duration_ns = numbers["sampling period"], numbers["ms since reset"] * 1_000_000
    if abs(duration_ns) >= 2**63:
        raise DecodeError(f"{numbers['ms since reset']} ms since reset take more than 64 bits in nanoseconds")
    kind = "mutex" if found[2] else "block" if found[3] else ""
    header = Header(_TYPES, ("contentions", "count"), period, duration_ns, kind=kind)
    values = partial(_values, period=period, cycles_per_second=numbers["cycles/second"])
    return header, Spelling("n *n ", values, is_end=True)


def _number(name: str, text: str) -> int:
    if not _NUMBER.match(text):
        raise DecodeError(f"{name} is {text[:40]!r}, which is no number")
    number = int(text, 16 if "x" in text.lower() else 10)
    if not -(2**63) <= number < 2**63:
        raise DecodeError(f"{name} is {text}, which takes more than 64 bits")
    return number


def _values(numbers: Int64s, *, period: int, cycles_per_second: int) -> tuple[Int64s, None]:
    """How often, and nanoseconds; of one in `period`, all."""
    delay, count = numbers[:, 0], numbers[:, 1]
    if period > 0:
        if cycles_per_second > 0:
            with np.errstate(all="ignore"):
                ns = delay.astype(np.float64) * float(period) / (cycles_per_second / 1e9)
            first_bad(~(np.abs(ns) < _INT64), "the delay takes more than 64 bits in nanoseconds")
            delay = ns.astype(np.int64)
        first_bad(count > (2**63 - 1) // period, "the contentions take more than 64 bits")
        count = count * period
    return np.column_stack([count, delay]), None
