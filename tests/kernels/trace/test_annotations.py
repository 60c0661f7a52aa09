"""Rules of tasks, regions, logs and labels."""

from __future__ import annotations

from tests.builders.trace import batch, strings, trace
from tests.formats.gotrace.reading import events

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def of(*lines: str) -> list[dict[str, int | str]]:
    found, fault = events(trace(26, (strings({1: "a", 2: "b"}), batch(*RUNNING, *lines, thread=7))))
    assert fault is None
    return found[3:-1]


def test_a_task_ends_with_the_parent_it_began_with() -> None:
    begin, end = of("UserTaskBegin dt=1 task=5 parent_task=4 name_string=1 stack=0", "UserTaskEnd dt=9 task=5 stack=0")

    assert (begin["value"], end["value"]) == (4, 4)
    assert int(end["time"]) - int(end["opened"]) == 9


def test_a_task_that_began_before_the_trace_has_no_parent_and_no_beginning() -> None:
    (end,) = of("UserTaskEnd dt=1 task=5 stack=0")

    assert (end["value"], end["opened"]) == (-1, -1)


def test_a_task_may_begin_anew() -> None:
    begin, end = "UserTaskBegin dt=1 task=5 parent_task=0 name_string=1 stack=0", "UserTaskEnd dt=1 task=5 stack=0"

    assert len(of(begin, end, begin, end)) == 4


def test_regions_end_innermost_first() -> None:
    found = of(
        "UserRegionBegin dt=1 task=0 name_string=1 stack=0",
        "UserRegionBegin dt=1 task=0 name_string=2 stack=0",
        "UserRegionEnd dt=1 task=0 name_string=2 stack=0",
        "UserRegionEnd dt=1 task=0 name_string=1 stack=0",
        "UserRegionEnd dt=1 task=0 name_string=1 stack=0",
    )

    assert [one["opened"] for one in found[2:]] == [found[1]["time"], found[0]["time"], -1]
