"""Lines that hold one of the runtime's and nothing odd, read all at once: of a log of GC cycles, nearly every line.

All that is not sure to be read as `reading` reads it is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.formats.gctrace.fronts import Fronts, fronts_of
from pipeline.formats.gctrace.lines import Lines
from pipeline.kernels.text.spelled import GOAL, GROUP, MIB, MS, NONE, NUMBER, SECONDS, THERE, read_spelled
from pipeline.values import Bools, Bytes, Int64s

CYCLE, FORCED, SCAN = range(3)
_SPELLED: Final = {b"N": NUMBER, b"D": MS, b"S": SECONDS, b"M": MIB, b"G": GOAL, b"!": THERE}


def _pattern(*parts: str | tuple[str]) -> Bytes:
    """A pattern of texts, in which `<N>` and the like are fields, and of groups of one text that may be missing."""
    made = b""
    for part in parts:
        text = part if isinstance(part, str) else part[0]
        inner = text.encode()
        for name, code in _SPELLED.items():
            inner = inner.replace(b"<%b>" % name, bytes([code]))
        fields = sum(byte < GROUP for byte in inner)
        made += inner if isinstance(part, str) else bytes([GROUP, len(inner), fields]) + inner
    return np.frombuffer(made, np.uint8)


_CYCLE: Final = _pattern(
    "gc <N> @<S>s <N>%", (" (checking for goroutine leaks)<!>",), ": <D>+<D>+<D> ms clock, <D>+<D>/<D>/<D>+<D> ms cpu, "
    "<M>-><M>-><M> MB, <G> MB goal, ", ("<M> MB stacks, <M> MB globals, ",), "<N> P", (" (forced)<!>",),
)  # fmt: skip
_SCAN: Final = _pattern(
    "scan: ", ("total <!>",), ("class L <!>",), ("class <N>B ",), ("<N>+<N>+<N>=<N> objs, <N>+<N>=<N> spans",), ("<N> objs",)
)  # fmt: skip
_FORCED: Final = _pattern("GC forced")
# What is marked of each: its first bytes, or for `scan:` those behind the first.
_KINDS: Final = ((CYCLE, b"g", 0, _CYCLE, 20), (FORCED, b"G", 0, _FORCED, 0), (SCAN, b"c", 1, _SCAN, 11))
_MOST_FRONT: Final = 256


@dataclass(frozen=True, slots=True)
class Plain:
    """What the lines of a chunk say, a row each; rows that are not read have no meaning.

    kind    CYCLE, FORCED, SCAN
    fields  int64 (n, 20), those of its pattern, NONE for what is not there
    """

    is_read: Bools
    kind: Bytes
    fields: Int64s
    fronts: Fronts


def read_plain(lines: Lines) -> Plain:
    """Read the lines that are plain."""
    data = np.frombuffer(lines.chunk, np.uint8)
    kind, place = np.zeros(len(lines), np.uint8), lines.place.copy()
    fields, is_read = np.full((len(lines), 20), NONE), np.zeros(len(lines), np.bool_)
    for one, mark, before, pattern, size in _KINDS:
        # What is one of these from its first mark to the end of its line has no other in it.
        rows = np.flatnonzero(lines.is_ended & (data[lines.place] == mark[0]))
        place[rows] -= before
        rows = rows[place[rows] >= lines.start[rows]]
        found = np.empty((len(rows), size), np.int64)
        is_read[rows] = read_spelled(data, place[rows], lines.end[rows], pattern, found)
        kind[rows], fields[rows, :size] = one, found
    is_scan = is_read & (kind == SCAN)
    is_read[is_scan] = _adds_up(fields[is_scan])
    is_read &= place - lines.start <= _MOST_FRONT
    fronts = fronts_of(data, lines.start, np.where(is_read, place, lines.start))
    return Plain(is_read & fronts.is_read, kind, fields, fronts)


def _adds_up(scan: Int64s) -> Bools:
    """Whether a line of a scan has one subject, and counts that are one or come to their sums."""
    is_there = scan != NONE
    sums = (scan[:, 3] + scan[:, 4] + scan[:, 5] == scan[:, 6]) & (scan[:, 7] + scan[:, 8] == scan[:, 9])
    is_one: Bools = is_there[:, :3].sum(axis=1) == 1
    return is_one & (is_there[:, 3] != is_there[:, 10]) & (sums | is_there[:, 10])
