"""The order of events of several procs in old traces."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pipeline.kernels.trace_v1 import order
from tests.builders.trace_v1 import BEGUN, NAMES, batch, event, trace
from tests.formats.gotrace.reading import events, names


def told(*parts: bytes) -> list[str]:
    """The events behind those of BEGUN."""
    found = names(trace(21, batch(0, *BEGUN), *parts))
    return found[6:-1]


def reason(*parts: bytes) -> str:
    return str(events(trace(21, *parts))[1])


def test_arguments_are_counted_behind_the_time() -> None:
    short, long = (
        np.frombuffer(event(line), np.uint8)
        for line in ("GoStart dt=300 g=301 seq=7", "GoUnblock dt=1 g=2 seq=300 stack=4")
    )

    assert [order.argument(short, 0, k) for k in range(2)] == [301, 7]
    assert [order.argument(long, 0, k) for k in range(3)] == [2, 300, 4]


def test_a_goroutine_runs_on_another_proc_once_it_is_made() -> None:
    late = batch(0, "GoCreate dt=1 g=5 new_stack=0 stack=0", time=200)
    soon = batch(1, "ProcStart dt=2 thread=8", "GoStart dt=9 g=5 seq=1", time=200)

    assert told(late, soon) == ["GoCreate", "ProcStatus", "GoStart"]
    # By its clock it would have come first, and Go takes no trace whose clocks go backwards.
    ahead = batch(1, "ProcStart dt=1 thread=8", "GoStart dt=1 g=5 seq=1", time=150)
    assert "time stamps out of order" in reason(batch(0, *BEGUN), late, ahead)


def test_the_sequence_number_says_which_of_two_starts_is_the_next() -> None:
    first = batch(1, "ProcStart dt=2 thread=8", "GoStart dt=1 g=4 seq=1", "GoSched dt=1 stack=0", time=200)
    second = batch(0, "GoSched dt=1 stack=0", "GoStart dt=9 g=4 seq=2", time=200)

    assert told(second, first) == ["GoStop", "ProcStatus", "GoStart", "GoStop", "GoStart"]


def test_a_collection_follows_the_one_before() -> None:
    first = batch(1, "ProcStart dt=1 thread=8", "GCStart dt=1 seq=0 stack=0", "GCDone dt=1", time=200)
    second = batch(0, "GCStart dt=9 seq=1 stack=0", "GCDone dt=1", time=200)

    assert told(second, first) == ["ProcStatus", "GCBegin", "GCEnd", "GCBegin", "GCEnd"]


def test_cpu_samples_come_in_by_the_time_they_were_taken() -> None:
    written_late = batch(0, *(f"CPUSample dt=1 ts={ts} p=0 g=1 stack=1" for ts in (130, 104, 120)), time=500)
    begun = batch(0, *BEGUN)

    found, fault = events(trace(21, begun, written_late, NAMES))

    assert fault is None
    assert [one["time"] for one in found if one["name"] == "CPUSample"] == [3, 19, 29]


def test_a_system_call_ends_when_it_did_not_when_that_was_written() -> None:
    blocks = batch(0, "GoSysCall dt=1 stack=0", "GoSysBlock dt=1", time=200)
    written = batch(0, "GoSysExit dt=90 g=1 seq=2 ts=250", time=202)

    found, _ = events(trace(21, batch(0, *BEGUN), blocks, written))

    ended = next(one for one in found if one["name"] == "GoSyscallEndBlocked")
    assert ended["time"] == 250 - 101


def test_a_system_call_without_a_time_of_its_end_ends_when_that_was_written() -> None:
    found, _ = events(trace(21, batch(0, *BEGUN), batch(0, "GoSysExit dt=1 g=3 seq=2 ts=0", time=200)))

    assert found[-2]["time"] == 201 - 101


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("GoStart dt=1 g=9 seq=1", "no consistent ordering of events possible"),
        ("GoUnblock dt=1 g=2 seq=7 stack=0", "no consistent ordering of events possible"),
        ("GoSysExit dt=1 g=2 seq=2 ts=150", "a system call ends that did not block"),
        ("GoSysExit dt=1 g=3 seq=2 ts=2", "time stamps out of order"),
    ],
)
def test_what_cannot_be_ordered_is_a_fault_with_its_place(line: str, says: str) -> None:
    begun = batch(0, *BEGUN)

    said = reason(begun, batch(0, line, time=200))

    place = (
        len(trace(21, begun, batch(0, line, time=200))) - len(batch(0, "Frequency ticks=1000000000")) - len(event(line))
    )
    assert said.startswith(f"byte {place}: {says}")


def test_two_events_that_claim_one_state_are_a_fault() -> None:
    one, other = (batch(proc, f"ProcStart dt=1 thread={proc}", "GoStart dt=9 g=4 seq=1", time=200) for proc in (1, 2))

    assert "two events claim one state" in reason(batch(0, *BEGUN), one, other)


def test_times_are_nanoseconds_since_the_first_event() -> None:
    times = np.array([10, 13, 2**62], np.int64)

    order.to_nanoseconds(times, 10, 1e9 / 3_000_000)

    assert times.tolist() == [0, 1000, -(2**63)]


def test_procs_that_all_wait_are_tried_within_bounds() -> None:
    waiting = [batch(proc, "GoStart dt=1 g=9 seq=1", time=200) for proc in range(2, 4_000)]
    busy = batch(0, *["HeapAlloc dt=1 bytes=1"] * 4_000, time=200)

    began = time.process_time()
    said = reason(batch(0, *BEGUN), *waiting, busy)

    assert time.process_time() - began < 20
    assert "no consistent ordering" in said
