"""Rules of procs."""

from __future__ import annotations

import pytest

from tests.builders.trace import batch, trace
from tests.formats.gotrace.reading import events, names

BEGIN = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2", "GoSyscallBegin dt=1 p_seq=1 stack=0")


def test_a_proc_is_stolen_from_a_syscall_before_the_syscall_ends_blocked() -> None:
    # The thief's clock is late: the end of the syscall has to wait for it all the same.
    victim = batch(*BEGIN, "GoSyscallEndBlocked dt=1", thread=7, time=10)
    thief = batch("ProcSteal dt=1 p=0 p_seq=2 m=7", "ProcStart dt=1 p=0 p_seq=3", thread=8, time=900)

    found = names(trace(26, (victim, thief)))

    assert found[3:7] == ["GoSyscallBegin", "ProcSteal", "GoSyscallEndBlocked", "ProcStart"]


def test_a_thread_steals_from_itself() -> None:
    own = batch(*BEGIN, "ProcSteal dt=1 p=0 p_seq=2 m=7", "GoSyscallEndBlocked dt=1", thread=7)

    found, fault = events(trace(26, (own,)))

    assert fault is None
    assert (found[4]["name"], found[4]["before"], found[4]["after"]) == ("ProcSteal", 2, 3)


def test_an_abandoned_proc_is_idle_to_whoever_steals_it() -> None:
    victim = batch(*BEGIN, "GoDestroySyscall dt=1", thread=7, time=10)
    thief = batch("ProcSteal dt=1 p=0 p_seq=2 m=7", thread=8, time=20)

    found, fault = events(trace(26, (victim, thief)))

    assert fault is None
    assert [(one["before"], one["after"]) for one in found if one["name"] == "ProcSteal"] == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("steal", "says"),
    [
        ("ProcSteal dt=1 p=0 p_seq=2 m=99", "stole proc 0 from non-existent thread 99"),
        ("ProcSteal dt=1 p=0 p_seq=2 m=8", "tried to steal proc 0 from thread 8"),
    ],
)
def test_stealing_from_the_wrong_thread_is_a_fault(steal: str, says: str) -> None:
    _, fault = events(trace(26, (batch(*BEGIN, thread=7), batch(steal, thread=8, time=50))))

    assert says in str(fault)


def test_a_later_status_of_a_new_proc_says_it_was_not_there() -> None:
    later = [batch("ProcStatus dt=1 p=3 pstatus=2", thread=7, generation=2)]

    found, _ = events(trace(26, (batch("ProcStatus dt=1 p=0 pstatus=1", thread=7),), later))

    assert [(one["before"], one["after"]) for one in found if one["name"] == "ProcStatus"] == [(0, 2), (1, 3)]


def test_a_proc_starts_in_sequence_whatever_the_clocks_say() -> None:
    told = batch("ProcStatus dt=1 p=0 pstatus=2", thread=6, time=1)
    first = batch("ProcStart dt=1 p=0 p_seq=1", "ProcStop dt=1", thread=7, time=900)
    second = batch("ProcStart dt=1 p=0 p_seq=2", thread=8, time=11)

    found, fault = events(trace(26, (told, first, second)))

    assert fault is None
    assert [one["thread"] for one in found if one["name"] == "ProcStart"] == [7, 8]
