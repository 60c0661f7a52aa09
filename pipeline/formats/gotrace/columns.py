"""Rows of events to the columns of tables. A text is a number in the generation's texts, a stack one of its stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace.generation import Generation
from pipeline.kernels.ids import find_id
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import rows as r
from pipeline.kernels.trace import state as trace_state
from pipeline.values import Bools, Bytes, Column, Int32s, Int64s

Columns = Mapping[str, Column]

_RANGE_ENDS = (c.GC_END, c.GC_SWEEP_END, c.GC_MARK_ASSIST_END, c.STW_END)
# Columns a power of two apart would all want the same few lines of the cache.
_ODD = 8 * 9
_NUMBERS: Mapping[str, int] = {
    "time_ns": r.G_TIME,
    "goroutine": r.GOROUTINE,
    "duration_ns": r.DURATION,
    "by_goroutine": r.BY_GOROUTINE,
    "thread": r.THREAD,
    "proc": r.PROC,
}
_REFERENCES: Mapping[str, int] = {
    "from_state": r.FROM_STATE,
    "from_reason_text": r.FROM_REASON,
    "from_stack": r.FROM_STACK,
    "to_state": r.TO_STATE,
    "reason_text": r.REASON,
    "stack": r.AT_STACK,
    "by_stack": r.BY_STACK,
}


@dataclass(slots=True)
class Part:
    """Events of one generation that become rows together; filled chunk by chunk, which a frozen value could not be.

    numbers     int64 (NUMBERS, room)     columns of goroutines' transitions, `n` of them
    references  int32 (REFERENCES, room)  more columns of them
    others      int64 (room, EVENT)       all other events, `m` of them
    weights     int64 (stacks, WEIGHTS)   what each stack of the generation weighs
    waiting     uint8 (texts,)            what a goroutine waits for, by its words
    """

    generation: Generation
    numbers: Int64s
    references: Int32s
    others: Int64s
    weights: Int64s
    waiting: Bytes
    n: int = 0
    m: int = 0


def part_for(generation: Generation, *, room: int) -> Part:
    """A part without events; what it has no need of is never touched and takes no memory."""
    strings = generation.texts
    return Part(
        generation,
        numbers=np.empty((r.NUMBERS, room | _ODD), np.int64),
        references=np.empty((r.REFERENCES, room | _ODD), np.int32),
        others=np.empty((room, c.EVENT), np.int64),
        weights=np.zeros((len(generation.stack_offsets), r.WEIGHTS), np.int64),
        waiting=r.waits_for(strings.data, strings.starts, strings.lengths),
    )


def has_room(part: Part, rows: Int64s) -> bool:
    """Whether these rows fit in, whatever they are."""
    return max(part.n, part.m) + len(rows) <= len(part.others)


def add(part: Part, rows: Int64s) -> None:
    """Take rows that there is room for; they may be overwritten afterwards."""
    numbers, references = part.numbers.reshape(-1), part.references.reshape(-1)
    others, weights = part.others.reshape(-1), part.weights.reshape(-1)
    part.n, part.m = r.tell_apart(rows.reshape(-1), numbers, references, part.n, others, part.m, weights, part.waiting)


def columns_of(part: Part) -> Mapping[str, Columns]:
    """Columns of every table that events fill, by table."""
    rows = part.others[: part.m]
    order, starts = r.split(rows, _TABLE_OF, len(_TABLES))
    built = {
        name: build(rows[order[starts[place] : starts[place + 1]]], part.generation)
        for place, (name, (_, build)) in enumerate(_TABLES.items())
        if starts[place] < starts[place + 1]
    }
    transitions = {
        **{name: part.numbers[column, : part.n] for name, column in _NUMBERS.items()},
        **{name: part.references[column, : part.n] for name, column in _REFERENCES.items()},
    }
    return {**built, "goroutine_transition": transitions, "sample": _samples(part.weights)}


def _context(rows: Int64s, *names: str) -> dict[str, Column]:
    places = {"goroutine": c.GOROUTINE, "proc": c.PROC, "thread": c.THREAD}
    return {name: rows[:, places[name]] for name in names}


def _duration(rows: Int64s, changes: Bools) -> Int64s:
    """How long what ends here took, -1 when that is not known."""
    return np.where((rows[:, c.OPENED] < 0) | ~changes, -1, rows[:, c.TIME] - rows[:, c.OPENED])


def _procs(rows: Int64s, generation: Generation) -> Columns:
    before, after = rows[:, c.STATES] & c.STATE, rows[:, c.STATES] >> c.STATE_BITS & c.STATE
    return {
        "time_ns": rows[:, c.TIME],
        "proc": rows[:, c.RESOURCE],
        "from_state": before,
        "duration_ns": _duration(rows, before != after),
        "to_state": after,
        **_context(rows, "thread", "goroutine"),
    }


def _ranges(rows: Int64s, generation: Generation) -> Columns:
    wire = rows[:, c.WIRE]
    of_p = wire == c.GC_SWEEP_END
    of_g = (wire == c.GC_MARK_ASSIST_END) | (wire == c.STW_END)
    return {
        "wire": wire,
        "kind_text": rows[:, c.OPENED_TEXT],
        "start_ns": rows[:, c.OPENED],
        "end_ns": rows[:, c.TIME],
        "goroutine": np.where(of_g, rows[:, c.RESOURCE], -1),
        "proc": np.where(of_p, rows[:, c.RESOURCE], -1),
        "stack": rows[:, c.OPENED_STACK],
        "swept_bytes": np.where(of_p, rows[:, c.VALUE], -1),
        "reclaimed_bytes": np.where(of_p, rows[:, c.VALUE2], -1),
    }


def open_ranges(memory: Int64s) -> Columns:
    """The ranges that nothing ends, with end_ns -1."""
    g, p, stops = (mem.rows_of(memory, table) for table in (c.GS, c.PS, c.STOPS))
    assists = g[(g[:, c.G_ID] != trace_state.FREE) & (g[:, c.G_ASSIST] != 0)]
    sweeps = p[p[:, c.P_SWEEP] != 0]
    gc = np.array([[memory[c.GC_SINCE], memory[c.GC_STACK]]] * int(memory[c.GC_STATE] == c.GC_RUNNING), np.int64)
    gc = gc.reshape(-1, 2)
    groups = (len(gc), len(sweeps), len(assists), len(stops))
    nothing = np.full(sum(groups), -1, np.int64)

    def joined(*parts: Int64s | int) -> Int64s:
        filled = [np.full(n, part) if isinstance(part, int) else part for n, part in zip(groups, parts, strict=True)]
        return np.concatenate(filled).astype(np.int64)

    return {
        "wire": joined(*_RANGE_ENDS),
        "kind_text": joined(0, 0, 0, stops[:, c.STOP_TEXT]),
        "start_ns": joined(gc[:, 0], sweeps[:, c.P_SWEEP_SINCE], assists[:, c.G_ASSIST_SINCE], stops[:, c.STOP_SINCE]),
        "end_ns": nothing,
        "goroutine": joined(-1, -1, assists[:, c.G_ID], stops[:, c.STOP_G]),
        "proc": joined(-1, sweeps[:, c.P_ID], -1, -1),
        "stack": joined(gc[:, 1], sweeps[:, c.P_SWEEP_STACK], assists[:, c.G_ASSIST_STACK], stops[:, c.STOP_STACK]),
        "swept_bytes": nothing,
        "reclaimed_bytes": nothing,
    }


def _metrics(rows: Int64s, generation: Generation) -> Columns:
    value = rows[:, c.VALUE]
    return {
        "time_ns": rows[:, c.TIME],
        "wire": rows[:, c.WIRE],
        "value": np.where(value < 0, np.iinfo(np.int64).max, value),
        "stack": rows[:, c.STACK_AT],
        **_context(rows, "goroutine", "proc"),
    }


def _tasks(rows: Int64s, generation: Generation) -> Columns:
    is_end = rows[:, c.WIRE] == c.USER_TASK_END
    return {
        "time_ns": rows[:, c.TIME],
        "event": is_end.astype(np.int64),
        "task": rows[:, c.RESOURCE],
        "parent": rows[:, c.VALUE],
        "name_text": rows[:, c.TEXT],
        "duration_ns": _duration(rows, is_end),
        "stack": rows[:, c.STACK_AT],
        **_context(rows, "goroutine"),
    }


def _regions(rows: Int64s, generation: Generation) -> Columns:
    is_end = rows[:, c.WIRE] == c.USER_REGION_END
    return {
        "time_ns": rows[:, c.TIME],
        "event": is_end.astype(np.int64),
        "task": rows[:, c.RESOURCE],
        "name_text": rows[:, c.TEXT],
        "duration_ns": _duration(rows, is_end),
        "stack": rows[:, c.STACK_AT],
        **_context(rows, "goroutine"),
    }


def _logs(rows: Int64s, generation: Generation) -> Columns:
    return {
        "time_ns": rows[:, c.TIME],
        "task": rows[:, c.RESOURCE],
        "category_text": rows[:, c.TEXT],
        "message_text": rows[:, c.TEXT2],
        "stack": rows[:, c.STACK_AT],
        **_context(rows, "goroutine"),
    }


def _labels(rows: Int64s, generation: Generation) -> Columns:
    return {"time_ns": rows[:, c.TIME], "label_text": rows[:, c.TEXT], **_context(rows, "goroutine")}


def _cpu_samples(rows: Int64s, generation: Generation) -> Columns:
    stack = rows[:, c.STACK_AT]
    return {"time_ns": rows[:, c.TIME], "stack": stack, **_context(rows, "goroutine", "proc", "thread")}


def _objects(rows: Int64s, generation: Generation) -> Columns:
    types = generation.types
    is_free = rows[:, c.WIRE] == c.HEAP_OBJECT_FREE
    place = _places(types.ids, types.table, types.order, np.where(is_free, 0, rows[:, c.VALUE]))
    size = np.append(types.size_bytes, -1)
    return {
        "time_ns": rows[:, c.TIME],
        "event": rows[:, c.WIRE] - c.HEAP_OBJECT,
        "address": _address(rows, types.heap[0], types.heap[2]),
        "type_name_text": np.append(types.text, -1)[place],
        "type_size_bytes": size[place],
        **_context(rows, "goroutine", "proc"),
    }


def _places(ids: Int64s, table: Int64s, order: Int64s, wanted: Int64s) -> Int64s:
    """Where each id stands, -1 when it does not; few are distinct."""
    distinct, which = np.unique(wanted, return_inverse=True)
    return np.array([find_id(ids, table, order, one) for one in distinct], np.int64)[which]


def _address(rows: Int64s, first: np.int64, alignment: np.int64) -> npt.NDArray[np.uint64]:
    ids = np.ascontiguousarray(rows[:, c.RESOURCE]).view(np.uint64)
    return first.view(np.uint64) + ids * np.uint64(max(1, int(alignment)))


def _spans(rows: Int64s, generation: Generation) -> Columns:
    heap = generation.types.heap
    is_free = rows[:, c.WIRE] == c.SPAN_FREE
    # Bit 0: not of the heap. Else twice the span class, which is twice the size class and whether it has no pointers.
    kind = rows[:, c.VALUE2]
    is_classless = is_free | (kind & 1 != 0) | (kind < 0) | (kind >> 2 > _LAST_SIZE_CLASS)
    page = max(1, int(heap[1]))
    return {
        "time_ns": rows[:, c.TIME],
        "event": rows[:, c.WIRE] - c.SPAN,
        "address": _address(rows, heap[0], np.int64(page)),
        "size_bytes": np.where(is_free, -1, rows[:, c.VALUE] * page),
        "size_class": np.where(is_classless, -1, kind >> 2),
        "is_noscan": np.where(is_classless, -1, kind >> 1 & 1),
        **_context(rows, "goroutine", "proc"),
    }


# internal/runtime/gc/sizeclasses.go.
_LAST_SIZE_CLASS = 67


def _stacks(rows: Int64s, generation: Generation) -> Columns:
    heap = generation.types.heap
    is_free = rows[:, c.WIRE] == c.GOROUTINE_STACK_FREE
    # The order is the length's bit length, not its logarithm: 12 is 2 KiB.
    order = np.clip(rows[:, c.VALUE], 1, 63)
    return {
        "time_ns": rows[:, c.TIME],
        "event": rows[:, c.WIRE] - c.GOROUTINE_STACK,
        "address": _address(rows, heap[0], heap[3]),
        "size_bytes": np.where(is_free, -1, np.int64(1) << (order - 1)),
        **_context(rows, "goroutine", "proc"),
    }


_Build = Callable[[Int64s, Generation], Columns]
_TABLES: Mapping[str, tuple[Sequence[int], _Build]] = {
    "proc_transition": (range(c.PROC_START, c.PROC_STATUS + 1), _procs),
    "trace_range": (_RANGE_ENDS, _ranges),
    "trace_metric": ((c.PROCS_CHANGE, c.HEAP_ALLOC, c.HEAP_GOAL), _metrics),
    "trace_task": ((c.USER_TASK_BEGIN, c.USER_TASK_END), _tasks),
    "trace_region": ((c.USER_REGION_BEGIN, c.USER_REGION_END), _regions),
    "trace_log": ((c.USER_LOG,), _logs),
    "trace_label": ((c.GO_LABEL,), _labels),
    "trace_cpu_sample": ((c.CPU_SAMPLE,), _cpu_samples),
    "heap_object": (range(c.HEAP_OBJECT, c.HEAP_OBJECT_FREE + 1), _objects),
    "heap_span": (range(c.SPAN, c.SPAN_FREE + 1), _spans),
    "goroutine_stack": (range(c.GOROUTINE_STACK, c.GOROUTINE_STACK_FREE + 1), _stacks),
}


_TABLE_OF = np.full(c.END_OF_TYPES, len(_TABLES), np.uint8)
for _place, (_types_of_table, _) in enumerate(_TABLES.values()):
    _TABLE_OF[list(_types_of_table)] = _place


def _samples(weights: Int64s) -> Columns:
    """A sample for each stack that has any weight: CPU samples, then contentions and delay of each way of waiting.

    As cmd/trace/pprof.go of Go 1.27 adds them up.
    """
    stack = np.flatnonzero(weights.any(axis=1))
    return {"stack": stack, "values": weights[stack]}
