"""What the collector did in one process as text, and what stands out."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.outputs.gc_text import text, verdict

ROW: dict[str, Any] = {
    "source": "gctrace",
    "process": 0,
    "uri": "/logs/api.log",
    "service": "checkout",
    "instance": None,
    "build": "1.4.2",
    "cycles": 20,
    "span_ns": 3_000_000_000,
    "heap_cycles": 15,
    "periodic_cycles": 1,
    "forced_cycles": 3,
    "pauses": 40,
    "median_pause_ns": 41_000,
    "p99_pause_ns": 120_000,
    "max_pause_ns": 132_000,
    "pause_ns": 1_200_000,
    "cpu_share": 0.02,
    "assist_share": 0.05,
    "first_live_bytes": 4 << 20,
    "last_live_bytes": 38 << 20,
    "last_goal_bytes": 76 << 20,
}


def test_a_process_is_told_of_in_lines() -> None:
    assert text(ROW).replace("\u202f", " ").replace("\xa0", " ").splitlines() == [
        "checkout · build 1.4.2 · api.log: 20 GC cycles in 3.00 s",
        "  began      15 by the heap, 3 forced, 1 after two minutes, 1 for causes not told",
        "  pauses     median 41.00 µs, 99 % up to 120.00 µs, longest 132.00 µs; 1.20 ms in all",
        "  processor  2.0 % for the GC; 5.0 % of marking by assists",
        "  live heap  4.0 MiB → 38.0 MiB, goal of the last cycle 76.0 MiB",
        "  → nothing stands out",
    ]


def test_what_a_log_prints_as_nothing_is_less_than_a_mebibyte() -> None:
    row = ROW | {"first_live_bytes": 0, "last_live_bytes": 0}

    assert "  live heap  under 1 MiB → under 1 MiB, goal of" in text(row)
    assert "  live heap  0\xa0B → 0\xa0B, goal of" in text(row | {"source": "trace"})


def test_parts_of_a_log_are_counted() -> None:
    assert text(ROW | {"files": 3}).startswith("checkout · build 1.4.2 · api.log and 2 more: 20 GC cycles")


def test_memstats_tell_of_all_cycles_since_the_start() -> None:
    row = ROW | {"source": "memstats", "span_ns": None, "first_live_bytes": None, "last_live_bytes": None}

    assert text(row).splitlines()[0] == "checkout · build 1.4.2 · api.log: 20 GC cycles since it started"


def test_what_a_trace_does_not_tell_is_left_out() -> None:
    bare = ROW | {"cycles": 1, "heap_cycles": 0, "periodic_cycles": 0, "forced_cycles": 0, "pauses": 0, "process": 2}
    nothing = dict.fromkeys(("max_pause_ns", "cpu_share", "assist_share", "last_live_bytes", "service", "build"))

    assert text(bare | nothing).splitlines() == [
        "api.log · process 2: 1 GC cycle in 3.00\xa0s",
        "  began      1 for causes not told",
        "  → nothing stands out",
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"forced_cycles": 11}, "most cycles were asked for by the program itself"),
        ({"assist_share": 0.1, "cpu_share": 0.06}, "10.0 % of marking was done by assists"),
        ({"assist_share": 0.3, "cpu_share": None}, "30.0 % of marking was done by assists"),
        # Of next to nothing.
        ({"assist_share": 0.9, "cpu_share": 0.01}, "nothing stands out"),
        ({"cpu_share": 0.25}, "25.0 % of the processor time went to the GC"),
        ({"max_pause_ns": 10_000_000}, "a pause took 10.00 ms"),
        ({"cpu_share": None, "assist_share": None, "max_pause_ns": None}, "nothing stands out"),
    ],
)
def test_the_verdict_is_what_stands_out_most(more: dict[str, Any], words: str) -> None:
    assert verdict(ROW | more).replace("\u202f", " ").replace("\xa0", " ").startswith(words)
