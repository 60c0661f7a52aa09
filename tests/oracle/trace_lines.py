"""What `go tool trace -d=parsed` prints of a trace, from our own events: one line for each, its stacks behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pipeline.formats.gotrace import v1
from pipeline.formats.gotrace.generation import Generation
from pipeline.formats.gotrace.order import Ordered, ordered
from pipeline.formats.gotrace.spec import EVENTS
from pipeline.formats.gotrace.window import in_memory
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace import tables as trace_tables

_NAMES = {event.number: event.name for event in EVENTS}
_G_STATES = ("Undetermined", "NotExist", "Runnable", "Running", "Waiting", "Syscall")
_P_STATES = ("Undetermined", "NotExist", "Running", "Idle")
_METRICS = {
    c.PROCS_CHANGE: "/sched/gomaxprocs:threads",
    c.HEAP_ALLOC: "/memory/classes/heap/objects:bytes",
    c.HEAP_GOAL: "/gc/heap/goal:bytes",
}
_PROCS = {c.PROC_START, c.PROC_STOP, c.PROC_STEAL, c.PROC_STATUS}
_RANGES = {
    **dict.fromkeys((c.GC_ACTIVE, c.GC_BEGIN, c.GC_END), ("GC concurrent mark phase", "None")),
    **dict.fromkeys((c.GC_SWEEP_ACTIVE, c.GC_SWEEP_BEGIN, c.GC_SWEEP_END), ("GC incremental sweep", "Proc")),
    **dict.fromkeys(
        (c.GC_MARK_ASSIST_ACTIVE, c.GC_MARK_ASSIST_BEGIN, c.GC_MARK_ASSIST_END), ("GC mark assist", "Goroutine")
    ),
    **dict.fromkeys((c.STW_BEGIN, c.STW_END), ("", "Goroutine")),
}
_BEGIN = {c.GC_BEGIN, c.GC_SWEEP_BEGIN, c.GC_MARK_ASSIST_BEGIN, c.STW_BEGIN}
_ACTIVE = {c.GC_ACTIVE, c.GC_SWEEP_ACTIVE, c.GC_MARK_ASSIST_ACTIVE}
_EXPERIMENT = {
    c.SPAN: ("id", "npages_value", "kindclass"),
    c.SPAN_ALLOC: ("id", "npages_value", "kindclass"),
    c.SPAN_FREE: ("id",),
    c.HEAP_OBJECT: ("id", "type"),
    c.HEAP_OBJECT_ALLOC: ("id", "type"),
    c.HEAP_OBJECT_FREE: ("id",),
    c.GOROUTINE_STACK: ("id", "order"),
    c.GOROUTINE_STACK_ALLOC: ("id", "order"),
    c.GOROUTINE_STACK_FREE: ("id",),
}


def lines(path: Path) -> Iterator[str]:
    """Our events as Go's reader prints its own, `ERROR` at the end when the trace breaks off."""
    data = np.fromfile(path, np.uint8)
    boundary: Generation | None = None
    version = int(bytes(data[5:7]))
    for found in v1.ordered(data, version) if version in v1.VERSIONS else ordered(in_memory(data), version):
        if isinstance(found, Ordered):
            if found.ending.fault:
                yield "ERROR"
            return
        texts = _Texts(found.generation)
        for row in found.rows.tolist():
            snapshot = None
            if row[c.WIRE] == c.SYNC_EVENT and found.generation is not boundary:
                boundary = found.generation
                snapshot = found.generation.clock.snapshot if found.generation else None
            yield from _lines(row, texts, snapshot)


class _Texts:
    """Texts and stacks of a generation, as Python has them."""

    def __init__(self, generation: Generation | None) -> None:
        self.generation = generation
        self._stacks: dict[int, list[str]] = {}

    def text(self, number: int) -> str:
        assert self.generation is not None
        strings = self.generation.texts
        start, length = int(strings.starts[number]), int(strings.lengths[number])
        return _quoted(strings.data[start : start + length].tobytes())

    def stack(self, number: int) -> list[str]:
        if not number or self.generation is None:
            return []
        if number not in self._stacks:
            offsets = self.generation.stack_offsets
            places = self.generation.stack_frames[offsets[number - 1] : offsets[number]]
            self._stacks[number] = [self._frame(frame) for frame in self.generation.frames[places].tolist()]
        return self._stacks[number]

    def _frame(self, frame: list[int]) -> str:
        function, file = (self.text(frame[column])[1:-1] for column in (trace_tables.F_FUNCTION, trace_tables.F_FILE))
        pc, line = frame[trace_tables.F_PC] % 2**64, frame[trace_tables.F_LINE] % 2**64
        return f"\t{function} @ 0x{pc:x}\n\t\t{file}:{line}"


def _rfc3339(wall_ns: int) -> str:
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    fraction = f".{rest:09}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _quoted(text: bytes) -> str:
    return json.dumps(text.decode("utf-8", "replace"), ensure_ascii=False)


def _lines(row: list[int], texts: _Texts, snapshot: tuple[int, int, int] | None) -> Iterator[str]:
    wire = row[c.WIRE]
    kind, details, transition = _details(row, texts, snapshot)
    yield f"M={row[c.THREAD]} P={row[c.PROC]} G={row[c.GOROUTINE]} {kind} Time={row[c.TIME]}{details}"
    # A new goroutine's stack is there even when it is empty, and so is a CPU sample's.
    if transition or wire in (c.GO_CREATE, c.GO_CREATE_BLOCKED):
        yield "TransitionStack="
        yield from transition
    stack = texts.stack(row[c.STACK_AT])
    if stack or wire == c.CPU_SAMPLE:
        yield "Stack="
        yield from stack


def _details(row: list[int], texts: _Texts, snapshot: tuple[int, int, int] | None) -> tuple[str, str, list[str]]:
    wire = row[c.WIRE]
    if wire == c.SYNC_EVENT:
        shown = f" N={row[c.VALUE]}"
        if snapshot:
            shown += f" Trace={snapshot[0]} Mono={snapshot[1] % 2**64} Wall={_rfc3339(snapshot[2])}"
        return "Sync", shown, []
    if wire in _METRICS:
        return "Metric", f' Name="{_METRICS[wire]}" Value=Value{{Uint64({row[c.VALUE] % 2**64})}}', []
    if wire == c.GO_LABEL:
        return "Label", f" Label={texts.text(row[c.TEXT])} Resource=Goroutine({row[c.RESOURCE]})", []
    if wire in _RANGES:
        return _range(row, texts)
    if wire in (c.USER_TASK_BEGIN, c.USER_TASK_END):
        kind = "TaskBegin" if wire == c.USER_TASK_BEGIN else "TaskEnd"
        return kind, f" ID={row[c.RESOURCE] % 2**64} Parent={row[c.VALUE] % 2**64} Type={texts.text(row[c.TEXT])}", []
    if wire in (c.USER_REGION_BEGIN, c.USER_REGION_END):
        kind = "RegionBegin" if wire == c.USER_REGION_BEGIN else "RegionEnd"
        return kind, f" Task={row[c.RESOURCE] % 2**64} Type={texts.text(row[c.TEXT])}", []
    if wire == c.USER_LOG:
        category, message = texts.text(row[c.TEXT]), texts.text(row[c.TEXT2])
        return "Log", f" Task={row[c.RESOURCE] % 2**64} Category={category} Message={message}", []
    if wire == c.CPU_SAMPLE:
        return "StackSample", "", []
    if wire in _EXPERIMENT:
        values = (row[c.RESOURCE], row[c.VALUE], row[c.VALUE2])
        arguments = ", ".join(
            f"{name}=Value{{Uint64({value % 2**64})}}" for name, value in zip(_EXPERIMENT[wire], values, strict=False)
        )
        return "Experimental", f" Name={_NAMES[wire]} Args=[{arguments}]", []
    return _transition(row, texts)


def _range(row: list[int], texts: _Texts) -> tuple[str, str, list[str]]:
    wire = row[c.WIRE]
    name, scope = _RANGES[wire]
    if wire in (c.STW_BEGIN, c.STW_END):
        name = f"stop-the-world ({texts.text(row[c.TEXT])[1:-1]})"
    kind = "RangeBegin" if wire in _BEGIN else "RangeActive" if wire in _ACTIVE else "RangeEnd"
    shown = f' Name="{name}" Scope={scope if scope == "None" else f"{scope}({row[c.RESOURCE]})"}'
    if kind == "RangeEnd":
        swept = f'"bytes swept"=Value{{Uint64({row[c.VALUE] % 2**64})}} "bytes reclaimed"=Value{{Uint64({row[c.VALUE2] % 2**64})}}'
        shown += f" Attributes=[{swept if wire == c.GC_SWEEP_END else ''}]"
    return kind, shown, []


def _transition(row: list[int], texts: _Texts) -> tuple[str, str, list[str]]:
    is_proc = row[c.WIRE] in _PROCS
    names = _P_STATES if is_proc else _G_STATES
    before, after = row[c.STATES] & c.STATE, row[c.STATES] >> c.STATE_BITS & c.STATE
    wire = row[c.WIRE]
    reason = texts.text(row[c.TEXT]) if wire in (c.GO_STOP, c.GO_BLOCK) else '""'
    shown = f" {'ProcID' if is_proc else 'GoID'}={row[c.RESOURCE]} {names[before]}->{names[after]} Reason={reason}"
    return "StateTransition", shown, texts.stack(row[c.STACK2])
