"""What lasts in old traces: the GC, stopped worlds, regions, tasks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pipeline.kernels.trace_v1 import spans
from tests.builders.trace_v1 import BEGUN, NAMES, batch, trace
from tests.formats.gotrace.reading import events

Event = Mapping[str, int | str]


def told(*lines: str) -> list[Event]:
    """The events behind those of BEGUN."""
    found, fault = events(trace(21, batch(0, *BEGUN), batch(0, *lines, time=200), NAMES))
    assert fault is None
    return list(found[6:-1])


@pytest.mark.parametrize(
    ("begin", "end", "resource"),
    [
        ("GCStart dt=1 seq=0 stack=1", "GCDone dt=1", -1),
        ("STWStart dt=1 kind=1", "STWDone dt=1", 1),
        ("GCSweepStart dt=1 stack=1", "GCSweepDone dt=1 swept=1 reclaimed=2", 0),
        ("GCMarkAssistStart dt=1 stack=1", "GCMarkAssistDone dt=1", 1),
        ("UserRegion dt=1 task=5 mode=0 name=3 stack=1", "UserRegion dt=1 task=5 mode=1 name=3 stack=1", 5),
        ("UserTaskCreate dt=1 task=5 parent=2 name=3 stack=1", "UserTaskEnd dt=1 task=5 stack=1", 5),
    ],
)
def test_what_ends_knows_when_it_began(begin: str, end: str, resource: int) -> None:
    first, last = told(begin, end)

    assert (first["resource"], last["resource"]) == (resource, resource)
    assert (first["opened"], last["opened"]) == (-1, first["time"])


@pytest.mark.parametrize(
    "end",
    ["GCMarkAssistDone dt=1", "UserRegion dt=1 task=5 mode=1 name=3 stack=1", "UserTaskEnd dt=1 task=5 stack=1"],
)
def test_what_began_before_the_trace_ends_without_a_beginning(end: str) -> None:
    (found,) = told(end)

    assert found["opened"] == -1


def test_regions_end_from_the_innermost_out() -> None:
    begin, end = ("UserRegion dt=1 task=5 mode={} name={} stack=1".format(mode, "{}").format for mode in (0, 1))

    outer, inner, first, second = told(begin(1), begin(3), end(3), end(1))

    assert (first["opened"], second["opened"]) == (inner["time"], outer["time"])


def test_another_goroutine_may_start_the_world_again() -> None:
    found = told("STWStart dt=1 kind=1", "GoEnd dt=1", "GoStart dt=1 g=4 seq=1", "STWDone dt=1")

    assert (found[0]["resource"], found[-1]["resource"]) == (1, 4)
    assert found[-1]["opened"] == found[0]["time"]


def test_a_task_without_a_parent_has_none_as_it_begins_and_0_as_it_ends_as_go_says() -> None:
    begin, end = told("UserTaskCreate dt=1 task=5 parent=0 name=3 stack=1", "UserTaskEnd dt=1 task=5 stack=1")

    assert (begin["value"], end["value"]) == (-1, 0)


@pytest.mark.parametrize(
    ("version", "kind", "says"),
    [
        (19, 0, "GC mark termination"),
        (19, 1, "GC sweep termination"),
        (19, 2, ""),
        (21, 0, ""),
        (21, 1, "GC mark termination"),
        (21, 16, "ResetDebugLog (test)"),
        (21, 17, ""),
        (21, -1, ""),
    ],
)
def test_the_kinds_of_stopped_worlds_are_those_of_the_version(version: int, kind: int, says: str) -> None:
    text = spans.stop_text(kind, version, 40)

    assert (spans.STOPS[text - 40] if text else "") == says
