"""Rules of goroutines."""

from __future__ import annotations

from tests.builders.trace import NO_THREAD, batch, trace
from tests.formats.gotrace.reading import events, names

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def test_a_goroutine_starts_only_after_it_was_made() -> None:
    maker = batch(*RUNNING, "GoCreate dt=90 new_g=2 new_stack=0 stack=0", thread=7, time=10)
    runner = batch("ProcStatus dt=1 p=1 pstatus=1", "GoStart dt=1 g=2 g_seq=1", thread=8, time=11)

    found = names(trace(26, (maker, runner)))

    assert found.index("GoCreate") < found.index("GoStart")


def test_a_goroutine_starts_in_sequence_whatever_the_clocks_say() -> None:
    maker = batch(*RUNNING, "GoCreate dt=1 new_g=2 new_stack=0 stack=0", thread=7, time=10)
    first = batch(
        "ProcStatus dt=1 p=1 pstatus=1",
        "GoStart dt=1 g=2 g_seq=1",
        "GoStop dt=1 reason_string=0 stack=0",
        thread=8,
        time=900,
    )
    second = batch("ProcStatus dt=1 p=2 pstatus=1", "GoStart dt=90 g=2 g_seq=2", thread=9, time=11)

    found, fault = events(trace(26, (maker, first, second)))

    assert fault is None
    assert [one["thread"] for one in found if one["name"] == "GoStart"] == [8, 9]


def test_a_sequence_number_of_another_generation_is_not_the_next() -> None:
    maker = [batch(*RUNNING, "GoCreate dt=1 new_g=2 new_stack=0 stack=0", thread=7)]
    later = [batch("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2", thread=7, generation=2),
             batch("ProcStatus dt=1 p=1 pstatus=1", "GoStart dt=1 g=2 g_seq=1", thread=8, generation=2)]  # fmt: skip

    _, fault = events(trace(26, maker, later))

    assert "failed to advance" in str(fault)


def test_a_goroutine_in_a_syscall_is_told_of_on_its_own_thread() -> None:
    told = batch("GoStatus dt=1 g=5 m=9 gstatus=3", thread=NO_THREAD)

    found, fault = events(trace(26, (told,)))

    assert fault is None
    assert (found[1]["thread"], found[1]["goroutine"], found[1]["resource"]) == (9, -1, 5)


def test_a_second_status_of_a_syscall_is_on_the_goroutine_itself() -> None:
    first = [batch("GoStatus dt=1 g=5 m=9 gstatus=3", thread=NO_THREAD)]
    second = [batch("GoStatus dt=1 g=5 m=9 gstatus=3", thread=NO_THREAD, generation=2)]

    found, fault = events(trace(26, first, second))

    assert fault is None
    assert [one["goroutine"] for one in found if one["name"] == "GoStatus"] == [-1, 5]


def test_a_call_from_c_makes_a_goroutine_in_a_syscall() -> None:
    call = batch("GoCreateSyscall dt=1 new_g=4", "GoDestroySyscall dt=1", thread=7)

    found, fault = events(trace(26, (call,)))

    assert fault is None
    assert [(one["before"], one["after"]) for one in found[1:3]] == [(1, 5), (5, 1)]


def test_a_syscall_returns_to_its_proc() -> None:
    lines = (*RUNNING, "GoSyscallBegin dt=1 p_seq=1 stack=0", "GoSyscallEnd dt=7")

    found, fault = events(trace(26, (batch(*lines, thread=7),)))

    assert fault is None
    assert int(found[4]["time"]) - int(found[4]["opened"]) == 7


def test_a_switch_that_destroys_ends_the_goroutine() -> None:
    lines = ("GoCreateBlocked dt=1 new_g=2 new_stack=0 stack=0", "GoSwitchDestroy dt=1 g=2 g_seq=1")

    found, fault = events(trace(26, (batch(*RUNNING, *lines, thread=7),)))

    assert fault is None
    assert [(one["resource"], one["after"]) for one in found[4:7]] == [(2, 2), (1, 1), (2, 3)]
