"""The goroutines of a trace as text."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.outputs.goroutine_table import blocked, goroutines, groups

TRACE: dict[str, Any] = {
    "uri": "traces/go.trace",
    "service": "checkout",
    "instance": "a",
    "build": "1.4.2",
    "duration_ns": 5_000_000_000,
}
TIMES: dict[str, Any] = {
    "total_ns": 2_500_000,
    "running_ns": 500_000,
    "runnable_ns": 12_300,
    "syscall_ns": 0,
    "waiting_ns": 1_987_700,
}
GROUP: dict[str, Any] = TIMES | {
    "function": "main.worker",
    "goroutines": 1200,
    "longest_wait_reason": "chan receive",
    "longest_wait_ns": 1_900_000,
}
WAIT: dict[str, Any] = {"reason": "chan receive", "waits": 3, "waiting_ns": 1_900_000}
GOROUTINE: dict[str, Any] = TIMES | {
    "goroutine": 18,
    "function": "main.worker",
    "created_by_goroutine": 1,
    "run_count": 1234,
    "waits": [WAIT],
}


def plain(text: str) -> list[str]:
    return text.replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_a_group_is_a_line_below_who_and_how_long() -> None:
    assert plain(groups(TRACE, [GROUP], limit=5)) == [
        "go.trace · checkout · instance a · build 1.4.2 · 5.00 s: 1,200 goroutines of 1 function",
        "",
        "goroutines    total    running  runnable  syscall  waiting  longest wait          function",
        "     1,200  2.50 ms  500.00 µs  12.30 µs        0  1.99 ms  chan receive 1.90 ms  main.worker",
    ]


def test_labels_that_are_not_there_are_left_out() -> None:
    bare = TRACE | {"service": None, "instance": None, "build": None}

    assert plain(groups(bare, [GROUP], limit=5))[0].startswith("go.trace · 5.00 s: ")


def test_what_the_trace_does_not_say_is_in_parentheses() -> None:
    row = GROUP | {"function": None, "longest_wait_reason": "", "longest_wait_ns": 7}

    assert plain(groups(TRACE, [row], limit=5))[-1].endswith("(no reason) 7 ns  (no stack)")


def test_a_group_that_did_not_wait_has_no_longest_wait() -> None:
    row = GROUP | {"waiting_ns": 0, "longest_wait_reason": None, "longest_wait_ns": None}

    assert plain(groups(TRACE, [row], limit=5))[-1].split() == [
        *("1,200", "2.50", "ms", "500.00", "µs", "12.30", "µs", "0", "0", "main.worker")
    ]


@pytest.mark.parametrize(
    ("limit", "said"), [(1, "and 2 functions with less time"), (2, "and 1 function with less time")]
)
def test_groups_above_the_limit_are_a_count(limit: int, said: str) -> None:
    lines = plain(groups(TRACE, [GROUP] * 3, limit=limit))

    assert lines[0].endswith("3,600 goroutines of 3 functions")
    assert lines[-1] == said
    assert len(lines) == 3 + limit + 1


def test_a_goroutine_is_a_line_with_its_waits() -> None:
    lines = plain(goroutines(TRACE, [GOROUTINE, GOROUTINE | {"goroutine": 7, "created_by_goroutine": None}], limit=1))

    assert lines[0].endswith("5.00 s: 2 goroutines")
    assert lines[2:] == [
        "goroutine  created by    total    running  runnable  syscall  waiting   runs  waits                    function",
        "       18           1  2.50 ms  500.00 µs  12.30 µs        0  1.99 ms  1,234  chan receive 1.90 ms ×3  main.worker",
        "and 1 goroutine with less time",
    ]


def test_more_than_three_kinds_of_waits_are_a_count() -> None:
    once = WAIT | {"waits": 1, "waiting_ns": 1_000}

    (line,) = plain(goroutines(TRACE, [GOROUTINE | {"waits": [once] * 5}], limit=1))[3:]

    assert "chan receive 1.00 µs, chan receive 1.00 µs, chan receive 1.00 µs, 2 more" in line


def test_who_was_there_before_the_trace_was_created_by_nobody() -> None:
    (line,) = plain(goroutines(TRACE, [GOROUTINE | {"created_by_goroutine": None, "waits": []}], limit=1))[3:]

    assert line.split()[:2] == ["18", "2.50"]


FRAME: dict[str, Any] = {"function": "main.receive", "pc": "1", "file": "/src/main.go", "line": 7}
BLOCKED: dict[str, Any] = {
    "function": "main.worker",
    "state": "waiting",
    "reason": "chan receive",
    "waits": 1200,
    "waiting_ns": 9_000_000,
    "longest_ns": 1_900_000,
    "unended_waits": 1,
    "wakers": [
        {"function": "main.main", "stack_id": 4, "goroutines": 1, "waits": 1100, "waiting_ns": 8_000_000},
        {"function": None, "stack_id": None, "goroutines": 0, "waits": 99, "waiting_ns": 1_000_000},
    ],
    "stack": [FRAME | {"function": "runtime.gopark"}, FRAME],
}


def test_where_goroutines_blocked_has_its_stack_and_who_woke_them() -> None:
    assert plain(blocked(TRACE, [BLOCKED], stacks={4: [FRAME | {"function": "main.send"}]}, limit=5))[2:] == [
        "waits   in all  longest  for           goroutines of",
        "1,200  9.00 ms  1.90 ms  chan receive  main.worker",
        "    main.receive main.go:7",
        "  not ended in the trace ×1",
        "  woken ×1,100 by main.main (1 goroutine)",
        "    main.send main.go:7",
        "  woken ×99 by no goroutine: a timer, the network or the runtime",
    ]


def test_system_calls_end_by_themselves() -> None:
    told = plain(blocked(TRACE, [BLOCKED | {"state": "syscall", "reason": "", "unended_waits": 0}], stacks={}, limit=5))

    assert told[3].split("  ")[3:] == ["system call", "main.worker"]
    assert len(told) == 5


def test_places_wakers_and_frames_above_a_limit_are_a_count() -> None:
    wakers = BLOCKED["wakers"][1:] * 5
    told = plain(blocked(TRACE, [BLOCKED | {"wakers": wakers, "stack": [FRAME] * 9}] * 3, stacks={}, limit=1))

    assert told[0].endswith("3,600 waits at 3 places")
    assert told[12:14] == ["    and 1 more frame", "  not ended in the trace ×1"]
    assert told[-2:] == ["  and woken ×198 by others", "and 2 places with less time"]
