"""Events in order: by sequence numbers and states, whatever the clocks say."""

from __future__ import annotations

import pytest

from tests.builders.trace import BLOCKED, NO_THREAD, batch, samples, stacks, strings, trace
from tests.formats.gotrace.reading import events, names

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def of(*lines: str, version: int = 26, thread: int = 7) -> bytes:
    """A trace of one thread that runs goroutine 1 on proc 0."""
    return trace(version, (strings({1: "a", 2: "b"}), batch(*RUNNING, *lines, thread=thread)))


def test_a_goroutine_blocks_is_woken_and_runs() -> None:
    found, fault = events(trace(26, BLOCKED))

    assert fault is None
    assert [one["name"] for one in found] == [
        "Sync", "ProcStatus", "GoStatus", "GoBlock", "GoUnblock", "GoStart", "Sync",
    ]  # fmt: skip
    assert [(one["before"], one["after"]) for one in found[2:6]] == [(0, 3), (3, 4), (4, 2), (2, 3)]
    assert [one["time"] - int(found[3]["time"]) for one in found[3:6]] == [0, 10, 20]  # type: ignore[operator]
    assert found[4]["opened"] == found[3]["time"]


def test_wrong_clocks_do_not_change_the_order() -> None:
    broken = [*BLOCKED[:-1], batch("GoUnblock dt=0 g=1 g_seq=1 stack=0", thread=NO_THREAD, time=9_000)]

    found, fault = events(trace(26, broken))

    assert fault is None
    assert [one["name"] for one in found][3:6] == ["GoBlock", "GoUnblock", "GoStart"]
    times = [int(one["time"]) for one in found]
    assert times == sorted(set(times))


def test_times_of_a_batch_count_from_the_batchs_own() -> None:
    later = batch("HeapAlloc dt=2 heapalloc_value=1", "HeapAlloc dt=3 heapalloc_value=2", thread=7, time=500)
    content = trace(26, (batch(*RUNNING, thread=7, time=100), later))

    found, fault = events(content)

    assert fault is None
    assert [one["time"] for one in found[1:5]] == [101, 102, 502, 505]


def test_a_switch_is_three_events() -> None:
    content = of("GoCreateBlocked dt=1 new_g=2 new_stack=0 stack=0", "GoSwitch dt=1 g=2 g_seq=1")

    assert names(content)[3:] == ["GoCreateBlocked", "GoSwitch", "GoBlock", "GoStart", "Sync"]


def test_a_goroutine_that_ends_in_a_syscall_leaves_its_proc_behind() -> None:
    content = of("GoSyscallBegin dt=1 p_seq=1 stack=0", "GoDestroySyscall dt=1")

    assert names(content)[3:] == ["GoSyscallBegin", "ProcSteal", "GoDestroySyscall", "Sync"]


def test_a_cpu_sample_goes_where_its_time_is() -> None:
    content = trace(26, (*BLOCKED, stacks({}), samples([(105, 7, 0, 1, 1)])))

    assert names(content) == ["Sync", "ProcStatus", "GoStatus", "GoBlock", "CPUSample", "GoUnblock", "GoStart", "Sync"]


def test_states_and_open_regions_go_on_in_the_next_generation() -> None:
    first = (strings({1: "outer"}), batch(*RUNNING, "UserRegionBegin dt=1 task=3 name_string=1 stack=0", thread=7))
    second = (
        strings({9: "outer"}, generation=2),
        batch(
            "ProcStatus dt=1 p=0 pstatus=1",
            "GoStatus dt=1 g=1 m=7 gstatus=2",
            "UserRegionEnd dt=1 task=3 name_string=9 stack=0",
            thread=7,
            generation=2,
            time=50,
        ),
    )

    found, fault = events(trace(26, first, second))

    assert fault is None
    begin = next(one for one in found if one["name"] == "UserRegionBegin")
    end = next(one for one in found if one["name"] == "UserRegionEnd")
    assert end["opened"] == begin["time"]


def test_the_tables_grow_as_goroutines_come_and_go() -> None:
    made = [f"GoCreate dt=1 new_g={g} new_stack=0 stack=0" for g in range(2, 1000)]
    # Each starts in another thread, and ends there.
    run = [line for g in range(2, 1000) for line in (f"GoStart dt=1 g={g} g_seq=1", "GoDestroy dt=1")]
    other = batch("ProcStatus dt=1 p=1 pstatus=1", *run, thread=8, time=1)

    found, fault = events(trace(26, (batch(*RUNNING, *made, thread=7), other)))

    assert fault is None
    assert sum(one["name"] == "GoDestroy" for one in found) == 998


def test_ids_may_be_any_64_bits() -> None:
    content = trace(
        26,
        (
            strings({2**63 + 5: "big"}),
            batch(
                *RUNNING,
                f"GoLabel dt=1 label_string={2**63 + 5}",
                f"GoCreate dt=1 new_g={2**62} new_stack=0 stack=0",
                thread=7,
            ),
        ),
    )

    assert events(content)[1] is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ("GoStart dt=1 g=5 g_seq=1",),
            "failed to advance: no thread's next event can come next; waiting are thread 7 GoStart(5, 1)",
        ),
        (("GoStatus dt=1 g=1 m=7 gstatus=4",), "inconsistent status for goroutine 1: it was running"),
        (("GoStatus dt=1 g=1 m=7 gstatus=5",), "goroutine 1 has status 5"),
        (("ProcStatus dt=1 p=0 pstatus=2",), "inconsistent status for proc 0: it was running"),
        (("ProcStop dt=1", "ProcStop dt=1"), "ProcStop: proc -1 does not exist"),
        (("ProcStop dt=1", "GoDestroy dt=1"), "GoDestroy: it needs a proc and its thread has none"),
        (("GoDestroy dt=1", "GoDestroy dt=1"), "GoDestroy: it needs a goroutine and its thread has none"),
        (("GoCreate dt=1 new_g=1 new_stack=0 stack=0",), "tried to create goroutine 1, which already exists"),
        (("GoSyscallEnd dt=1",), "goroutine 1 is not in a syscall, it is running"),
        (("GoSyscallBegin dt=1 p_seq=4 stack=0",), "can't make sequence: it has number 4, the proc expects 1"),
        (("STWEnd dt=1",), "STWEnd: none is in flight on 1"),
        (("GCMarkAssistBegin dt=1 stack=0",) * 2, "GCMarkAssistBegin: one is in flight already on 1"),
        (("GCSweepEnd dt=1 swept_value=0 reclaimed_value=0",), "GCSweepEnd: none is in flight on 0"),
        (("GCEnd dt=1 gc_seq=1",), "GCEnd: whether a GC is in progress is not known"),
        (("UserTaskBegin dt=1 task=1 parent_task=0 name_string=1 stack=0",) * 2, "task ID conflict: task 1"),
        (
            ("UserRegionBegin dt=1 task=0 name_string=1 stack=0", "UserRegionEnd dt=1 task=0 name_string=2 stack=0"),
            "misuse of region in goroutine 1",
        ),
        (("GoLabel dt=1 label_string=9",), "found invalid string ID 9"),
        (("GoStop dt=1 reason_string=1 stack=9",), "found invalid stack ID 9"),
        (("ClockSnapshot dt=1 mono=1 sec=1 nsec=1",), "ClockSnapshot: it has no place among ordered events"),
    ],
)
def test_what_can_never_be_in_order_is_named(lines: tuple[str, ...], says: str) -> None:
    _, fault = events(of(*lines))

    assert fault is not None
    assert says in fault
    assert fault.startswith("byte ")


def test_what_came_before_a_fault_is_there() -> None:
    content = of("GoStop dt=1 reason_string=1 stack=0", "GoDestroy dt=1")

    assert names(content) == ["Sync", "ProcStatus", "GoStatus", "GoStop"]


def test_every_truncation_ends_with_a_fault_or_as_a_shorter_trace() -> None:
    later = [batch("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2", thread=7, generation=2)]
    for version in (22, 25, 26):
        content = trace(version, BLOCKED, later)
        whole = names(content)
        for length in range(16, len(content)):
            found, fault = events(content[:length])

            assert len(found) < len(whole)
            assert fault is not None or found[-1]["name"] == "Sync"
