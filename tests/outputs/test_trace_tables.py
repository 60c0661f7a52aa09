"""Tables of a trace as text."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.outputs.trace_tables import TABLES, histogram, text

TRACE: dict[str, Any] = {
    "uri": "traces/go.trace",
    "service": "checkout",
    "instance": None,
    "build": None,
    "duration_ns": 5_000_000_000,
}
BUCKETS = [
    {"bucket": 15, "from_ns": 1_000, "to_ns": 1_584, "count": 1},
    {"bucket": 16, "from_ns": 1_584, "to_ns": 2_511, "count": 8},
    {"bucket": 18, "from_ns": 3_981, "to_ns": 6_309, "count": 4},
]
TIMES: dict[str, Any] = {"duration_ns": 2_000, "p50_ns": 1_000, "p99_ns": 1_500, "longest_ns": 1_500}
TASKS: dict[str, Any] = TIMES | {"tasks": 1200, "complete_tasks": 2, "name": "order", "histogram": BUCKETS}
TASK: dict[str, Any] = {
    "task": 3,
    "since_start_ns": 16_107_904,
    "duration_ns": None,
    "goroutines": 2,
    "regions": 3,
    "logs": 4,
    "parent": 1,
    "name": "order",
}
REGIONS: dict[str, Any] = TIMES | {
    "regions": 6,
    "complete_regions": 5,
    "name": "pack",
    "function": "main.ship",
    "file": "/src/main.go",
    "line": 7,
    "histogram": BUCKETS,
}
LOG: dict[str, Any] = {
    "since_start_ns": 1,
    "goroutine": 7,
    "task": 0,
    "task_name": None,
    "category": "payment",
    "message": "paid\n\x1b[31m",
}
LATENCY: dict[str, Any] = {
    "goroutines": 1,
    "waits": 2,
    "delay_ns": 2_000,
    "p50_ns": 500,
    "p90_ns": 1_500,
    "p99_ns": 1_500,
    "max_ns": 1_500,
    "function": None,
    "histogram": BUCKETS[:1],
}
BLOCKING: dict[str, Any] = {
    "contentions": 2,
    "delay_ns": 1_000,
    "cum_contentions": 3,
    "cum_delay_ns": 2_000,
    "kind": "sync",
    "function": "sync.(*Mutex).Lock",
}
MMU: dict[str, Any] = {
    "window_ns": 10_000_000,
    "utilisation": 0.5,
    "since_start_ns": 2_000_000_000,
    "tool_utilisation": 0.25,
}
PROC: dict[str, Any] = {
    "proc": 0,
    "running_ns": 1_000,
    "executing_ns": 700,
    "syscall_ns": 200,
    "idle_ns": 0,
    "utilisation": 0.7,
}


def plain(name: str, *rows: dict[str, Any], limit: int = 5) -> list[str]:
    return text(name, TRACE, rows, limit=limit).replace("\N{NO-BREAK SPACE}", " ").splitlines()


@pytest.mark.parametrize(
    ("name", "row", "told"),
    [
        ("tasks", TASKS, "1,200         2  2.00 µs  1.00 µs  1.50 µs  1.50 µs  order  1.00 µs ▁█ ▄ 6.31 µs"),
        ("tasks of a type", TASK, "   3  0.016107904  not ended           2        3     4       1  order"),
        ("regions", REGIONS, "      6         5  2.00 µs  1.00 µs  1.50 µs  1.50 µs  pack  main.ship main.go:7  1.00 µs ▁█ ▄ 6.31 µs"),
        ("logs", LOG, "0.000000001          7              payment   paid\\n\\x1b[31m"),
        ("latency", LATENCY, "         1      2  2.00 µs  500 ns  1.50 µs  1.50 µs  1.50 µs  (no stack)  1.00 µs █ 1.58 µs"),
        ("blocking", BLOCKING, "    2  1.00 µs          3      2.00 µs  sync  sync.(*Mutex).Lock"),
        ("mmu", MMU, "10.00 ms        50.0%  2.000000000             25.0%"),
        ("procs", PROC, "   0  1.00 µs     700 ns   200 ns  100 ns     0        70.0%"),
    ],
)  # fmt: skip
def test_a_row_is_a_line(name: str, row: dict[str, Any], told: str) -> None:
    lines = plain(name, row)

    assert lines[0].startswith("go.trace · checkout · 5.00 s: 1 ")
    assert lines[3:] == [told]


def test_every_table_was_looked_at() -> None:
    assert set(TABLES) == {"tasks", "tasks of a type", "regions", "logs", "latency", "blocking", "mmu", "procs"}


def test_rows_above_the_limit_are_a_count() -> None:
    lines = plain("procs", PROC, PROC, PROC, limit=1)

    assert lines[0].endswith(": 3 procs")
    assert lines[-1] == "and 2 more; -n 3 prints all"


def test_what_began_before_the_trace_has_no_name() -> None:
    older = TASKS | {
        "name": None,
        "duration_ns": None,
        "p50_ns": None,
        "p99_ns": None,
        "longest_ns": None,
        "histogram": [],
    }

    assert plain("tasks", older)[-1].endswith("  (began before the trace)")
    assert "(began before the trace)" in plain("regions", REGIONS | {"function": None})[-1]


def test_a_histogram_begins_and_ends_with_its_buckets_and_shows_gaps() -> None:
    assert histogram(BUCKETS).replace("\N{NO-BREAK SPACE}", " ") == "1.00 µs ▁█ ▄ 6.31 µs"
    assert histogram([]) == ""
