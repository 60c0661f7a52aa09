"""A dump's text to goroutines: header, frames, who started it. runtime/traceback.go prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np

from pipeline.formats.goroutines.recognise import UNAVAILABLE, next_header
from pipeline.formats.legacy.quoted import in_a_row, quoted_labels, unquoted
from pipeline.kernels.text.dump_bodies import strip_bodies
from pipeline.kernels.xxh64 import hash_spans

_INT64: Final = 2**63
_BATCH: Final = 4096
_MOST_HEADERS: Final = 4096
# Where a goroutine's lines end when none of them says so: other lines follow.
_MOST_FOREIGN_LINES: Final = 4
_PLACE: Final = re.compile(
    rb"\t(?P<file>[^\r\n]+):(?P<line>\d{1,18})(?: \+0x[0-9a-f]+)?(?P<more> fp=0x[0-9a-f]+[^\r\n]*| pc=0x[0-9a-f]+)?\r?$"
)
_NO_PLACE: Final = re.compile(rb"\tpc=0x[0-9a-f]+\r?$")
_CREATED: Final = re.compile(rb"created by (?P<name>.+?)(?: in goroutine (?P<id>\d{1,19}))?$")
_ELIDED: Final = re.compile(rb"\.\.\.(?:(?P<count>\d{1,18})|additional) frames elided\.\.\.$")
_ANCESTOR: Final = re.compile(rb"\[originating from goroutine \d+\]:$")
_C_FRAME: Final = re.compile(rb"non-Go function at pc=0x[0-9a-f]+$")
_LABEL: Final = re.compile(
    rb'[, ]*+(?:"(?P<quoted_key>(?:[^"\\]|\\.)*+)"|(?P<key>[^":{}, ]*+)): (?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<value>[^":{}, ]*+))'
)
_SUFFIXES: Final = (b" (leaked)", b" (scan)")
# What the runtime prints between goroutines of one dump, or registers behind it.
_BETWEEN: Final = re.compile(
    rb"-----|r[a-z0-9]{1,3} +0x|(?:rip|rflags|[cfg]s|eflags|e[a-z]{2}) +0x|runtime: |\tstack=|\[?signal "
)

ELIDED: Final = b"[frames elided]"


@dataclass(frozen=True, slots=True)
class Frame:
    """One call. An inlined one is part of the one below it, which is the next."""

    function: bytes
    file: bytes
    line: int
    is_inlined: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What the line says that a goroutine begins with.

    wait  whole minutes; None where nothing is said
    """

    state: bytes
    wait: int | None
    is_locked: bool
    is_leaked: bool
    bubble: int | None
    labels: tuple[tuple[bytes, bytes], ...]


@dataclass(slots=True, eq=False)
class Body:
    """What stands below it: one value for all goroutines at the same calls.

    frames  leaf first; None where the stack cannot be had
    """

    frames: tuple[Frame, ...] | None = ()
    elided: int = 0
    created_by: bytes | None = None
    created_file: bytes | None = None
    created_line: int | None = None
    creator: int | None = None


@dataclass(frozen=True, slots=True)
class Goroutine:
    """One goroutine of a dump; `dump` is which of the text's it is of, from 0."""

    dump: int
    id: int
    header: Header
    body: Body
    creator: int | None


def is_cut_off(content: bytes) -> bool:
    """Whether a text ends within a line of a dump."""
    last = content.rfind(b"\n\n") + 2 if b"\n\n" in content else 0
    return not content.endswith(b"\n") and next_header(content, last) is not None


def goroutines_of(content: bytes) -> Iterator[Goroutine]:
    """Every goroutine of every dump of a text, in its order."""
    bodies = _Bodies(content)
    dump, seen = 0, set[int]()
    end = 0
    headers = _headers(content)
    while batch := list(islice(headers, _BATCH)):
        read = bodies.read([found.end() for found in batch])
        for found, (body, creator, body_end) in zip(batch, read, strict=True):
            number = min(int(found["id"]), _INT64 - 1)
            if seen and (number in seen or _has_other_lines(content[end : found.start()])):
                dump, seen = dump + 1, set()
            seen.add(number)
            end = body_end
            yield Goroutine(dump, number, _headed(found["status"], found["labels"], found["inner"]), body, creator)


def _headers(content: bytes) -> Iterator[re.Match[bytes]]:
    """All headers; a body ends at the next one, if not before."""
    found = next_header(content, 0)
    while found:
        yield found
        found = next_header(content, found.end())


class _Bodies:
    """The bodies of a text: of those at the same calls one is read line by line, and the others are known by their hash."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.data = np.frombuffer(content, np.uint8)
        self.known: dict[int, Body] = {}
        self.frames: dict[Frame, Frame] = {}

    def read(self, starts: Sequence[int]) -> Iterator[tuple[Body, int | None, int]]:
        """The body from each start on, who created the goroutine, and where the body ends."""
        stripped, offsets, ends, creators, said = strip_bodies(self.data, np.array(starts, np.int64))
        hashes = hash_spans(stripped, offsets[:-1], np.diff(offsets))
        told = zip(starts, ends.tolist(), hashes.tolist(), creators.tolist(), said.tolist(), strict=True)
        for start, end, key, creator, n_creators in told:
            body = self.known.get(key)
            if body is None:
                body = Body()
                read_to = _read_frames(body, self.content, start, known=self.frames)
                if read_to != end or n_creators > 1:
                    # Other lines end it, or its ancestors are told: the next may differ in what its hash leaves out.
                    yield body, body.creator, read_to
                    continue
                self.known[key] = body
            yield body, None if body.creator is None else min(creator, _INT64 - 1), end


def _has_other_lines(gap: bytes) -> bool:
    return bool(gap.strip()) and any(line.strip() and not _BETWEEN.match(line) for line in gap.split(b"\n"))


@lru_cache(_MOST_HEADERS)
def _headed(status: bytes, labels: bytes | None, inner: bytes | None) -> Header:
    state, *others = (status if inner is None else status.removesuffix(b" labels:")).split(b", ")
    is_leaked = False
    for suffix in _SUFFIXES * 2:
        is_leaked |= suffix == _SUFFIXES[0] and state.endswith(suffix)
        state = state.removesuffix(suffix)
    is_locked, wait, bubble = False, None, None
    for word in others:
        if word == b"locked to thread":
            is_locked = True
        elif found := re.fullmatch(rb"(\d{1,12}) minutes", word):
            # So many minutes that their nanoseconds would not fit are none.
            wait = int(found[1]) if int(found[1]) < _INT64 // 60_000_000_000 else None
        elif found := re.fullmatch(rb"synctest (?:bubble|group) (\d{1,18})", word):
            bubble = int(found[1])
    told = quoted_labels(inner) if inner is not None else _plain_labels(labels or b"")
    return Header(state, wait, is_locked, is_leaked, bubble, tuple(told))


def _plain_labels(text: bytes) -> list[tuple[bytes, bytes]]:
    """Labels of which only those texts are quoted that need it."""
    found = (label.groupdict() for label in in_a_row(_LABEL, text))
    return [
        (
            unquoted(of["quoted_key"]) if of["quoted_key"] is not None else of["key"],
            unquoted(of["quoted"]) if of["quoted"] is not None else of["value"],
        )
        for of in found
    ]


def _read_frames(one: Body, content: bytes, start: int, *, known: dict[Frame, Frame]) -> int:
    """Give a body its frames and creator; returns where its lines end. Equal frames are one value, kept in `known`."""
    frames: list[Frame] = []
    if content.startswith(UNAVAILABLE, start):
        one.frames = None
        return _line_end(content, start)
    end, foreign, is_ancestor = start, 0, False
    while start < len(content) and foreign <= _MOST_FOREIGN_LINES:
        after = _line_end(content, start)
        line = content[start:after].rstrip(b"\r\n")
        if not line.strip() or line.startswith(b"goroutine "):
            break
        below_end = _line_end(content, after)
        below = content[after:below_end].rstrip(b"\n")
        start = after
        if _ANCESTOR.match(line):
            is_ancestor, foreign, end = True, 0, after
        elif found := _ELIDED.match(line):
            if not is_ancestor:
                one.elided += int(found["count"] or 1)
                frames.append(Frame(ELIDED, b"", 0, is_inlined=False))
            foreign, end = 0, after
        elif _C_FRAME.match(line):
            frames += [] if is_ancestor else [Frame(b"non-Go function", b"", 0, is_inlined=False)]
            foreign, end = 0, after
        elif (place := _PLACE.match(below)) or _NO_PLACE.match(below):
            if not is_ancestor:
                _add(one, frames, line, place)
            foreign, start, end = 0, below_end, below_end
        else:
            foreign += 1
    one.frames = tuple(known.setdefault(frame, frame) for frame in frames)
    return end


def _add(one: Body, frames: list[Frame], line: bytes, place: re.Match[bytes] | None) -> None:
    """The frame, or creator, of a line and the place below it."""
    file, number = (place["file"], int(place["line"])) if place else (b"", 0)
    if created := _CREATED.match(line):
        one.created_by, one.created_file, one.created_line = created["name"], file, number
        one.creator = min(int(created["id"]), _INT64 - 1) if created["id"] else None
        return
    name, _, arguments = line.rpartition(b"(") if line.endswith(b")") else (line, b"", b"")
    if name != b"runtime.goexit":
        is_inlined = arguments == b"...)" and place is not None and b" +0x" not in place[0]
        frames.append(Frame(name or line, file, number, is_inlined))


def _line_end(content: bytes, start: int) -> int:
    return content.find(b"\n", start) + 1 or len(content)
