"""What cannot have happened makes an old trace unreadable."""

from __future__ import annotations

import pytest

from tests.builders.trace_v1 import BEGUN, NAMES, RICH, batch, trace
from tests.formats.gotrace.reading import events, names


def reason(*lines: str) -> str:
    return str(events(trace(21, batch(0, *BEGUN), batch(0, *lines, time=200), NAMES))[1])


def test_some_of_everything_can_have_happened() -> None:
    assert events(RICH)[1] is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["ProcStart dt=1 thread=7"], "a proc starts that runs"),
        (["ProcStop dt=1"], "its proc already runs goroutine 1"),
        (["GoStart dt=1 g=4 seq=1"], "its proc already runs goroutine 1"),
        (["GoEnd dt=1", "ProcStop dt=1", "ProcStop dt=1"], "a proc stops that does not run"),
        (["GCStart dt=1 seq=0 stack=0", "GCStart dt=1 seq=1 stack=0"], "a GC begins before"),
        (["GCDone dt=1"], "a GC ends that has not begun"),
        (["STWStart dt=1 kind=0", "STWStart dt=1 kind=0"], "the world is stopped that is stopped already"),
        (["STWDone dt=1"], "the world is started that was not stopped"),
        (["GCSweepStart dt=1 stack=0", "GCSweepStart dt=1 stack=0"], "a proc begins to sweep before"),
        (["GCSweepDone dt=1 swept=0 reclaimed=0"], "a proc ends to sweep that does not"),
        (["GCMarkAssistStart dt=1 stack=0", "GCMarkAssistStart dt=1 stack=0"], "goroutine 1 begins to assist the GC"),
        (
            ["GoEnd dt=1", "GoCreate dt=1 g=6 new_stack=0 stack=0", "GoCreate dt=1 g=6 new_stack=0 stack=0"],
            "no consistent",
        ),
        (["GoEnd dt=1", "GoEnd dt=1"], "it needs a goroutine and its proc has none"),
        (["GoEnd dt=1", "GoSysCall dt=1 stack=0"], "it needs a goroutine and its proc has none"),
        (["GoUnblock dt=1 g=4 seq=1 stack=0"], "no consistent"),
        (["UserTaskCreate dt=1 task=5 parent=0 name=3 stack=0"] * 2, "task 5 begins before it has ended"),
        (["UserRegion dt=1 task=5 mode=2 name=3 stack=0"], "its mode is 2"),
        (["UserTaskCreate dt=1 task=5 parent=0 name=33 stack=0"], "found invalid string ID 33"),
        (["UserLog dt=1 task=5 key=44 stack=0: a"], "found invalid string ID 44"),
        (["UserRegion dt=1 task=5 mode=0 name=55 stack=0"], "found invalid string ID 55"),
        (["GoEnd dt=1", "GoStartLabel dt=1 g=4 seq=1 label=66"], "found invalid string ID 66"),
        (["FutileWakeup dt=1"], "unexpected event type 36"),
        (["GoSysExitLocal dt=1 g=2 ts=0"], "goroutine 1 is not waiting"),
    ],
)
def test_an_event_that_contradicts_what_came_before_is_a_fault(lines: list[str], says: str) -> None:
    assert says in reason(*lines)


@pytest.mark.parametrize(("task", "name"), [(6, 3), (5, 1)])
def test_a_region_that_ends_has_to_be_the_innermost(task: int, name: int) -> None:
    begins = ["UserRegion dt=1 task=5 mode=0 name=3 stack=0"]
    ends = "UserRegion dt=1 task={} mode=1 name={} stack=0".format

    assert "misuse of region in goroutine 1" in reason(*begins, ends(task, name))
    assert reason(*begins, ends(5, 3)) == "None"
    # What began before the trace ends in it.
    assert reason(ends(task, name)) == "None"


def test_a_goroutine_cannot_act_on_a_proc_that_does_not_run_it() -> None:
    other = batch(1, "ProcStart dt=1 thread=8", "GoUnblock dt=1 g=2 seq=2 stack=0", time=200)
    begun = batch(0, *BEGUN)

    # Goroutine 0 is the runtime itself, which runs everywhere.
    assert events(trace(21, begun, other))[1] is None


def test_a_timers_goroutine_wakes_others_from_nowhere() -> None:
    wakes = batch(0, "GoEnd dt=1", "GoStart dt=1 g=4 seq=1", "GoUnblock dt=1 g=2 seq=2 stack=0", time=200)

    found, fault = events(trace(21, batch(0, *BEGUN), wakes, batch(0, "TimerGoroutine g=4")))

    assert fault is None
    assert found[-2]["proc"] == 1_000_001


def test_what_waited_for_the_network_is_woken_by_it() -> None:
    waits = ("GoBlockNet dt=1 stack=0", "GoStart dt=1 g=4 seq=1", "GoUnblock dt=1 g=1 seq=2 stack=0")

    found, fault = events(trace(21, batch(0, *BEGUN), batch(0, *waits, time=200)))

    assert fault is None
    assert found[-2]["proc"] == 1_000_002


def test_a_cpu_sample_needs_no_goroutine_and_no_proc() -> None:
    found = names(trace(21, batch(0, *BEGUN, "CPUSample dt=1 ts=500 p=-1 g=0 stack=9")))

    assert found[-2:] == ["CPUSample", "Sync"]
