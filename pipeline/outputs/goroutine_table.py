"""The goroutines of one trace as text: by entry function, or one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable
from pipeline.text import printable

Row = Mapping[str, Any]

NO_STACK = "(no stack)"
# Of a wait that began before the trace, or in which one coroutine went on as another.
_NO_REASON = "(no reason)"
_TIMES = ("total", "running", "runnable", "syscall", "waiting")
# Waits of one goroutine that fit into its line; the others are a count.
_WAITS = 3
# Of a place that goroutines blocked at: who woke them, and frames of a stack, of which the others are a count.
_WAKERS = 3
_FRAMES = 8


def groups(trace: Row, rows: Sequence[Row], *, limit: int) -> str:
    """A headline and a line for each group, up to a limit.

    trace  a profile of kind trace
    rows   of sched.goroutine_group, in the order to print
    """
    head = ("goroutines", *_TIMES, "longest wait", "function")
    cells = [
        (
            f"{row['goroutines']:,}",
            *_times(row),
            "" if row["longest_wait_ns"] is None else _wait(row["longest_wait_reason"], row["longest_wait_ns"]),
            row["function"] or NO_STACK,
        )
        for row in rows[:limit]
    ]
    number = sum(row["goroutines"] for row in rows)
    lines = [_headline(trace, f"{_count(number, 'goroutine')} of {_count(len(rows), 'function')}")]
    lines += ["", *aligned([head, *cells], right=range(1 + len(_TIMES)))]
    if len(rows) > limit:
        lines.append(f"and {_count(len(rows) - limit, 'function')} with less time")
    return "\n".join([*lines, ""])


def goroutines(trace: Row, rows: Sequence[Row], *, limit: int) -> str:
    """A headline and a line for each goroutine, up to a limit.

    trace  a profile of kind trace
    rows   of sched.goroutine with `waits`, in the order to print
    """
    head = ("goroutine", "created by", *_TIMES, "runs", "waits", "function")
    cells = [
        (
            str(row["goroutine"]),
            "" if row["created_by_goroutine"] is None else str(row["created_by_goroutine"]),
            *_times(row),
            f"{row['run_count']:,}",
            _waits(row["waits"]),
            row["function"] or NO_STACK,
        )
        for row in rows[:limit]
    ]
    lines = [_headline(trace, _count(len(rows), "goroutine"))]
    lines += ["", *aligned([head, *cells], right=range(3 + len(_TIMES)))]
    if len(rows) > limit:
        lines.append(f"and {_count(len(rows) - limit, 'goroutine')} with less time")
    return "\n".join([*lines, ""])


def blocked(trace: Row, rows: Sequence[Row], *, stacks: Mapping[int, Sequence[Row]], limit: int) -> str:
    """A headline; for each place where goroutines blocked, up to a limit, a line, its stack and who woke them.

    trace   a profile of kind trace
    rows    of sched.blocked with `stack`, in the order to print
    stacks  frames of the wakers' stacks
    """
    head = ("waits", "in all", "longest", "for", "goroutines of")
    cells = [
        (
            f"{row['waits']:,}",
            _time(row["waiting_ns"]),
            _time(row["longest_ns"]),
            "system call" if row["state"] == "syscall" else row["reason"] or _NO_REASON,
            row["function"] or NO_STACK,
        )
        for row in rows[:limit]
    ]
    number = sum(row["waits"] for row in rows)
    shown = aligned([head, *cells], right=range(3))
    lines = [_headline(trace, f"{_count(number, 'wait')} at {_count(len(rows), 'place')}"), "", shown[0]]
    for line, row in zip(shown[1:], rows, strict=False):
        lines += [line, *_frames(row["stack"], indent=4), *_woken(row, stacks)]
    if len(rows) > limit:
        lines.append(f"and {_count(len(rows) - limit, 'place')} with less time")
    return "\n".join([*lines, ""])


def _woken(row: Row, stacks: Mapping[int, Sequence[Row]]) -> Iterator[str]:
    """Who ended the waits of a place; system calls end by themselves."""
    if row["unended_waits"]:
        yield f"  not ended in the trace ×{row['unended_waits']:,}"
    if row["state"] == "syscall":
        return
    for waker in row["wakers"][:_WAKERS]:
        if waker["goroutines"]:
            by = f"{waker['function'] or NO_STACK} ({_count(waker['goroutines'], 'goroutine')})"
        else:
            by = "no goroutine: a timer, the network or the runtime"
        yield printable(f"  woken ×{waker['waits']:,} by {by}")
        yield from _frames(stacks.get(waker["stack_id"], ()), indent=4)
    if len(row["wakers"]) > _WAKERS:
        yield f"  and woken ×{sum(waker['waits'] for waker in row['wakers'][_WAKERS:]):,} by others"


def _frames(frames: Sequence[Row], *, indent: int) -> Iterator[str]:
    """Leaf first, those of the runtime at the leaf left out unless there are no others."""
    own = next((at for at, frame in enumerate(frames) if not frame["function"].startswith("runtime.")), 0)
    for frame in frames[own : own + _FRAMES]:
        at = os.path.basename(frame["file"].replace("\\", "/"))
        yield printable(f"{' ' * indent}{frame['function'] or '<unknown>'} {at}:{frame['line']}")
    if len(frames) > own + _FRAMES:
        yield f"{' ' * indent}and {_count(len(frames) - own - _FRAMES, 'more frame')}"


def _headline(trace: Row, what: str) -> str:
    parts = (
        os.path.basename(trace["uri"]),
        trace["service"],
        trace["instance"] and f"instance {trace['instance']}",
        trace["build"] and f"build {trace['build']}",
        _time(trace["duration_ns"]),
    )
    return printable(" · ".join(part for part in parts if part) + f": {what}")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'s' if number != 1 else ''}"


def _times(row: Row) -> tuple[str, ...]:
    return tuple(_time(row[f"{name}_ns"]) for name in _TIMES)


def _time(nanoseconds: int) -> str:
    return readable(nanoseconds, unit="nanoseconds") if nanoseconds else "0"


def _wait(reason: str, nanoseconds: int, times: int = 1) -> str:
    return f"{reason or _NO_REASON} {_time(nanoseconds)}" + (f" ×{times:,}" if times > 1 else "")


def _waits(waits: Sequence[Row]) -> str:
    named = [_wait(wait["reason"], wait["waiting_ns"], wait["waits"]) for wait in waits[:_WAITS]]
    return ", ".join([*named, f"{len(waits) - _WAITS} more"] if len(waits) > _WAITS else named)
