"""Rules of the garbage collector and of stopped worlds."""

from __future__ import annotations

import pytest

from tests.builders.trace import NO_THREAD, batch, strings, trace
from tests.formats.gotrace.reading import events, names

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def test_a_cycle_ends_where_it_began_whatever_the_thread() -> None:
    begins = batch(*RUNNING, "GCBegin dt=1 gc_seq=1 stack=0", thread=7, time=50)
    ends = batch("ProcStatus dt=1 p=1 pstatus=1", "GoStatus dt=1 g=2 m=8 gstatus=2", "GCEnd dt=1 gc_seq=2", thread=8)

    found, fault = events(trace(26, (begins, ends)))

    assert fault is None
    begin, end = (next(one for one in found if one["name"] == name) for name in ("GCBegin", "GCEnd"))
    assert end["opened"] == begin["time"]


def test_a_cycle_that_runs_already_has_no_beginning() -> None:
    lines = (*RUNNING, "GCActive dt=1 gc_seq=3", "GCEnd dt=1 gc_seq=4")

    found, fault = events(trace(26, (batch(*lines, thread=7),)))

    assert fault is None
    assert found[-2]["opened"] == -1


def test_an_assist_that_runs_already_is_told_of_once_and_confirmed_later() -> None:
    active = "GCMarkAssistActive dt=1 g=1"
    later = [batch(*RUNNING, active, "GCMarkAssistEnd dt=1", thread=7, generation=2)]

    assert events(trace(26, (batch(*RUNNING, active, thread=7),), later))[1] is None
    assert "none is in flight" in str(events(trace(26, (batch(*RUNNING, thread=7),), later))[1])


def test_a_sweep_that_runs_already_belongs_to_the_proc_it_names() -> None:
    told = batch("ProcStatus dt=1 p=3 pstatus=2", "GCSweepActive dt=1 p=3", thread=NO_THREAD)

    found, fault = events(trace(26, (told,)))

    assert fault is None
    assert found[2]["resource"] == 3


def test_two_worlds_stopped_by_one_goroutine_end_first_come_first() -> None:
    lines = ("STWBegin dt=1 kind_string=1 stack=0", "STWBegin dt=1 kind_string=2 stack=0", "STWEnd dt=1", "STWEnd dt=1")

    found, fault = events(trace(26, (strings({1: "a", 2: "b"}), batch(*RUNNING, *lines, thread=7))))

    assert fault is None
    assert [one["opened"] for one in found[5:7]] == [found[3]["time"], found[4]["time"]]


@pytest.mark.parametrize("line", ["HeapAlloc dt=1 heapalloc_value=9", "HeapGoal dt=1 heapgoal_value=9"])
def test_the_heap_is_measured_on_a_proc_without_a_goroutine(line: str) -> None:
    found, fault = events(trace(26, (batch("ProcStatus dt=1 p=0 pstatus=1", line, thread=7),)))

    assert fault is None
    assert (found[2]["value"], found[2]["goroutine"]) == (9, -1)


def test_more_stopped_worlds_than_any_runtime_makes_are_a_fault() -> None:
    texts = strings({n: f"reason {n}" for n in range(1, 70)})
    lines = [f"STWBegin dt=1 kind_string={n} stack=0" for n in range(1, 70)]

    content = trace(26, (texts, batch(*RUNNING, *lines, thread=7)))

    assert names(content).count("STWBegin") == 64
    assert "64 stopped worlds" in str(events(content)[1])
