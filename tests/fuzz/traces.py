"""Execution traces as lists of events: taken apart, changed where it hurts, put together again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from pipeline.kernels.trace_v1 import wire as w
from tests.builders.trace import uvarint
from tests.builders.trace_text import to_binary, to_text
from tests.fuzz.mutate import TEXTS, number

_NUMBER: Final = re.compile(r"=(\d+)")
_BATCH: Final = ("EventBatch", "ExperimentalBatch", "EndOfGeneration")
_VERSIONS: Final = (22, 23, 25, 26)
_DATA: Final = "\tdata="
# Events whose line is followed by lines of theirs.
_WITH_MORE: Final = ("String ", "Stack ", "ExperimentalBatch ")
# Changes that multiply do so no further beyond so many.
_MOST: Final = 400


# Since Go 1.22: the text twin's lines ------------------------------------------------------------------------------------


def lines_of(content: bytes) -> list[str]:
    """The lines of a trace's text, each batch as large as its events are."""
    return [re.sub(r" size=\d+", "", line) for line in to_text(content).splitlines()]


def mutated(lines: list[str], draw: Random) -> bytes:
    """A sound trace with some changes to its events; most leave something to read."""
    lines = list(lines)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        draw.choice(_CHANGES)(lines, draw)
    if draw.random() < 0.1:
        lines[0] = f"Trace Go1.{draw.choice(_VERSIONS)}"
    return to_binary("\n".join(lines))


def _set_number(lines: list[str], draw: Random) -> None:
    """Some number of some event: an argument, a time, a generation, a thread, a clock, an id in a table."""
    places = [place for place, line in enumerate(lines) if "=" in line and not line.startswith(_DATA)]
    if places:
        place = draw.choice(places)
        found = draw.choice(list(_NUMBER.finditer(lines[place])))
        _replace(lines, place, found, number(draw, near=int(found[1])))


def _set_in(*names: str) -> Callable[[list[str], Random], None]:
    """A change to a number of the events of these names only."""

    def change(lines: list[str], draw: Random) -> None:
        places = [place for place, line in enumerate(lines) if line.startswith(names) and "=" in line]
        if places:
            place = draw.choice(places)
            found = draw.choice(list(_NUMBER.finditer(lines[place])))
            _replace(lines, place, found, number(draw, near=int(found[1])))

    return change


def _replace(lines: list[str], place: int, found: re.Match[str], new: int) -> None:
    # As many frames as a stack says it has follow it.
    if lines[place][: found.start()].endswith(" nframes"):
        return
    lines[place] = f"{lines[place][: found.start(1)]}{new}{lines[place][found.end(1) :]}"


def _event(lines: list[str], draw: Random) -> tuple[int, int]:
    """Where some event begins and ends, with the lines that belong to it."""
    start = draw.randrange(1, len(lines)) if len(lines) > 1 else 1
    while start > 1 and lines[start].startswith("\t"):
        start -= 1
    end = start + 1
    while end < len(lines) and lines[end].startswith("\t"):
        end += 1
    return start, end


def _batch(lines: list[str], draw: Random) -> tuple[int, int]:
    starts = [place for place, line in enumerate(lines) if line.startswith(_BATCH)] or [len(lines)]
    which = draw.randrange(len(starts))
    return starts[which], (starts[which + 1] if which + 1 < len(starts) else len(lines))


def _dropped(lines: list[str], draw: Random) -> None:
    start, end = draw.choice((_event, _event, _batch))(lines, draw)
    del lines[start:end]


def _repeated(lines: list[str], draw: Random) -> None:
    start, end = draw.choice((_event, _event, _batch))(lines, draw)
    lines[start:start] = lines[start:end] * (draw.choice((1, 1, 2, 40)) if len(lines) < _MOST else 1)


def _moved(lines: list[str], draw: Random) -> None:
    of = draw.choice((_event, _batch))
    start, end = of(lines, draw)
    part = lines[start:end]
    del lines[start:end]
    place, _ = of(lines, draw)
    lines[place:place] = part


def _renamed(lines: list[str], draw: Random) -> None:
    """An event's arguments under another event that has as many."""
    plain = [place for place, line in enumerate(lines[1:], start=1) if not line.startswith(("\t", *_WITH_MORE))]
    if plain:
        place, other = draw.choice(plain), lines[draw.choice(plain)]
        if lines[place].count("=") == other.count("="):
            lines[place] = other


def _reworded(lines: list[str], draw: Random) -> None:
    places = [place for place, line in enumerate(lines) if line.startswith(_DATA)]
    if places:
        text = "".join(f"\\x{byte:02x}" for byte in draw.choice(TEXTS))
        lines[draw.choice(places)] = f'{_DATA}"{text}"'


_CHANGES: Final = (
    _set_number, _set_number, _set_number, _set_in("EventBatch", "ExperimentalBatch"), _set_in("Frequency", "ClockSnapshot"),
    _set_in("String", "Stack", "\tpc", "CPUSample"), _dropped, _repeated, _moved, _renamed, _reworded,
)  # fmt: skip


# Before Go 1.22 ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Old:
    """An event: its type, its numbers, and what bytes follow them; `length` is what those before it claim when it lies."""

    kind: int
    numbers: tuple[int, ...]
    tail: bytes | None = None
    length: int | None = None


def old_events(content: bytes) -> tuple[bytes, list[Old]]:
    """The header of a sound trace, and its events."""
    events, at = [], 16
    while at < len(content):
        kind, count = content[at] & 63, (content[at] >> 6) + 1
        at += 1
        numbers: list[int] = []
        if kind == w.STRING:
            count = 1
        if count > 3:
            size, at = _uvarint(content, at)
            stop = at + size
            while at < stop:
                value, at = _uvarint(content, at)
                numbers.append(value)
        else:
            for _ in range(count):
                value, at = _uvarint(content, at)
                numbers.append(value)
        tail = None
        if kind in (w.STRING, w.LOG):
            size, at = _uvarint(content, at)
            tail = content[at : at + size]
            at += size
        events.append(Old(kind, tuple(numbers), tail))
    return content[:16], events


def old_bytes(header: bytes, events: list[Old]) -> bytes:
    """The bytes of the events."""
    return header + b"".join(map(_old_encoded, events))


def mutated_old(header: bytes, events: list[Old], draw: Random) -> bytes:
    """A sound trace with some changes to its events."""
    events = list(events)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        draw.choice(_OLD_CHANGES)(events, draw)
    if draw.random() < 0.1:
        header = b"go 1.%d trace" % draw.choice((5, 7, 8, 9, 11, 19, 21))
    return old_bytes(header.ljust(16, b"\0"), events)


def _uvarint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while content[at] & 128:
        value |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | content[at] << shift, at + 1


def _old_encoded(event: Old) -> bytes:
    data = b"".join(map(uvarint, event.numbers))
    n = len(event.numbers)
    if event.kind == w.STRING:
        head = bytes([w.STRING]) + data
    elif 0 < n <= 3:
        head = bytes([event.kind | n - 1 << 6]) + data
    else:
        head = bytes([event.kind | 3 << 6]) + uvarint(len(data)) + data
    if event.tail is None:
        return head
    return head + uvarint(len(event.tail) if event.length is None else event.length) + event.tail


def _old_number(events: list[Old], draw: Random) -> None:
    if events:
        place = draw.randrange(len(events))
        numbers = list(events[place].numbers)
        if numbers:
            which = draw.randrange(len(numbers))
            numbers[which] = number(draw, near=numbers[which])
            events[place] = replace(events[place], numbers=tuple(numbers))


def _old_count(events: list[Old], draw: Random) -> None:
    if events:
        place = draw.randrange(len(events))
        numbers = events[place].numbers
        changed = draw.choice((numbers[:-1], (*numbers, number(draw)), numbers[:_MOST] * 200))
        events[place] = replace(events[place], numbers=changed)


def _old_kind(events: list[Old], draw: Random) -> None:
    if events:
        place = draw.randrange(len(events))
        events[place] = replace(events[place], kind=draw.randrange(64))


def _old_tail(events: list[Old], draw: Random) -> None:
    places = [place for place, event in enumerate(events) if event.tail is not None]
    if places:
        place = draw.choice(places)
        tail = events[place].tail if draw.random() < 0.3 else draw.choice(TEXTS)
        events[place] = replace(events[place], tail=tail, length=number(draw) if draw.random() < 0.3 else None)


def _old_dropped(events: list[Old], draw: Random) -> None:
    if events:
        del events[draw.randrange(len(events))]


def _old_repeated(events: list[Old], draw: Random) -> None:
    if events:
        place = draw.randrange(len(events))
        events[place:place] = [events[place]] * (draw.choice((1, 1, 2, 60)) if len(events) < _MOST else 1)


def _old_moved(events: list[Old], draw: Random) -> None:
    if events:
        events.insert(draw.randrange(len(events)), events.pop(draw.randrange(len(events))))


_OLD_CHANGES: Final = (
    _old_number, _old_number, _old_number, _old_number, _old_count, _old_kind, _old_tail, _old_dropped, _old_repeated, _old_moved,
)  # fmt: skip
