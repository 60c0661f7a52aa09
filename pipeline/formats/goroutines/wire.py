"""A dump's text to goroutines: header, frames, who started it. runtime/traceback.go prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.formats.goroutines.recognise import UNAVAILABLE, next_header
from pipeline.formats.legacy.quoted import in_a_row, quoted_labels, unquoted

_INT64: Final = 2**63
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


@dataclass(slots=True)
class Goroutine:
    """One goroutine of a dump, as it is read line by line.

    dump    which dump of the text it is of, from 0
    wait    whole minutes; None where nothing is said
    frames  leaf first; None where the stack cannot be had
    """

    dump: int
    id: int
    state: bytes
    wait: int | None = None
    is_locked: bool = False
    is_leaked: bool = False
    bubble: int | None = None
    labels: list[tuple[bytes, bytes]] = field(default_factory=list)
    frames: list[Frame] | None = field(default_factory=list)
    elided: int = 0
    created_by: bytes | None = None
    created_file: bytes | None = None
    created_line: int | None = None
    creator: int | None = None


def is_cut_off(content: bytes) -> bool:
    """Whether a text ends within a line of a dump."""
    last = content.rfind(b"\n\n") + 2 if b"\n\n" in content else 0
    return not content.endswith(b"\n") and next_header(content, last) is not None


def goroutines_of(content: bytes) -> Iterator[Goroutine]:
    """Every goroutine of every dump of a text, in its order."""
    dump, seen = 0, set[int]()
    known: dict[Frame, Frame] = {}
    end = 0
    found = next_header(content, 0)
    while found:
        one = _headed(found.groupdict())
        if seen and (one.id in seen or _has_other_lines(content[end : found.start()])):
            dump, seen = dump + 1, set()
        seen.add(one.id)
        one.dump = dump
        end = _read_frames(one, content, found.end(), known=known)
        yield one
        found = next_header(content, end)


def _has_other_lines(gap: bytes) -> bool:
    return any(line.strip() and not _BETWEEN.match(line) for line in gap.split(b"\n"))


def _headed(said: Mapping[str, bytes | None]) -> Goroutine:
    status = said["status"] or b""
    inner = said["inner"]
    if inner is not None:
        status = status.removesuffix(b" labels:")
    state, *others = status.split(b", ")
    one = Goroutine(0, min(int(said["id"] or b"0"), _INT64 - 1), state)
    for suffix in _SUFFIXES * 2:
        one.is_leaked |= suffix == _SUFFIXES[0] and one.state.endswith(suffix)
        one.state = one.state.removesuffix(suffix)
    for word in others:
        if word == b"locked to thread":
            one.is_locked = True
        elif found := re.fullmatch(rb"(\d{1,12}) minutes", word):
            # So many minutes that their nanoseconds would not fit are none.
            one.wait = int(found[1]) if int(found[1]) < _INT64 // 60_000_000_000 else None
        elif found := re.fullmatch(rb"synctest (?:bubble|group) (\d{1,18})", word):
            one.bubble = int(found[1])
    one.labels = quoted_labels(inner) if inner is not None else _plain_labels(said["labels"] or b"")
    return one


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


def _read_frames(one: Goroutine, content: bytes, start: int, *, known: dict[Frame, Frame]) -> int:
    """Give a goroutine its frames and creator; returns where its lines end. Equal frames are one value, kept in `known`."""
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
    one.frames = [known.setdefault(frame, frame) for frame in frames]
    return end


def _add(one: Goroutine, frames: list[Frame], line: bytes, place: re.Match[bytes] | None) -> None:
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
