"""heapscape events, of a real trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.seat import LAST, TRACES, heapscape

PLAIN = TRACES / "plain.trace"


def test_a_window_of_a_trace_is_printed_as_go_does() -> None:
    seen = heapscape("events", PLAIN, "--from", "16.111ms", "--to", "16112us")

    assert (seen.code, seen.err) == (0, "")
    assert seen.out.splitlines() == [
        'M=? P=? G=1 Log Time=13129069819328 Task=1 Category="order" Message="accepted"',
        "Stack=",
        "\tmain.note @ 0x59127e",
        "\t\texample.com/tracer/annotations.go:18",
        "\tmain.order @ 0x5911f2",
        "\t\texample.com/tracer/annotations.go:26",
        "\tmain.annotate @ 0x59156d",
        "\t\texample.com/tracer/annotations.go:47",
        "\tmain.work @ 0x591e9d",
        "\t\texample.com/tracer/waits.go:26",
        "\tmain.record @ 0x591a58",
        "\t\texample.com/tracer/main.go:71",
        "\tmain.main @ 0x591c3b",
        "\t\texample.com/tracer/main.go:88",
        "",
    ]


def test_kinds_and_goroutines_are_chosen() -> None:
    seen = heapscape("events", PLAIN, "--kind", "log", "--kind", "TaskEnd", "--goroutine", "42", "--format", "ndjson")

    assert seen.out.count("\n") == 1
    assert '"kind": "TaskEnd"' in seen.out
    assert '"name": "ship"' in seen.out


def test_a_window_without_events_is_empty_in_every_format() -> None:
    asked = ("events", PLAIN, "--from", "1ns", "--to", "2ns")

    assert heapscape(*asked).out == ""
    assert heapscape(*asked, "--format", "json").out == "[]\n"
    assert heapscape(*asked, "--format", "csv").out.startswith("since_start_ns,time_ns,kind,thread,")


def test_the_newest_trace_is_taken_and_said(traces: Path) -> None:
    seen = heapscape("events", "--db", traces, "--kind", "Sync")

    assert "the newest of 7 traces; choose with --trace" in seen.err
    assert seen.out.startswith("M=-1 P=-1 G=-1 Sync Time=")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([PLAIN, "--from", "10", "--to", "1ms"], ""),
        ([PLAIN, "--from", "2ms", "--to", "1ms"], "--to is not behind --from"),
        ([PLAIN, "--from", "soon"], "'soon' is no time; write a number and ns, us, ms, s or m, such as 10ms"),
        ([PLAIN, "--kind", "lock"], "'lock' is not one of"),
        ([PLAIN, TRACES / "cpu.trace"], "there are 2 traces"),
        ([LAST], "there is no execution trace; fetch one with: curl -o go.trace"),
        ([PLAIN, "--trace", "nothing"], "--trace nothing: none of 1 trace has this id"),
    ],
)
def test_what_cannot_be_met_is_2_with_the_reason(arguments: list[str | Path], said: str) -> None:
    seen = heapscape("events", *arguments)

    assert (seen.code, bool(seen.out)) == ((2, False) if said else (0, True))
    assert said in seen.err
