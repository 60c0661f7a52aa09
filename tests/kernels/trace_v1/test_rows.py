"""Old events as rows of ordered events."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.kernels.trace import columns as c
from tests.builders.trace_v1 import BEGUN, NAMES, batch, trace
from tests.formats.gotrace.reading import events, names

Event = Mapping[str, int | str]


def told(*lines: str, begun: tuple[str, ...] = BEGUN) -> list[Event]:
    """The events behind those of BEGUN."""
    found, fault = events(trace(21, batch(0, *begun), batch(0, *lines, time=200), NAMES))
    assert fault is None
    return list(found[6:-1])


def states(found: list[Event]) -> list[tuple[object, ...]]:
    return [(one["name"], one["resource"], one["before"], one["after"]) for one in found]


def test_what_is_there_as_the_trace_begins_is_told_of_as_in_newer_ones() -> None:
    found, _ = events(trace(21, batch(0, *BEGUN)))

    assert states(list(found[1:-1])) == [
        ("GoStatus", 2, c.G_UNDETERMINED, c.G_WAITING),
        ("GoStatus", 3, c.G_UNDETERMINED, c.G_SYSCALL),
        ("ProcStatus", 0, c.P_UNDETERMINED, c.P_RUNNING),
        ("GoStatus", 1, c.G_UNDETERMINED, c.G_RUNNING),
        ("GoStatus", 4, c.G_UNDETERMINED, c.G_RUNNABLE),
    ]


def test_more_goroutines_than_a_chunk_has_rows_are_all_told_of() -> None:
    many = [f"GoCreate dt=1 g={g} new_stack=0 stack=0" for g in range(10, 9_000)]

    found = names(trace(21, batch(0, *many, *BEGUN)))

    assert found.count("GoStatus") == 4 + len(many)


def test_a_boundary_stands_a_nanosecond_before_the_first_event_and_behind_the_last() -> None:
    found, _ = events(trace(21, batch(0, *BEGUN)))

    assert [(one["name"], one["time"], one["value"]) for one in (found[0], found[-1])] == [
        ("Sync", -1, 1),
        ("Sync", 9, 2),
    ]


@pytest.mark.parametrize(
    ("line", "name", "after"),
    [
        ("GoStop dt=1 stack=1", "GoBlock", c.G_WAITING),
        ("GoSched dt=1 stack=1", "GoStop", c.G_RUNNABLE),
        ("GoPreempt dt=1 stack=1", "GoStop", c.G_RUNNABLE),
        ("GoBlockCond dt=1 stack=1", "GoBlock", c.G_WAITING),
        ("GoBlockGC dt=1 stack=1", "GoBlock", c.G_WAITING),
        ("GoEnd dt=1", "GoDestroy", c.G_NOT_EXIST),
    ],
)
def test_a_goroutine_that_runs_no_more_has_a_new_state(line: str, name: str, after: int) -> None:
    assert states(told(line)) == [(name, 1, c.G_RUNNING, after)]


def test_a_system_call_that_does_not_block_takes_a_nanosecond() -> None:
    found = told("GoSysCall dt=1 stack=1", "HeapAlloc dt=1 bytes=1")

    assert [one["name"] for one in found] == ["GoSyscallBegin", "GoSyscallEnd", "HeapAlloc"]
    assert int(found[1]["time"]) - int(found[0]["time"]) == 1


def test_a_system_call_that_blocks_lasts_until_it_ends_on_no_proc() -> None:
    found = told("GoSysCall dt=1 stack=1", "GoSysBlock dt=1", "GoSysExit dt=9 g=1 seq=2 ts=205")

    assert states(found) == [
        ("GoSyscallBegin", 1, c.G_RUNNING, c.G_SYSCALL),
        ("GoSyscallEndBlocked", 1, c.G_SYSCALL, c.G_RUNNABLE),
    ]
    assert (found[1]["opened"], found[1]["proc"], found[1]["thread"]) == (found[0]["time"], 1_000_003, -1)


def test_a_cpu_sample_in_between_hides_that_a_system_call_blocks_as_it_does_from_go() -> None:
    found = told("GoSysCall dt=1 stack=1", "GoSysBlock dt=5", "CPUSample dt=1 ts=203 p=0 g=1 stack=1")

    assert [one["name"] for one in found] == ["GoSyscallBegin", "GoSyscallEnd", "CPUSample"]


def test_a_label_follows_the_start_it_belongs_to() -> None:
    found = told("GoEnd dt=1", "GoStartLabel dt=1 g=4 seq=1 label=3")

    assert [(one["name"], one["resource"]) for one in found[1:]] == [("GoStart", 4), ("GoLabel", 4)]


def test_a_proc_without_a_thread_has_none_but_for_a_label_where_go_says_0() -> None:
    begun = tuple(line for line in BEGUN if not line.startswith("ProcStart"))

    plain, labelled = (
        events(trace(21, batch(0, *begun), batch(0, "GoEnd dt=1", line, time=200), NAMES))[0]
        for line in ("GoStart dt=1 g=4 seq=1", "GoStartLabel dt=1 g=4 seq=1 label=3")
    )

    assert plain[-2]["thread"] == -1
    assert labelled[-2]["thread"] == 0


def test_a_thread_leaves_its_proc_with_the_stop() -> None:
    found = told("GoEnd dt=1", "ProcStop dt=1", "HeapGoal dt=1 bytes=1", "ProcStart dt=1 thread=9")

    assert [one["thread"] for one in found] == [7, 7, -1, 9]
    assert [one["name"] for one in found[1::2]] == ["ProcStop", "ProcStart"]


def test_later_changes_of_gomaxprocs_are_events() -> None:
    found = told("Gomaxprocs dt=1 procs=6 stack=1")

    assert [(one["name"], one["value"]) for one in found] == [("ProcsChange", 6)]


def test_the_state_grows_with_what_is_alive() -> None:
    made = [f"GoCreate dt=1 g={g} new_stack=0 stack=0" for g in range(10, 3_000)]
    begun = [f"UserTaskCreate dt=1 task={t} parent=0 name=3 stack=0" for t in range(500)]

    found = told(*made, *begun, *["UserRegion dt=1 task=1 mode=0 name=3 stack=0"] * 500)

    assert len(found) == len(made) + 1_000
