"""Lines that hold one of the runtime's and nothing odd, read all at once: of a log of GC cycles, nearly every line.

All that is not sure to be read as `reading` reads it is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.formats.gctrace.fronts import Fronts, fronts_of
from pipeline.formats.gctrace.lines import Lines
from pipeline.formats.gctrace.objects import Opened, opened_of
from pipeline.formats.gctrace.reading import MOST_WRAPPED
from pipeline.formats.gctrace.texts import texts_at
from pipeline.kernels.text.processes import CYCLE, END, FORCED, INIT, SCAN, SCAVENGE, SCHED, START, SWEPT
from pipeline.kernels.text.spelled import (
    FLOAT,
    GOAL,
    GROUP,
    LIST,
    MIB,
    MS,
    NONE,
    NUMBER,
    SECONDS,
    SIGNED,
    THERE,
    WORD,
    blanks_before,
    read_spelled,
)
from pipeline.values import Bools, Bytes, Int64s

_SPELLED: Final = {
    b"N": NUMBER, b"I": SIGNED, b"D": MS, b"S": SECONDS, b"M": MIB, b"G": GOAL, b"F": FLOAT, b"L": LIST, b"W": WORD, b"!": THERE,
}  # fmt: skip
_TEXTS: Final = (FLOAT, LIST, WORD)
# So many fields a line may have.
N_FIELDS: Final = 20


def _pattern(*parts: str | tuple[str]) -> Bytes:
    """A pattern of texts, in which `<N>` and the like are fields, and of groups of one text that may be missing."""
    made = b""
    for part in parts:
        text = part if isinstance(part, str) else part[0]
        inner = text.encode()
        for name, code in _SPELLED.items():
            inner = inner.replace(b"<%b>" % name, bytes([code]))
        fields = sum((byte < GROUP) + (byte in _TEXTS) for byte in inner)
        made += inner if isinstance(part, str) else bytes([GROUP, len(inner), fields]) + inner
    return np.frombuffer(made, np.uint8)


_PATTERNS: Final = {
    CYCLE: _pattern(
        "gc <N> @<S>s <N>%", (" (checking for goroutine leaks)<!>",), ": <D>+<D>+<D> ms clock, <D>+<D>/<D>/<D>+<D> ms cpu, "
        "<M>-><M>-><M> MB, <G> MB goal, ", ("<M> MB stacks, <M> MB globals, ",), "<N> P", (" (forced)<!>",),
    ),
    FORCED: _pattern("GC forced"),
    SCAN: _pattern(
        "scan: ", ("total <!>",), ("class L <!>",), ("class <N>B ",), ("<N>+<N>+<N>=<N> objs, <N>+<N>=<N> spans",), ("<N> objs",)
    ),
    START: _pattern("pacer: assist ratio=<F> (scan <I> MB in <M>-><G> MB) workers=<N>+<F>"),
    END: _pattern(
        "pacer: <I>% CPU (<N> exp.) for <N>+<N>+<N> B work (<N> B exp.) in <N> B -> <N> B (∆goal <I>, cons/mark <F>)"
    ),
    SWEPT: _pattern(
        "pacer: sweep done at heap size <N>MB; allocated <I>MB during sweep; swept <N> pages at <F> pages/byte"
    ),
    SCAVENGE: _pattern(
        "scav <N> KiB work (bg), <N> KiB work (eager), <N> KiB now, <N>% util", (" (forced)<!>",), (" [controller reset]<!>",)
    ),
    SCHED: _pattern(
        "SCHED <N>ms: gomaxprocs=<N> idleprocs=<I> threads=<I> spinningthreads=<I>", (" needspinning=<N>",),
        " idlethreads=<I> runqueue=<I>", (" [ <L> ]",), (" [<L>]",), (" schedticks=[ <L> ]",),
    ),
    INIT: _pattern("init <W> @<D> ms, <D> ms clock, <N> bytes, <N> allocs"),
}  # fmt: skip
# What is marked of each: its first bytes, or those behind the first; of a package's, the first ones of its seventh word.
_MARKS: Final = (
    (b"gc", 0, (CYCLE,)), (b"GC", 0, (FORCED,)), (b"ca", 1, (SCAN,)), (b"ac", 1, (START, END, SWEPT)), (b"sc", 0, (SCAVENGE,)),
    (b"CH", 1, (SCHED,)), (b"cl", 0, (INIT,)),
)  # fmt: skip
_INIT_BLANKS, _INIT_BYTES = 6, 4
# Where texts stand among the fields of each, and which of them are floats.
_TEXT_FIELDS: Final = {START: (0, 6), END: (9,), SWEPT: (3,), SCHED: (8, 10, 12), INIT: (0,)}
_FLOATS: Final = {START, END, SWEPT}
_MOST_FRONT: Final = 256


@dataclass(frozen=True, slots=True)
class Plain:
    """What the lines of a chunk say, a row each; rows that are not read have no meaning.

    kind    of `kernels/text/processes.py`
    fields  int64 (n, N_FIELDS), those of its pattern, NONE for what is not there; of a float its bits, of a text which of `texts`,
            and behind either one of no meaning
    """

    is_read: Bools
    kind: Bytes
    fields: Int64s
    fronts: Fronts
    texts: pa.StringArray


def read_plain(lines: Lines, *, most_wrapped: int = MOST_WRAPPED) -> Plain:
    """Read the lines that are plain, and of those that are objects the ones whose text is."""
    plain = _read_bare(lines)
    opened = opened_of(lines, ~plain.is_read) if most_wrapped else None
    if opened is None:
        return plain
    return _joined(plain, opened, read_plain(opened.lines, most_wrapped=most_wrapped - 1))


def _joined(plain: Plain, opened: Opened, inner: Plain) -> Plain:
    """The lines, and of objects what their texts say."""
    rows = opened.rows[inner.is_read]
    fields = inner.fields.copy()
    for kind, places in _TEXT_FIELDS.items():
        for place in places if kind not in _FLOATS else ():
            of_kind = (inner.kind == kind) & (fields[:, place] != NONE)
            fields[of_kind, place] += len(plain.texts)
    plain.is_read[rows], plain.kind[rows] = True, inner.kind[inner.is_read]
    plain.fields[rows] = fields[inner.is_read]
    fronts = plain.fronts.around(rows, opened.fronts, inner.fronts, inner.is_read)
    return Plain(plain.is_read, plain.kind, plain.fields, fronts, pa.concat_arrays([plain.texts, inner.texts]))


def _read_bare(lines: Lines) -> Plain:
    """The lines that are plain themselves."""
    data = np.frombuffer(lines.chunk, np.uint8)
    kind, place = np.zeros(len(lines), np.uint8), lines.place.copy()
    fields, is_read = np.full((len(lines), N_FIELDS), NONE), np.zeros(len(lines), np.bool_)
    marked = data[lines.place], data[lines.place + 1]
    for mark, before, kinds in _MARKS:
        # What is one of these from its first mark to the end of its line has no other in it.
        rows = np.flatnonzero(lines.is_ended & (marked[0] == mark[0]) & (marked[1] == mark[1]))
        place[rows] -= before
        if INIT in kinds:
            place[rows] = blanks_before(data, lines.start[rows], place[rows], _INIT_BLANKS) - _INIT_BYTES
        rows = rows[place[rows] >= lines.start[rows]]
        for one in kinds:
            found = np.full((len(rows), N_FIELDS), NONE)
            is_one = read_spelled(data, place[rows], lines.end[rows], _PATTERNS[one], found) & _is_sound(one, found)
            is_read[rows] |= is_one
            kind[rows[is_one]], fields[rows[is_one]] = one, found[is_one]
    is_read &= place - lines.start <= _MOST_FRONT
    fronts = fronts_of(data, lines.start, np.where(is_read, place, lines.start))
    is_read &= fronts.is_read
    return Plain(is_read, kind, fields, fronts, _with_texts(data, is_read, kind, fields))


def _is_sound(kind: int, fields: Int64s) -> Bools:
    """Which lines that are spelled as one of a kind say what one may say."""
    is_there = fields != NONE
    if kind == SCAN:
        # A line has one subject, and counts that are one or come to their sums.
        sums = (fields[:, 3] + fields[:, 4] + fields[:, 5] == fields[:, 6]) & (
            fields[:, 7] + fields[:, 8] == fields[:, 9]
        )
        is_one: Bools = is_there[:, :3].sum(axis=1) == 1
        return is_one & (is_there[:, 3] != is_there[:, 10]) & (sums | is_there[:, 10])
    if kind == SCAVENGE:
        return ~(is_there[:, 4] & is_there[:, 5])
    if kind == SCHED:
        # What stands behind the queue of all says that its number is whole.
        return is_there[:, 8] != is_there[:, 10]
    return np.ones(len(fields), np.bool_)


def _with_texts(data: Bytes, is_read: Bools, kind: Bytes, fields: Int64s) -> pa.StringArray:
    """The texts of all lines; in place of where each stands comes which it is, and in place of a float itself."""
    kept = [pa.array([], pa.string())]
    count = 0
    for one, places in _TEXT_FIELDS.items():
        of_kind = is_read & (kind == one)
        for place in places if of_kind.any() else ():
            rows = np.flatnonzero(of_kind & (fields[:, place] != NONE))
            texts = texts_at(data, fields[rows, place], fields[rows, place + 1])
            if one in _FLOATS:
                fields[rows, place] = pc.cast(texts, pa.float64()).to_numpy().view(np.int64)
                continue
            fields[rows, place] = count + np.arange(len(rows))
            kept.append(texts)
            count += len(rows)
    return pa.concat_arrays(kept)
