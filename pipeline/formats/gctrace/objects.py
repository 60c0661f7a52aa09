"""Lines that are objects, opened many at once: those that differ in nothing but their texts and times are looked at once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow.compute as pc

from pipeline.formats.gctrace.front import stamps_in
from pipeline.formats.gctrace.fronts import Fronts, fronts_of, is_dated, moments, oddity_of
from pipeline.formats.gctrace.lines import Lines, lines_in
from pipeline.formats.gctrace.texts import distinct, texts_at, told_apart
from pipeline.formats.gctrace.wire import OPENING
from pipeline.formats.gctrace.wrapped import (
    LEAST_SECONDS,
    NAMES,
    NUMBER,
    OWN,
    OWNERS,
    TIMES,
    UNITS,
    fields_of,
    names_in,
    text_in,
    time_in,
)
from pipeline.kernels.text import objects as kinds
from pipeline.kernels.text.escapes import unescaped
from pipeline.kernels.text.objects import first_braces, frames_of
from pipeline.kernels.text.spelled import NONE
from pipeline.values import Bools, Bytes, Int64s

_SECOND: Final = 1_000_000
# A frame is that of all lines of a pod, or of a place in a program.
_REMEMBERED: Final = 1 << 12
# As frames have them.
_TEXT: Final = re.compile(r"gc 0 @0 #(\d)")
_TIME: Final = re.compile(r"#(\d)([snl])(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Opened:
    """Objects of lines.

    rows    which of the lines
    lines   what their texts say, a line each
    fronts  what stands before and beside them
    """

    rows: Int64s
    lines: Lines
    fronts: Fronts


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a frame says.

    text   which of the object's texts has the runtime's line
    names  what it says of its process
    time   which of its times is its time, -1 for none
    spelled  that time with each digit a 0; empty for a number
    """

    text: int
    names: str
    time: int = -1
    spelled: str = ""


def _known() -> tuple[Bytes, Int64s, Int64s, Int64s]:
    """The names that mean something, as `frames_of` takes them."""
    bits: dict[str, int] = {}
    for names, bit in (
        (TIMES, kinds.TIME), (NAMES, kinds.KEPT), (OWN, kinds.OWN), (OWNERS, kinds.OWNER)
    ):  # fmt: skip
        bits |= {name: bits.get(name, 0) | bit for name in names}
    encoded = [name.encode() for name in bits]
    ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
    sizes = np.zeros(256, np.int64)
    for name in encoded:
        sizes[name[0]] |= 1 << len(name)
    return np.frombuffer(b"".join(encoded), np.uint8), ends, np.array(list(bits.values()), np.int64), sizes


_KNOWN: Final = _known()


def opened_of(lines: Lines, is_wanted: Bools) -> Opened | None:
    """Open those of the lines that are wanted and are objects; None when none is."""
    data = np.frombuffer(lines.chunk, np.uint8)
    rows = np.flatnonzero(is_wanted)
    brace = first_braces(data, lines.start[rows], lines.place[rows])
    rows, brace = rows[brace < lines.place[rows]], brace[brace < lines.place[rows]]
    if not len(rows):
        return None
    frames, offsets, texts, times, is_read = frames_of(data, brace, lines.end[rows], lines.hints, *_KNOWN)
    said, frame = distinct(frames, offsets)
    found = [_read_frame(one) for one in said]
    is_read &= np.array([one is not None for one in found], np.bool_)[frame]
    before = fronts_of(data, lines.start[rows], np.where(is_read, brace, lines.start[rows]))
    known = [one or _Frame(0, "") for one in found]
    fronts = _beside(data, known, frame, times, before)
    kept = np.flatnonzero(is_read & fronts.is_read)
    own = np.array([one.text for one in known], np.int64)[frame[kept]]
    chunk, _ = unescaped(data, texts[kept, own, 0], texts[kept, own, 1])
    inner, _ = lines_in(chunk.tobytes(), above=0, is_ended=True)
    # The texts in which nothing is found after all are no lines of the inner ones.
    kept = kept[inner.number]
    return Opened(rows[kept], inner, fronts.at(kept)) if len(kept) else None


@lru_cache(maxsize=_REMEMBERED)
def _read_frame(frame: bytes) -> _Frame | None:
    """What a frame says; None where its object is for another to read."""
    if not frame:
        return None
    fields = fields_of(json.loads(frame.decode("utf-8", "surrogateescape")))
    name = text_in(fields, OPENING)
    text = _TEXT.fullmatch(fields[name]) if name is not None else None
    if name is None or text is None or _is_kept(name):
        return None
    moment = time_in(fields)
    if moment is None or not isinstance(fields[moment], str):
        return _Frame(int(text[1]), names_in(fields))
    time = _TIME.fullmatch(fields[moment])
    if time is None:
        return None
    number, kind, spelled = time.groups()
    if kind == "n" or NUMBER.fullmatch(spelled):
        return _Frame(int(text[1]), names_in(fields), int(number))
    has_stamp = kind == "s" and next(stamps_in(spelled), None) is not None
    return _Frame(int(text[1]), names_in(fields), int(number) if has_stamp else -1, spelled)


def _is_kept(name: str) -> bool:
    return name in NAMES or name.rpartition(".")[2] in OWN


def _beside(data: Bytes, frames: list[_Frame], frame: Int64s, times: Int64s, before: Fronts) -> Fronts:
    """What stands before objects with what stands in them: their names, and their times if they have one."""
    labels: dict[str, int] = {}
    ones, others, which = told_apart(before.label, frame)
    parts = ((before.labels[one], frames[other].names) for one, other in zip(ones, others, strict=True))
    numbers = [labels.setdefault(" ".join(filter(None, both)), len(labels)) for both in parts]
    label = np.array(numbers, np.int64)[which]
    is_read, at_us, unit_us, oddity = before.is_read, before.at_us, before.unit_us, before.oddity
    is_number = np.array([one.time >= 0 and not one.spelled for one in frames])[frame]
    own = np.array([one.time for one in frames])[frame]
    rows = np.flatnonzero(is_number)
    if len(rows):
        spans = times[rows, own[rows]]
        at, unit = _numbers(data, spans[:, 0], spans[:, 1])
        rows, at, unit = rows[at != NONE], at[at != NONE], unit[at != NONE]
        at_us[rows], unit_us[rows], oddity[rows] = at, unit, 0
    for place, one in enumerate(frames):
        if one.time < 0 or not one.spelled:
            continue
        rows = np.flatnonzero(frame == place)
        stamp = next(stamps_in(one.spelled))
        at_us[rows], unit_us[rows], oddity[rows] = NONE, 0, oddity_of(stamp)
        if is_dated(stamp):
            is_date, at_us[rows], unit_us[rows] = moments(data, times[rows, one.time, 0], stamp)
            is_read[rows] &= is_date
    return Fronts(is_read, list(labels), label, at_us, unit_us, oddity)


def _numbers(data: Bytes, starts: Int64s, ends: Int64s) -> tuple[Int64s, Int64s]:
    """The times that numbers are, NONE for one that is of no time, and their units."""
    number = pc.cast(texts_at(data, starts, ends - starts), "float64").to_numpy()
    at_us, unit_us = np.full(len(number), NONE), np.ones(len(number), np.int64)
    for unit in UNITS:
        is_one = (number >= LEAST_SECONDS * unit) & (number < 10 * LEAST_SECONDS * unit)
        at_us[is_one] = np.rint(number[is_one] * _SECOND / unit).astype(np.int64)
        unit_us[is_one & (unit == 1) & (number == np.floor(number))] = _SECOND
    return at_us, unit_us
