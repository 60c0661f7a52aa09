"""Rows of events to the columns of tables. A text is a number in the generation's texts, a stack one of its stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.formats.gotrace import memory as mem
from pipeline.formats.gotrace.wire import Generation
from pipeline.kernels import trace_columns as c
from pipeline.kernels import trace_state
from pipeline.kernels.ids import distinct, find_id
from pipeline.values import Bools, Column, Int64s

Columns = Mapping[str, Column]

# What a goroutine is in when a stack weighs what it waits: sample types as `go tool trace -pprof` splits them.
WEIGHTS = ("net", "sync", "select", "syscall", "sched")
_OWN_STACK = (c.GO_STOP, c.GO_BLOCK, c.GO_SYSCALL_BEGIN, c.GO_STATUS, c.GO_STATUS_STACK)
_RANGE_ENDS = (c.GC_END, c.GC_SWEEP_END, c.GC_MARK_ASSIST_END, c.STW_END)


def _of_types(*types: int) -> Bools:
    found = np.zeros(c.END_OF_TYPES, np.bool_)
    found[list(types)] = True
    return found


def columns_of(rows: Int64s, generation: Generation) -> Mapping[str, Columns]:
    """Columns of every table that events fill, by table."""
    wire = np.ascontiguousarray(rows[:, c.WIRE])
    table_of = _TABLE_OF[wire]
    built = {
        name: build(rows[np.flatnonzero(table_of == place)], generation)
        for place, (name, (_, build)) in enumerate(_TABLES.items())
    }
    transitions = built["goroutine_transition"]
    samples = _samples(rows, transitions, generation)
    kept = {name: column for name, column in transitions.items() if name != "had_run"}
    return {**built, "goroutine_transition": kept, "sample": samples}


def _context(rows: Int64s, *names: str) -> dict[str, Column]:
    places = {"goroutine": c.GOROUTINE, "proc": c.PROC, "thread": c.THREAD}
    return {name: rows[:, places[name]] for name in names}


def _goroutines(rows: Int64s, generation: Generation) -> Columns:
    before, after = rows[:, c.STATES] & c.STATE, rows[:, c.STATES] >> c.STATE_BITS & c.STATE
    is_own = _of_types(*_OWN_STACK)[rows[:, c.WIRE]]
    changes = before != after
    cause = rows[:, c.GOROUTINE]
    return {
        "time_ns": rows[:, c.TIME],
        "goroutine": rows[:, c.RESOURCE],
        "from_state": before,
        "from_reason_text": np.where(changes, rows[:, c.OPENED_TEXT], 0),
        "from_stack": np.where(changes, rows[:, c.OPENED_STACK], 0),
        "duration_ns": _duration(rows, changes),
        "to_state": after,
        "reason_text": rows[:, c.TEXT],
        "stack": rows[:, c.STACK2],
        "by_goroutine": np.where(cause == rows[:, c.RESOURCE], -1, cause),
        "by_stack": np.where(is_own, 0, rows[:, c.STACK_AT]),
        "had_run": rows[:, c.STATES] & c.HAS_RUN != 0,
        **_context(rows, "thread", "proc"),
    }


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
    page = max(1, int(heap[1])) if heap[1] else _PAGE_BYTES
    return {
        "time_ns": rows[:, c.TIME],
        "event": rows[:, c.WIRE] - c.SPAN,
        "address": _address(rows, heap[0], np.int64(page)),
        "size_bytes": np.where(is_free, -1, rows[:, c.VALUE] * page),
        "size_class": np.where(is_classless, -1, kind >> 2),
        "is_noscan": np.where(is_classless, -1, kind >> 1 & 1),
        **_context(rows, "goroutine", "proc"),
    }


_PAGE_BYTES = 8192
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
    "goroutine_transition": (
        (*range(c.GO_CREATE, c.GO_STATUS + 1), *range(c.GO_SWITCH, c.GO_STATUS_STACK + 1)),
        _goroutines,
    ),
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


_TABLE_OF = np.full(c.END_OF_TYPES, -1, np.int8)
for _place, (_types_of_table, _) in enumerate(_TABLES.values()):
    _TABLE_OF[list(_types_of_table)] = _place


# Weights -------------------------------------------------------------------------------------------------------------


def _samples(rows: Int64s, transitions: Columns, generation: Generation) -> Columns:
    """A sample for each stack and kind of waiting, as cmd/trace/pprof.go of Go 1.27 adds them up; and CPU samples.

    sample_type  0 CPU samples, then for each of WEIGHTS its contentions and its delay
    """
    state, reason, stack, duration = (
        np.asarray(transitions[name]) for name in ("from_state", "from_reason_text", "from_stack", "duration_ns")
    )
    ended = duration >= 0
    # Go counts from a goroutine's first run in the trace on: what it was created for and then waited for is not there.
    had_run = np.asarray(transitions["had_run"])
    waits = ended & (state == c.G_WAITING)
    is_reason = {name: _texts_like(reason, like, generation) for name, like in _REASONS.items()}
    chosen = {
        **{name: np.flatnonzero(waits & of_text[reason]) for name, of_text in is_reason.items()},
        "syscall": np.flatnonzero(ended & had_run & (state == c.G_SYSCALL)),
        "sched": np.flatnonzero(ended & had_run & (state == c.G_RUNNABLE)),
    }
    on_cpu = rows[rows[:, c.WIRE] == c.CPU_SAMPLE, c.STACK_AT]
    parts = [_added(on_cpu, np.ones(len(on_cpu), np.int64), 0)]
    for place, name in enumerate(WEIGHTS):
        picked = chosen[name]
        parts.append(_added(stack[picked], np.ones(len(picked), np.int64), 1 + 2 * place))
        parts.append(_added(stack[picked], duration[picked], 2 + 2 * place))
    stacks, values, types = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return {"stack": stacks, "value": values, "sample_type": types}


def _texts_like(texts: Int64s, like: Callable[[str], bool], generation: Generation) -> Bools:
    """For every text of the generation, whether it is among these and the words are like that; few are distinct."""
    strings = generation.texts
    found = np.zeros(len(strings), np.bool_)
    for text in distinct(texts, len(strings))[0].tolist():
        start, length = int(strings.starts[text]), int(strings.lengths[text])
        found[text] = like(strings.data[start : start + length].tobytes().decode("utf-8", "replace"))
    return found


_REASONS: Mapping[str, Callable[[str], bool]] = {
    "net": lambda words: words == "network",
    "sync": lambda words: "chan" in words or "sync" in words or "select" in words,
    "select": lambda words: words == "select",
}


def _added(stacks: Int64s, values: Int64s, sample_type: int) -> tuple[Int64s, Int64s, Int64s]:
    """The sum of the values of each stack."""
    found, which = distinct(stacks, int(stacks.max(initial=-1)) + 1)
    total = np.zeros(len(found), np.int64)
    np.add.at(total, which, values)
    return found, total, np.full(len(found), sample_type, np.int64)
