"""The array that events are put in order in: its tables, and how they get more room.

kernels/trace/columns.py says what lies where. A row is named by its place, so when tables move, the places that are
written down in them move along.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np

from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import state as trace_state
from pipeline.values import Int64s

# Rows of events that are put in order at a time: few enough to stay in the processor's cache until they are read.
CHUNK_ROWS = 1 << 12
_FIRST_ROWS = 64
# Numbers from which on the array grows no more: about a million goroutines alive at a time. To grow it once takes 0.5 GiB.
MOST_WORDS = 1 << 24
# What a thread takes: its row twice, for tables double, its look-up, its cursor and its place in the heap.
THREAD_WORDS = 2 * c.M + 4 + c.CURSOR + 1
# Tables that last, how wide their rows are, whether their rows are looked up by id.
_LASTING = (
    (c.GS, c.G, True),
    (c.PS, c.P, True),
    (c.MS, c.M, True),
    (c.REGIONS, c.R, False),
    (c.TASKS, c.T, True),
    (c.STOPS, c.STOP, False),
)
# Where places of rows are written down: table, column, whose rows they are.
_PLACES = (
    (c.MS, c.M_P, c.PS),
    (c.MS, c.M_G_ROW, c.GS),
    (c.GS, c.G_REGION, c.REGIONS),
    (c.REGIONS, c.R_OUTER, c.REGIONS),
    (c.CURSORS, c.C_M, c.MS),
    (c.HEAP, 0, c.CURSORS),
)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Numbers of stacks or texts by id.

    dense   the number at each id, -1 without one; or, when ids are sparse, empty
    ids     sorted, when ids are sparse
    numbers of `ids`
    """

    dense: Int64s
    ids: Int64s
    numbers: Int64s


def look_up(ids: Int64s, numbers: Int64s) -> LookUp:
    """A look-up by id; ids are distinct and not 0, as 64 bits. Behind id 0 is number 0."""
    nothing = np.zeros(0, np.int64)
    highest = int(ids.view(np.uint64).max(initial=0))
    if highest <= 4 * len(ids) + 64:
        dense = np.full(highest + 1, -1, np.int64)
        dense[ids] = numbers
        dense[0] = 0
        return LookUp(dense, nothing, nothing)
    order = np.argsort(ids, kind="stable")
    return LookUp(nothing, ids[order], numbers[order])


def fresh() -> Int64s:
    """An array in which nothing is known yet."""
    memory = np.zeros(c.NUMBERS, np.int64)
    memory[c.GC_SINCE] = -1
    memory[c.FACTOR] = secrets.randbits(63) | 1
    widths = {**{table: width for table, width, _ in _LASTING}, c.CURSORS: c.CURSOR, c.HEAP: 1}
    for table, width in widths.items():
        memory[table + c.AT : table + c.ROOM + 1] = c.NUMBERS
        memory[table + c.WIDTH] = width
    return memory


def for_generation(memory: Int64s, *, threads: int, texts: LookUp, stacks: LookUp) -> Int64s:
    """The same with room for so many new threads and for what the next generation needs."""
    rooms = {table: _rooms(memory, table, more=threads if table == c.MS else 0) for table, _, _ in _LASTING}
    parts = _Parts(memory, rooms)
    parts.add(c.CURSORS, np.zeros(threads * c.CURSOR, np.int64), width=c.CURSOR)
    parts.add(c.HEAP, np.zeros(threads, np.int64), width=1)
    parts.add_look_up(c.TEXTS, texts)
    parts.add_look_up(c.STACKS_BY_ID, stacks)
    return parts.joined()


def roomier(memory: Int64s) -> Int64s:
    """The same with more room in every lasting table that is full."""
    rooms = {table: _rooms(memory, table, more=0) for table, _, _ in _LASTING}
    parts = _Parts(memory, rooms)
    for table in (c.CURSORS, c.HEAP):
        width = int(memory[table + c.WIDTH])
        parts.add(table, memory[memory[table + c.AT] : memory[table + c.END]], width=width)
    for table in (c.TEXTS, c.STACKS_BY_ID):
        at, end, dense = memory[table + c.AT], memory[table + c.END], memory[table + c.DENSE]
        if dense:
            parts.add_look_up(table, LookUp(memory[at : at + dense], *[np.zeros(0, np.int64)] * 2))
        else:
            parts.add_look_up(table, LookUp(np.zeros(0, np.int64), memory[at:end], memory[end : 2 * end - at]))
    return parts.joined()


def rows_of(memory: Int64s, table: int) -> Int64s:
    """The rows of a table that are or were in use, (n, width); a view."""
    at, end, width = (int(memory[table + column]) for column in (c.AT, c.END, c.WIDTH))
    return memory[at:end].reshape(-1, width)


def events(memory: Int64s, n: int) -> Int64s:
    """The first `n` events that were put in order, (n, EVENT); a view."""
    at = int(memory[c.ROWS + c.AT])
    return memory[at : at + n * c.EVENT].reshape(n, c.EVENT)


def _rooms(memory: Int64s, table: int, *, more: int) -> int:
    """How many rows a table is to have room for: twice what it has when it is full."""
    width = int(memory[table + c.WIDTH])
    used = (int(memory[table + c.END]) - int(memory[table + c.AT])) // width
    room = (int(memory[table + c.ROOM]) - int(memory[table + c.AT])) // width
    if table == c.STOPS:
        return c.MOST_STOPS
    return room if used + more < room else max(_FIRST_ROWS, 1 << (used + more).bit_length())


class _Parts:
    """Puts a new array together: numbers and headers, the lasting tables with their look-ups, then what is added."""

    def __init__(self, memory: Int64s, rooms: dict[int, int]) -> None:
        self._head = memory[: c.NUMBERS].copy()
        self._parts: list[Int64s] = [self._head]
        self._size = c.NUMBERS
        self._moves: dict[int, int] = {}
        for table, width, has_index in _LASTING:
            old_at, old_end = int(memory[table + c.AT]), int(memory[table + c.END])
            rows = np.zeros(rooms[table] * width, np.int64)
            rows[: old_end - old_at] = memory[old_at:old_end]
            self._moves[table] = self._size - old_at
            self._head[table + c.AT] = self._size
            self._head[table + c.END] = self._size + old_end - old_at
            self._head[table + c.ROOM] = self._size + len(rows)
            self._append(rows)
            if has_index:
                # Half empty at least, so that a look-up soon meets its row or a gap.
                index = np.zeros(1 << (2 * rooms[table] - 1).bit_length(), np.int64)
                self._head[table + c.INDEX] = self._size
                self._head[table + c.MASK] = len(index) - 1
                self._append(index)

    def add(self, table: int, rows: Int64s, *, width: int) -> None:
        """A table that is full as it comes."""
        self._moves[table] = self._size - int(self._head[table + c.AT])
        self._head[table + c.AT] = self._size
        self._head[table + c.END] = self._head[table + c.ROOM] = self._size + len(rows)
        self._head[table + c.WIDTH] = width
        self._append(rows)

    def add_look_up(self, table: int, found: LookUp) -> None:
        """Numbers by id."""
        self._head[table + c.AT] = self._size
        self._head[table + c.DENSE] = len(found.dense)
        self._head[table + c.END] = self._size + len(found.dense) + len(found.ids)
        for part in (found.dense, found.ids, found.numbers):
            self._append(part)

    def joined(self) -> Int64s:
        """The array, the places in it as they now are."""
        rows = np.empty(CHUNK_ROWS * c.EVENT, np.int64)
        self._head[c.ROWS + c.AT] = self._size
        self._head[c.ROWS + c.ROOM] = self._size + len(rows)
        self._append(rows)
        memory = np.concatenate(self._parts)
        for table, column, owner in _PLACES:
            places = rows_of(memory, table)[:, column]
            places[places > 0] += self._moves[owner]
        for table, _, has_index in _LASTING:
            if memory[table + c.FREED]:
                memory[table + c.FREED] += self._moves[table]
            if has_index:
                _move_free(rows_of(memory, table), self._moves[table])
                trace_state.enter_all(memory, table)
        return memory

    def _append(self, part: Int64s) -> None:
        self._parts.append(part)
        self._size += len(part)


def _move_free(rows: Int64s, by: int) -> None:
    """Places of free rows stand in the second column of free rows; those of regions are moved with R_OUTER."""
    links = rows[:, 1]
    links[(rows[:, 0] == trace_state.FREE) & (links != 0)] += by
