"""Logs whose newest lines come first, as what searches logs exports them: they are read from their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from pipeline.errors import CutOff
from pipeline.formats.gctrace.lines import Line, Lines
from pipeline.formats.gctrace.reading import read_line

# So many lines, from so many chunks, say which way a log goes.
_LOOKED_AT: Final = 64
_MOST_CHUNKS: Final = 16
# Fewer steps back may be processes that were started anew.
_LEAST_STAMPED, _LEAST_STEPS = 2, 3
# Of a log that goes back so much text is turned around at once.
_HELD_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Turned:
    """Lines of a log that goes back, turned around."""

    lines: list[Line]


def in_order(parts: Iterable[Lines]) -> Iterator[Lines | Turned]:
    """The same parts; where the newest lines come first all of them turned around, or as many as are held.

    Raises what the parts raise, behind what came before.
    """
    head: list[Lines] = []
    broken_off: CutOff | None = None
    begun = iter(parts)
    try:
        for part in begun:
            head.append(part)
            if len(head) >= _MOST_CHUNKS or sum(map(len, head)) >= _LOOKED_AT:
                break
    except CutOff as error:
        broken_off = error
    rest = _again(head, begun, broken_off)
    yield from _turned(rest) if is_newest_first(line for part in head for line in part.each()) else rest


def _again(head: list[Lines], begun: Iterator[Lines], broken_off: CutOff | None) -> Iterator[Lines]:
    yield from head
    if broken_off is not None:
        raise broken_off
    yield from begun


def _turned(parts: Iterator[Lines]) -> Iterator[Turned]:
    held: list[Line] = []
    size = 0
    broken_off: CutOff | None = None
    try:
        for part in parts:
            lines = [*part.each()]
            held += lines
            size += sum(len(line.text) for line in lines)
            if size > _HELD_BYTES:
                yield Turned(held[::-1])
                held, size = [], 0
    except CutOff as error:
        broken_off = error
    yield Turned(held[::-1])
    if broken_off is not None:
        raise broken_off


def is_newest_first(lines: Iterable[Line]) -> bool:
    """Whether cycles and their stamps go back from line to line; without stamps, whether no cycle goes on."""
    every: list[int] = []
    moments: dict[str, list[int]] = {}
    cycles: dict[str, list[tuple[int, int]]] = {}
    for line in islice(lines, _LOOKED_AT):
        for one in read_line(line):
            if one.told is not None and one.told.kind == "cycle":
                cycles.setdefault(one.label, []).append((one.told.cycle, one.told.begin_ns))
                if one.stamp.at_us is not None:
                    moments.setdefault(one.label, []).append(one.stamp.at_us)
                    every.append(one.stamp.at_us)
    steps = [pair for of_label in cycles.values() for pair in pairwise(of_label)]
    back = sum(one[0] > other[0] and one[1] > other[1] for one, other in steps)
    on = sum(one[0] < other[0] for one, other in steps)
    if len(set(every)) > 1:
        # Of all lines, or of each process where a search gives one after the other.
        return back > on and (_fall([every]) or _fall([*moments.values()]))
    return back >= _LEAST_STEPS and on == 0


def _fall(groups: list[list[int]]) -> bool:
    """Whether moments never rise within a group, and fall often enough."""
    falls = sum(one > other for group in groups for one, other in pairwise(group))
    return falls >= _LEAST_STAMPED and all(sorted(group, reverse=True) == group for group in groups)
