"""Events in order, told apart: transitions of goroutines, which most events are, to columns; the others as they are."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.pointers import pointer
from pipeline.kernels.trace import columns as c
from pipeline.values import Bytes, Int32s, Int64s

# Columns of goroutines' transitions: rows of two arrays, so that each column lies together. Those of numbers are what a
# table has, and -1 is none; of the others, which become something else, nothing needs to be kept.
G_TIME, GOROUTINE, DURATION, BY_GOROUTINE, THREAD, PROC = range(6)
NUMBERS = 6
# States, and numbers of the generation's texts and stacks: 32 bits have room for any.
FROM_STATE, FROM_REASON, FROM_STACK, TO_STATE, REASON, AT_STACK, BY_STACK = range(7)
REFERENCES = 7

# What a stack weighs: columns of an array with a row for each stack.
ON_CPU, NET, SYNC, SELECT, IN_SYSCALL, RUNNABLE = 0, 1, 3, 5, 7, 9
# Behind each of these but the first: the time, ns.
WEIGHTS = 11

# What a goroutine that waits with these words waits for, as bits: see cmd/trace/pprof.go of Go 1.27.
FOR_NET, FOR_SYNC, FOR_SELECT = 1, 2, 4
_NETWORK, _CHAN, _SYNC, _SELECT = (np.frombuffer(word, np.uint8) for word in (b"network", b"chan", b"sync", b"select"))

# Where the event's own stack is the goroutine's, nobody else caused it.
_IS_OWN = np.zeros(c.END_OF_TYPES, np.bool_)
_IS_OWN[[c.GO_STOP, c.GO_BLOCK, c.GO_SYSCALL_BEGIN, c.GO_STATUS, c.GO_STATUS_STACK]] = True
_IS_TRANSITION = np.zeros(c.END_OF_TYPES, np.bool_)
_IS_TRANSITION[c.GO_CREATE : c.GO_STATUS + 1] = True
_IS_TRANSITION[c.GO_SWITCH : c.GO_STATUS_STACK + 1] = True


@kernel
def waits_for(data: Bytes, starts: Int64s, lengths: Int64s) -> Bytes:
    """For each text, what a goroutine waits for that waits with these words; spans have been checked."""
    found = np.zeros(len(starts), np.uint8)
    for text in range(len(starts)):
        start, length = starts[text], lengths[text]
        selects = _has(data, start, length, _SELECT)
        if selects or _has(data, start, length, _CHAN) or _has(data, start, length, _SYNC):
            found[text] |= FOR_SYNC
        if selects and length == len(_SELECT):
            found[text] |= FOR_SELECT
        if length == len(_NETWORK) and _has(data, start, length, _NETWORK):
            found[text] |= FOR_NET
    return found


@kernel
def _has(data: Bytes, start: int, length: int, word: Bytes) -> bool:
    for at in range(start, start + length - len(word) + 1):
        same = 0
        while same < len(word) and data[at + same] == word[same]:
            same += 1
        if same == len(word):
            return True
    return False


@kernel
def tell_apart(
    rows: Int64s, numbers: Int64s, references: Int32s, n: int, others: Int64s, m: int, weights: Int64s, waiting: Bytes
) -> tuple[int, int]:
    """Rows behind the `n` transitions and `m` other rows there are. All arrays are flat.

    rows        int64 (k · EVENT,)
    numbers     int64 (NUMBERS · room,)
    references  int32 (REFERENCES · room,)
    others      int64 (room · EVENT,)
    weights     int64 (stacks · WEIGHTS,)  what each stack weighs is added
    waiting     uint8 (texts,)             as `waits_for` says
    The caller has made room for k more of either, and the order has checked stacks and texts. Returns how many of each
    there are then.
    """
    source, t, u, o = pointer(rows), pointer(numbers), pointer(references), pointer(others)
    w, waits = pointer(weights), pointer(waiting)
    room = len(numbers) // NUMBERS
    for at in range(0, len(rows), c.EVENT):
        wire = source[at + c.WIRE]
        if not _IS_TRANSITION[np.uint64(wire)]:
            for column in range(c.EVENT):
                o[m * c.EVENT + column] = source[at + column]
            m += 1
            if wire == c.CPU_SAMPLE:
                w[source[at + c.STACK_AT] * WEIGHTS + ON_CPU] += 1
            continue
        states, cause, goroutine = source[at + c.STATES], source[at + c.GOROUTINE], source[at + c.RESOURCE]
        before, after = states & c.STATE, states >> c.STATE_BITS & c.STATE
        reason, stack, duration = 0, 0, -1
        if before != after:
            reason, stack = source[at + c.OPENED_TEXT], source[at + c.OPENED_STACK]
            if source[at + c.OPENED] >= 0:
                duration = source[at + c.TIME] - source[at + c.OPENED]
        t[G_TIME * room + n] = source[at + c.TIME]
        t[GOROUTINE * room + n] = goroutine
        u[FROM_STATE * room + n] = before
        u[FROM_REASON * room + n] = reason
        u[FROM_STACK * room + n] = stack
        t[DURATION * room + n] = duration
        u[TO_STATE * room + n] = after
        u[REASON * room + n] = source[at + c.TEXT]
        u[AT_STACK * room + n] = source[at + c.STACK2]
        t[BY_GOROUTINE * room + n] = -1 if cause == goroutine else cause
        u[BY_STACK * room + n] = 0 if _IS_OWN[np.uint64(wire)] else source[at + c.STACK_AT]
        t[THREAD * room + n] = source[at + c.THREAD]
        t[PROC * room + n] = source[at + c.PROC]
        n += 1
        if duration >= 0:
            _weigh(w, stack * WEIGHTS, duration, before, states & c.HAS_RUN != 0, waits[reason])
    return n, m


@kernel
def _weigh(w: Int64s, at: int, duration: int, state: int, had_run: bool, waits: int) -> None:
    """Add what ended to the weights of its stack, which are at `at`.

    Go counts from a goroutine's first run in the trace on: what it was created for and then waited for is not there.
    """
    if state == c.G_WAITING:
        if waits & FOR_NET:
            _add(w, at + NET, duration)
        if waits & FOR_SYNC:
            _add(w, at + SYNC, duration)
        if waits & FOR_SELECT:
            _add(w, at + SELECT, duration)
    elif had_run and state == c.G_SYSCALL:
        _add(w, at + IN_SYSCALL, duration)
    elif had_run and state == c.G_RUNNABLE:
        _add(w, at + RUNNABLE, duration)


@kernel
def _add(w: Int64s, at: int, duration: int) -> None:
    w[at] += 1
    w[at + 1] += duration


@kernel
def split(rows: Int64s, table_of: Bytes, tables: int) -> tuple[Int64s, Int64s]:
    """Places of the rows, those of one table together and in order, and where each table's begin (tables + 1).

    table_of  the table of each wire type; `tables` or more for none
    """
    starts = np.zeros(tables + 2, np.int64)
    for place in range(len(rows)):
        table = table_of[rows[place, c.WIRE]]
        starts[min(table, tables) + 1] += 1
    for table in range(tables + 1):
        starts[table + 1] += starts[table]
    next_of = starts.copy()
    order = np.empty(len(rows), np.int64)
    for place in range(len(rows)):
        table = min(table_of[rows[place, c.WIRE]], tables)
        order[next_of[table]] = place
        next_of[table] += 1
    return order, starts[: tables + 1]
