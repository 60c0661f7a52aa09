"""Tables of one trace as text: tasks, regions, log messages, waits for a proc, blocking, mutator utilisation, procs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable

Row = Mapping[str, Any]
Cells = tuple[Sequence[str], Callable[[Row], Sequence[str]], int]

_BARS = "▁▂▃▄▅▆▇█"


def text(name: str, trace: Row, rows: Sequence[Row], *, limit: int) -> str:
    """A headline and a line for each row, up to a limit.

    name   one of TABLES
    trace  a profile of kind trace
    rows   of the view behind the table, in the order to print, times since the trace began as `since_start_ns`
    """
    head, cells, numbers = TABLES[name]
    lines = [_headline(trace, name, rows), ""]
    if rows:
        lines += aligned([head, *(cells(row) for row in rows[:limit])], right=range(numbers))
    if len(rows) > limit:
        lines.append(f"and {len(rows) - limit:,} more; -n {len(rows)} prints all")
    return "\n".join([*lines, ""])


def histogram(buckets: Sequence[Row]) -> str:
    """`1.00 µs ▃█ ▁ 6.31 µs`: bars from the shortest bucket to where the longest ends."""
    if not buckets:
        return ""
    most = max(bucket["count"] for bucket in buckets)
    counts = {bucket["bucket"]: bucket["count"] for bucket in buckets}
    bars = "".join(_bar(counts.get(number, 0), most) for number in range(min(counts), max(counts) + 1))
    return f"{_time(buckets[0]['from_ns'])} {bars} {_time(buckets[-1]['to_ns'])}"


def _bar(count: int, most: int) -> str:
    return _BARS[(len(_BARS) - 1) * count // most] if count else " "


def _task_type(row: Row) -> Sequence[str]:
    return (
        f"{row['tasks']:,}",
        f"{row['complete_tasks']:,}",
        *(_time(row[name]) for name in ("duration_ns", "p50_ns", "p99_ns", "longest_ns")),
        row["name"] if row["name"] is not None else "(began before the trace)",
        histogram(row["histogram"]),
    )


def _task(row: Row) -> Sequence[str]:
    return (
        str(row["task"]),
        _since(row["since_start_ns"]),
        "not ended" if row["duration_ns"] is None else _time(row["duration_ns"]),
        f"{row['goroutines']:,}",
        f"{row['regions']:,}",
        f"{row['logs']:,}",
        "" if row["parent"] is None else str(row["parent"]),
        row["name"] if row["name"] is not None else "(began before the trace)",
    )


def _region_type(row: Row) -> Sequence[str]:
    at = os.path.basename((row["file"] or "").replace("\\", "/"))
    return (
        f"{row['regions']:,}",
        f"{row['complete_regions']:,}",
        *(_time(row[name]) for name in ("duration_ns", "p50_ns", "p99_ns", "longest_ns")),
        row["name"],
        f"{row['function']} {at}:{row['line']}" if row["function"] else "(began before the trace)",
        histogram(row["histogram"]),
    )


def _log(row: Row) -> Sequence[str]:
    return (
        _since(row["since_start_ns"]),
        "" if row["goroutine"] is None else str(row["goroutine"]),
        str(row["task"]) if row["task"] else "",
        row["task_name"] or "",
        row["category"],
        row["message"],
    )


def _latency(row: Row) -> Sequence[str]:
    return (
        f"{row['goroutines']:,}",
        f"{row['waits']:,}",
        *(_time(row[name]) for name in ("delay_ns", "p50_ns", "p90_ns", "p99_ns", "max_ns")),
        row["function"] or "(no stack)",
        histogram(row["histogram"]),
    )


def _blocking(row: Row) -> Sequence[str]:
    return (
        f"{row['contentions']:,}",
        _time(row["delay_ns"]),
        f"{row['cum_contentions']:,}",
        _time(row["cum_delay_ns"]),
        row["kind"],
        row["function"],
    )


def _mmu(row: Row) -> Sequence[str]:
    return (
        _time(row["window_ns"]),
        f"{row['utilisation']:.1%}",
        _since(row["since_start_ns"]),
        f"{row['tool_utilisation']:.1%}",
    )


def _proc(row: Row) -> Sequence[str]:
    other = row["running_ns"] - row["executing_ns"] - row["syscall_ns"]
    return (
        str(row["proc"]),
        *(_time(row[name]) for name in ("running_ns", "executing_ns", "syscall_ns")),
        _time(max(other, 0)),
        _time(row["idle_ns"]),
        "" if row["utilisation"] is None else f"{row['utilisation']:.1%}",
    )


# What is printed of each, and how many columns of it end below each other.
TABLES: Mapping[str, Cells] = {
    "tasks": (("tasks", "complete", "in all", "p50", "p99", "longest", "type", "how long"), _task_type, 6),
    "tasks of a type": (
        ("task", "began", "took", "goroutines", "regions", "logs", "parent", "type"),
        _task,
        7,
    ),
    "regions": (
        ("regions", "complete", "in all", "p50", "p99", "longest", "name", "began in", "how long"),
        _region_type,
        6,
    ),
    "logs": (("at", "goroutine", "task", "type", "category", "message"), _log, 3),
    "latency": (
        ("goroutines", "waits", "in all", "p50", "p90", "p99", "longest", "function", "how long"),
        _latency,
        7,
    ),
    "blocking": (("times", "blocked", "cum times", "cum blocked", "kind", "function"), _blocking, 4),
    "mmu": (("window", "utilisation", "worst from", "as go tool trace"), _mmu, 4),
    "procs": (("proc", "running", "executing", "syscall", "other", "idle", "utilisation"), _proc, 7),
}

_NOUNS = {
    "tasks": "type of tasks",
    "tasks of a type": "task",
    "regions": "kind of regions",
    "logs": "message",
    "latency": "function waiting for procs",
    "blocking": "function blocking",
    "mmu": "window",
    "procs": "proc",
}


def _headline(trace: Row, name: str, rows: Sequence[Row]) -> str:
    parts = (
        os.path.basename(trace["uri"]),
        trace["service"],
        trace["instance"] and f"instance {trace['instance']}",
        trace["build"] and f"build {trace['build']}",
        _time(trace["duration_ns"]),
    )
    noun, _, of = _NOUNS[name].partition(" ")
    counted = f"{len(rows):,} {noun}{'s' if len(rows) != 1 else ''}{of and f' {of}'}"
    return aligned([[" · ".join(part for part in parts if part) + f": {counted}"]])[0]


def _time(nanoseconds: int | None) -> str:
    if nanoseconds is None:
        return ""
    return readable(nanoseconds, unit="nanoseconds") if nanoseconds else "0"


def _since(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else f"{nanoseconds / 1e9:.9f}"
