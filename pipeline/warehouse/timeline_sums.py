"""Sums of a trace's changes of state, by each kind of lane and slot of time: what a timeline is worked out of (see timeline.py).

Rows are added up as they are read, so many at a time: touching memory for millions of them costs more than adding them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.kernels import changes
from pipeline.values import Int32s, Int64s
from pipeline.warehouse import timeline_questions as asked

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Sums of changes by lane and slot, each added to those before it.

    keys     lane and slot, rising
    slopes   [row, state] sum of the changes of all rows before
    moments  [row, state] the same of change times time
    """

    keys: Int64s
    slopes: Int64s
    moments: Int64s

    @classmethod
    def of(cls, lanes: Int64s, slots: Int64s, slopes: Int64s, moments: Int64s) -> Self:
        """Of changes that are added up by lane and slot and perhaps more; those of lanes below zero are nobody's."""
        own = np.flatnonzero(lanes >= 0)
        keys = (lanes[own] << asked.SLOT_BITS) | slots[own]
        # Batches of a trace are each in order, and what is in order is merged.
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], own[order]
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        return cls(keys[starts], changes.running(slopes, rows, starts), changes.running(moments, rows, starts))

    @classmethod
    def of_rows(cls, rows: pa.Table, lanes: Int64s) -> Self:
        """Of rows with slot, change_N and moment_N."""
        sums = [
            np.stack([ints(rows, one) for one in rows.column_names if one.startswith(name)], axis=1)
            for name in ("change_", "moment_")
        ]
        return cls.of(lanes, ints(rows, "slot"), *sums)

    def lanes(self) -> Int64s:
        """Those in which anything changes."""
        return np.unique(self.keys >> asked.SLOT_BITS)

    def until(self, lanes: Int64s, slots: Int64s) -> tuple[Int64s, Int64s]:
        """[lane, slot, state]: sums of each lane's changes before each slot."""
        first = lanes[:, None] << asked.SLOT_BITS
        before, here = np.searchsorted(self.keys, first), np.searchsorted(self.keys, first | slots)
        return self.slopes[here] - self.slopes[before], self.moments[here] - self.moments[before]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Changes of a trace or a window by each kind of lane; on_procs by proc and function."""

    goroutines: Changes
    functions: Changes
    everyone: Changes
    executing: Changes
    on_procs: Changes
    procs: Changes
    ranges: Changes


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """The functions that goroutines were started with.

    goroutines  in order
    functions   of each, as a place in a list
    unknown     the place for those that are not among them
    """

    goroutines: Int64s
    functions: Int64s
    unknown: int

    def of(self, goroutines: Int64s) -> Int64s:
        """Of any goroutines."""
        # The last is that of the place -1.
        found: Int64s = np.append(self.functions, self.unknown)[_places(goroutines, self.goroutines)]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Sums by lane, slot and perhaps more; lanes are ids."""

    lanes: Int64s
    slots: Int64s
    slopes: Int64s
    moments: Int64s

    @classmethod
    def of(cls, ids: pa.DictionaryArray, slots: Int32s, times: Int64s, kinds: Int32s, deltas: Int64s) -> Self:
        """Rows added up by their ids and slots."""
        lanes = ids.indices.to_numpy()
        lane, *more = changes.summed(lanes, slots, times, kinds, deltas, len(ids.dictionary), asked.LAST_SLOT)
        return cls(ids.dictionary.to_numpy()[lane], *more)

    @classmethod
    def joined(cls, parts: Sequence[Part]) -> Self:
        """One after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """What happened, by goroutine, and by proc (-1 for none) and function."""

    of_goroutines: Part
    of_procs: Part
    functions: Int64s


def cells(
    connection: duckdb.DuckDBPyConnection,
    trace_id: int,
    start_ns: int,
    started: Started,
    *,
    shift: int,
    window: asked.Window | None = None,
) -> Cells:
    """Goroutines' changes of all of a trace or a window; see `timeline_questions.proc_transitions` for what is where."""
    kinds = asked.kinds(connection)
    since, until, begin = (
        (window.since, window.until, window.begin) if window else (-2 * asked.FAR_NS, 2 * asked.FAR_NS, 0)
    )
    clock = (asked.TICK_BITS, start_ns, asked.FAR_NS, since, until, window is None, begin, shift, asked.LAST_SLOT)
    nothing = Part(*(np.zeros(0, np.int64),) * 2, *(np.zeros((0, kinds.deltas.shape[1]), np.int64),) * 2)
    of_goroutines, of_procs, functions = [nothing], [nothing], [nothing.lanes]
    for batch in asked.transitions(connection, trace_id, start_ns, window=window):
        goroutine, proc, kind, ticks, rest = batch.columns
        number = kind.to_numpy()
        slots, times = changes.timed(ticks.to_numpy(), rest.to_numpy(), number, kinds.is_change, kinds.is_older, *clock)
        rows = (slots, times, number, kinds.deltas)
        goroutines, procs = pc.dictionary_encode(goroutine), pc.dictionary_encode(proc)
        # Of many goroutines few functions are left on a proc in a slot.
        function = started.of(goroutines.dictionary.to_numpy())[goroutines.indices.to_numpy()]
        pair = procs.indices.to_numpy() * np.int64(started.unknown + 1) + function
        pairs = Part.of(pc.dictionary_encode(pa.array(pair)), *rows)
        of_goroutines.append(Part.of(goroutines, *rows))
        of_procs.append(replace(pairs, lanes=procs.dictionary.to_numpy()[pairs.lanes // (started.unknown + 1)]))
        functions.append(pairs.lanes % (started.unknown + 1))
    return Cells(Part.joined(of_goroutines), Part.joined(of_procs), np.concatenate(functions))


def summed(cells: Cells, own: pa.Table, ranges: pa.Table, *, goroutines: Int64s, procs: Int64s, functions: int) -> Sums:
    """By each kind of lane; what is of none of these goroutines and procs is nobody's.

    own, ranges  what `timeline_questions` finds of procs and of the runtime
    functions    how many there are
    """
    part, proc = cells.of_procs, _places(cells.of_procs.lanes, procs)
    every = (part.slots, part.slopes, part.moments)
    # Only running, which is the first state, is done on a proc.
    running = (part.slots, *(np.ascontiguousarray(sums[:, :1]) for sums in (part.slopes, part.moments)))
    one = cells.of_goroutines
    return Sums(
        goroutines=Changes.of(_places(one.lanes, goroutines), one.slots, one.slopes, one.moments),
        functions=Changes.of(cells.functions, *every),
        everyone=Changes.of(np.zeros_like(proc), *every),
        executing=Changes.of(proc, *running),
        on_procs=Changes.of(np.where(proc < 0, -1, proc * functions + cells.functions), *running),
        procs=Changes.of_rows(own, np.searchsorted(procs, ints(own, "proc"))),
        ranges=Changes.of_rows(ranges, ints(ranges, "lane")),
    )


def ints(rows: pa.Table, name: str) -> Int64s:
    """A column of whole numbers."""
    found: Int64s = rows[name].cast(pa.int64()).to_numpy()
    return found


def _places(ids: Int64s, known: Int64s) -> Int64s:
    """Where ids are in a list in order, -1 for those that are not."""
    if not len(known):
        return np.full(len(ids), -1, np.int64)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[places] == ids, places, -1)
