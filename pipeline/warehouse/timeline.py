"""The timeline of a trace: how long each lane was in each state, pixel by pixel, at any zoom.

A change of state adds a slope: from its time on, the lane's time in a state grows by `change` (1, 0 or -1) a nanosecond. So the
time in a state until t is `t * SUM(change) - SUM(change * time)` over the changes before t: two sums that add up over slots of
time, goroutines and functions alike, so that every figure is exact whatever it is added up by. The changes of a whole trace
are added up by slots of a power of two of nanoseconds once, when it is opened: one pass over them, and as many sums as there
are slots and goroutines at most. What is drawn coarser than a slot comes from these sums alone; what is finer reads the rows
of its own window, and has what was before from the sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import QueryError
from pipeline.values import Int64s
from pipeline.warehouse import timeline_questions as asked
from pipeline.warehouse import timeline_sums as sums
from pipeline.warehouse.timeline_sums import Started, Sums, ints

if TYPE_CHECKING:
    import duckdb

PIXELS: Final = 512
# Pixels of 8 ns, an eighth of a tick of Go's clock.
FINEST: Final = 3
# One tile for all that JavaScript counts without rounding: a hundred days.
COARSEST: Final = 44
_LONGEST_NS = 1 << COARSEST + 9

_MOST_SLOTS, _FEW_SLOTS, _LEAST_SLOTS = 1 << 16, 1 << 8, 1 << 5
# A window that reads rows has at most a few hundred slots.
_EVENTS_PER_SLOT = 1024
# Sums for which a trace gets coarser slots. Each takes some 100 bytes; there are no more of them than events.
_MOST_SUMS = 4_000_000
# Functions of a proc and a window among which the one that ran longest is looked for.
_RIVALS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """A trace that is looked at. A lane is a place in what is listed here.

    slot_bits   a slot of the sums is 2^slot_bits ns
    functions   what goroutines were started with, the last one empty for what is not known
    function    of each goroutine, the place in functions
    """

    trace_id: int
    start_ns: int
    duration_ns: int
    slot_bits: int
    most_heap_bytes: int
    goroutines: Int64s
    functions: tuple[str, ...]
    function: Int64s
    procs: Int64s
    sums: Sums

    def function_of(self, goroutine: int) -> str:
        """What a goroutine was started with; empty when that is not known."""
        place = int(np.searchsorted(self.goroutines, goroutine))
        is_known = place < len(self.goroutines) and self.goroutines[place] == goroutine
        return self.functions[self.function[place]] if is_known else ""


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """Goroutines, or functions for all that were started with them."""

    places: Int64s
    are_functions: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Time in ns between moments, as [lane, interval, state].

    ranges    of RANGES: all of a kind together
    everyone  of STATES: all goroutines together
    procs     executing goroutines, running without one, idle
    runs      [proc, interval] the function that ran there longest, -1 for none
    lanes     of STATES: the goroutines or functions asked for
    """

    ranges: Int64s
    everyone: Int64s
    procs: Int64s
    runs: Int64s
    lanes: Int64s


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Moments between which time is counted, and the slots before which changes are before them.

    near  changes since those slots, when moments lie within slots, with slots of their own
    """

    whole: Sums
    moments: Int64s
    slots: Int64s
    near: Sums | None
    near_slots: Int64s

    def ends(self) -> _View:
        """The first and the last moment alone."""
        ends = [0, -1]
        near_slots = self.near_slots if self.near is None else self.near_slots[ends]
        return _View(self.whole, self.moments[ends], self.slots[ends], self.near, near_slots)

    def until(self, kind: str, lanes: Int64s) -> Int64s:
        """[lane, moment, state]: time until each moment."""
        slopes, moments = getattr(self.whole, kind).until(lanes, self.slots)
        if self.near is not None:
            more, later = getattr(self.near, kind).until(lanes, self.near_slots)
            slopes, moments = slopes + more, moments + later
        found: Int64s = slopes * self.moments[None, :, None] - moments
        return found


_Until: TypeAlias = "Callable[[str, Int64s], Int64s]"


def opened(connection: duckdb.DuckDBPyConnection, trace_id: int) -> Timeline:
    """The timeline of a trace that is there."""
    (trace,) = asked.traces(connection, trace_id).table.to_pylist()
    start_ns, duration_ns = trace["start_ns"], trace["end_ns"] - trace["start_ns"]
    if not 0 <= duration_ns < _LONGEST_NS:
        raise QueryError(
            f"trace={trace_id}: {duration_ns:,} ns lie between its first and its last event, too many to draw"
        )
    slot_bits = _slot_bits(duration_ns, trace["event_count"], asked.goroutine_count(connection, trace_id))
    functions, started = _functions(asked.entries(connection, trace_id))
    cells = sums.cells(connection, trace_id, start_ns, started, shift=slot_bits)
    own = asked.proc_transitions(connection, trace_id, start_ns, shift=slot_bits)
    ranges = asked.ranges(connection, trace_id, start_ns, shift=slot_bits)
    goroutines = np.sort(pc.unique(pa.array(cells.of_goroutines.lanes)).to_numpy())
    procs = np.unique(np.concatenate([ints(own, "proc"), cells.of_procs.lanes]))
    procs = procs[procs >= 0]
    return Timeline(
        trace_id=trace_id,
        start_ns=start_ns,
        duration_ns=duration_ns,
        slot_bits=slot_bits,
        most_heap_bytes=asked.most_heap(connection, trace_id),
        goroutines=goroutines,
        functions=functions,
        function=started.of(goroutines),
        procs=procs,
        sums=sums.summed(cells, own, ranges, goroutines=goroutines, procs=procs, functions=len(functions)),
    )


def tile(connection: duckdb.DuckDBPyConnection, timeline: Timeline, lanes: Lanes, *, level: int, index: int) -> Times:
    """PIXELS pixels of 2^level ns each, the index'th such tile since the trace began."""
    begin = index * PIXELS << level
    edges = begin + (np.arange(PIXELS + 1) << level)
    slots = np.minimum(1 + (edges >> timeline.slot_bits), asked.LAST_SLOT)
    near, near_slots = None, slots[:0]
    if level < timeline.slot_bits:
        # Counted from where a slot begins; the first slot of the window is what lies before it.
        since = begin >> timeline.slot_bits << timeline.slot_bits
        near = _window_sums(connection, timeline, since, int(edges[-1]), begin=begin, shift=level)
        slots, near_slots = slots[:1], np.arange(1, PIXELS + 2)
    # Nothing goes on after the end.
    view = _View(timeline.sums, np.minimum(edges, timeline.duration_ns), slots, near, near_slots)
    return _between(timeline, lanes, view.until, view.ends().until)


def window(
    connection: duckdb.DuckDBPyConnection, timeline: Timeline, lanes: Lanes, *, since_ns: int, until_ns: int
) -> Times:
    """One interval between any two moments, in ns since the trace began."""
    views = []
    for moment in (since_ns, until_ns):
        since = moment >> timeline.slot_bits << timeline.slot_bits
        near = _window_sums(connection, timeline, since, moment, begin=since, shift=timeline.slot_bits)
        slot = np.array([1 + (since >> timeline.slot_bits)])
        views.append(_View(timeline.sums, np.array([moment]), slot, near, np.array([asked.LAST_SLOT])))

    def until(kind: str, places: Int64s) -> Int64s:
        return np.concatenate([view.until(kind, places) for view in views], axis=1)

    return _between(timeline, lanes, until, until)


def spent(timeline: Timeline, *, are_functions: bool) -> Int64s:
    """[lane, state]: ns of each goroutine or function in each state in all of the trace."""
    count = len(timeline.functions if are_functions else timeline.goroutines)
    changes = timeline.sums.functions if are_functions else timeline.sums.goroutines
    slopes, moments = changes.until(np.arange(count), np.array([asked.LAST_SLOT]))
    found: Int64s = slopes[:, 0] * timeline.duration_ns - moments[:, 0]
    return found


def heap(connection: duckdb.DuckDBPyConnection, timeline: Timeline, *, level: int, index: int) -> Int64s:
    """[2, pixel]: the most bytes of the heap and of its goal in each pixel of a tile, -1 when not known."""
    begin = index * PIXELS << level
    until = min(begin + (PIXELS << level), timeline.duration_ns + 1)
    rows = asked.heap(connection, timeline.trace_id, timeline.start_ns, shift=level, window=(begin, until))
    found = np.full((2, PIXELS), -1, np.int64)
    for kind in (0, 1):
        own = rows.filter(pc.equal(rows["is_goal"], bool(kind))).sort_by("slot")
        slots, largest, last = (ints(own, name) for name in ("slot", "largest", "last"))
        if not len(slots):
            continue
        place = np.searchsorted(slots, np.arange(PIXELS), side="right") - 1
        known = np.where(place >= 0, last[place], -1)
        is_own = (place >= 0) & (slots[place] == np.arange(PIXELS))
        found[kind] = np.where(is_own, largest[place], known)
    return found


def _slot_bits(duration_ns: int, events: int, goroutines: int) -> int:
    slots = min(max(events // _EVENTS_PER_SLOT, _FEW_SLOTS), _MOST_SLOTS)
    while min(events, goroutines * slots) > _MOST_SUMS and slots > _LEAST_SLOTS:
        slots //= 2
    return max((duration_ns // slots).bit_length(), FINEST)


def _between(timeline: Timeline, lanes: Lanes, until: _Until, ends: _Until) -> Times:
    """Times between moments, of which ends has the first and the last."""
    procs = np.arange(len(timeline.procs))
    executing = np.diff(until("executing", procs), axis=1)[..., 0]
    states = np.diff(until("procs", procs), axis=1)
    # A proc whose own state a trace does not tell executes all the same.
    without = np.maximum(states[..., 0] - executing, 0)
    return Times(
        ranges=np.diff(until("ranges", np.arange(len(asked.RANGES))), axis=1),
        everyone=np.diff(until("everyone", np.array([0])), axis=1),
        procs=np.stack([executing, without, states[..., 1]], axis=2),
        runs=_runs(timeline, until, ends, executing),
        lanes=np.diff(until("functions" if lanes.are_functions else "goroutines", lanes.places), axis=1),
    )


def _runs(timeline: Timeline, until: _Until, ends: _Until, executing: Int64s) -> Int64s:
    """Which function ran longest on each proc in each interval."""
    found = np.full(executing.shape, -1, np.int64)
    count = len(timeline.functions)
    known = timeline.sums.on_procs.lanes()
    for proc, own in enumerate(np.split(known, np.searchsorted(known, np.arange(1, len(executing)) * count))):
        if not executing[proc].any():
            continue
        whole = np.diff(ends("on_procs", own), axis=1)[:, 0, 0]
        rivals = own[np.argsort(-whole, kind="stable")[:_RIVALS]]
        times = np.diff(until("on_procs", rivals), axis=1)[..., 0]
        found[proc] = np.where(executing[proc] > 0, rivals[times.argmax(axis=0)] % count, -1)
    return found


def _window_sums(
    connection: duckdb.DuckDBPyConnection, timeline: Timeline, since: int, until: int, *, begin: int, shift: int
) -> Sums:
    """Changes from since on and before until; those before begin in slot 0, the others from slot 1 on."""
    where = (connection, timeline.trace_id, timeline.start_ns)
    window = asked.Window(since, until, begin)
    started = Started(timeline.goroutines, timeline.function, len(timeline.functions) - 1)
    return sums.summed(
        sums.cells(*where, started, shift=shift, window=window),
        asked.proc_transitions(*where, shift=shift, window=window),
        asked.ranges(*where, shift=shift, window=window),
        goroutines=timeline.goroutines,
        procs=timeline.procs,
        functions=len(timeline.functions),
    )


def _functions(entries: pa.Table) -> tuple[tuple[str, ...], Started]:
    """Names by place, the last of which is empty, for goroutines without one; and what each goroutine was started with."""
    names = pc.unique(entries["function"]).sort() if entries.num_rows else pa.array([], pa.string())
    places = pc.index_in(entries["function"], names).to_numpy() if entries.num_rows else []
    return (*names.to_pylist(), ""), Started(ints(entries, "goroutine"), np.array(places, np.int64), len(names))
