"""heapscape trace, of a real trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import LAST, TRACES, heapscape

PLAIN = TRACES / "plain.trace"


def test_tasks_are_told_by_type_and_one_by_one() -> None:
    types, orders = heapscape("trace", "tasks", PLAIN), heapscape("trace", "tasks", PLAIN, "--type", "order", "-n", "1")

    assert types.out.splitlines() == [
        "plain.trace · tracer · build go1.27-trim · 22.72 ms: 3 types of tasks",
        "",
        "tasks  complete    in all      p50       p99   longest  type        how long",
        "    1         0                                         never ends",
        "    6         6   6.56 ms  1.09 ms   1.10 ms   1.10 ms  order       1.00 ms █ 1.58 ms",
        "    6         6  25.28 µs  1.73 µs  12.99 µs  12.99 µs  ship        1.00 µs █▄▄▄ ▄ 15.85 µs",
        "",
    ]
    assert orders.out.splitlines()[3:] == [
        "   3  0.017208768  1.10 ms           1        3     2          order",
        "and 5 more; -n 6 prints all",
        "",
    ]


@pytest.mark.parametrize(
    ("arguments", "head", "rows"),
    [
        (["regions"], "regions  complete  ", 5),
        (["logs"], " ", 13),
        (["logs", "--match", "paid"], " ", 6),
        (["latency"], "goroutines  waits  ", 18),
        (["blocking", "--kind", "network"], "times  ", 38),
        (["mmu", "--window", "1ms", "--window", "20ms"], "window  ", 2),
        (["procs"], "proc  running  executing", 4),
    ],
)
def test_a_table_has_a_line_for_each_row_that_machines_get(arguments: list[str], head: str, rows: int) -> None:
    seen = heapscape("trace", *arguments, PLAIN, "-n", "99")
    told = heapscape("trace", *arguments, PLAIN, "--format", "json").json()

    lines = seen.out.splitlines()
    assert lines[2].strip().startswith(head.strip())
    assert len(lines) - 4 == len(told) == rows


def test_several_traces_are_a_table_each() -> None:
    seen = heapscape("trace", "procs", PLAIN, TRACES / "cpu.trace")

    headlines = [line.split(" · ")[0] for line in seen.out.splitlines() if " · " in line]
    assert sorted(headlines) == ["cpu.trace", "plain.trace"]


def test_the_newest_trace_is_taken_and_said(traces: Path) -> None:
    assert "the newest of 7 traces; choose with --trace" in heapscape("trace", "procs", "--db", traces).err


def test_nothing_is_an_answer() -> None:
    seen = heapscape("trace", "logs", PLAIN, "--match", "nobody wrote this")

    assert (seen.code, seen.out) == (0, "")
    assert "there is nothing of this in the trace" in seen.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["logs", PLAIN, "--match", "("], "--match (: is no regular expression: missing )"),
        (["procs", LAST], "there is no execution trace; fetch one with: curl -o go.trace"),
        (
            ["procs", PLAIN, "--service", "nobody"],
            "--service nobody: none of 1 trace has this service; there is tracer",
        ),
        (["mmu", PLAIN, "--window", "0"], "--window 0 has no length"),
        (["proc", PLAIN], "No such command 'proc'"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(arguments: list[str | Path], said: str) -> None:
    seen = heapscape("trace", *arguments)

    assert (seen.code, seen.out) == (2, "")
    assert said in seen.err
