"""Procs: the rules of their events."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import (
    ADVANCED,
    BAD_PROC_STATUS,
    FAILED,
    MAY,
    MUST_NOT,
    NO_CONTEXT,
    NO_SUCH_PROC,
    NONE,
    OTHER_PROC_STATUS,
    PROC_NOT_RUNNING,
    STOLE_ANOTHER,
    STOLEN_FROM_NOBODY,
    WAITS,
    check,
    emit,
    fail,
    find_m,
    find_p,
    in_first_generation,
    new_p,
    p_changes,
    stays,
)
from pipeline.values import Int64s


@kernel
def proc_status(s: Int64s, cur: int, row: int) -> int:
    """A proc is in a state: known from now on, or confirmed."""
    identity, status = s[cur + c.C_A0], s[cur + c.C_A1]
    if status < 0 or status > c.PROC_SYSCALL_ABANDONED:
        return fail(s, cur, BAD_PROC_STATUS, identity, status)
    after = _proc_state(status)
    before = after
    m = s[cur + c.C_M]
    context = m
    p = find_p(s, identity)
    if p < 0:
        p = new_p(s, identity, status)
        before = c.P_UNDETERMINED if in_first_generation(s) else c.P_NOT_EXIST
    elif status == c.PROC_SYSCALL_ABANDONED and s[p + c.P_STATUS] == c.PROC_SYSCALL:
        # Nothing is lost: it is still known whose syscall it is. The event happened where the proc is bound.
        before = after = c.P_RUNNING
        context = _thread_with(s, p)
        if context < 0:
            return fail(s, cur, NO_CONTEXT, identity, 0)
    elif s[p + c.P_STATUS] != status:
        return fail(s, cur, OTHER_PROC_STATUS, identity, s[p + c.P_STATUS])
    s[p + c.P_GEN] = s[c.GENERATION]
    s[p + c.P_SEQ] = 0
    emit(s, row, c.PROC_STATUS, s[cur + c.C_TIME], context)
    if before == after:
        stays(s, row, identity, after)
    else:
        p_changes(s, row, p, before, after)
    if m >= 0 and (status == c.PROC_RUNNING or status == c.PROC_SYSCALL):
        s[m + c.M_P] = p
    return ADVANCED


@kernel
def _thread_with(s: Int64s, p: int) -> int:
    """The thread that has a proc, or NONE."""
    s[c.TRIES] += (s[c.MS + c.END] - s[c.MS + c.AT]) // c.M
    for m in range(s[c.MS + c.AT], s[c.MS + c.END], c.M):
        if s[m + c.M_KNOWN] != 0 and s[m + c.M_P] == p:
            return np.int64(m)
    return NONE


@kernel
def _proc_state(status: int) -> int:
    if status == c.PROC_RUNNING or status == c.PROC_SYSCALL:
        return c.P_RUNNING
    return c.P_IDLE if status != 0 else c.P_UNDETERMINED


@kernel
def _succeeds(s: Int64s, p: int, sequence: int) -> bool:
    return s[p + c.P_GEN] == s[c.GENERATION] and sequence == s[p + c.P_SEQ] + 1


@kernel
def proc_start(s: Int64s, cur: int, row: int) -> int:
    """A thread takes an idle proc, once the sequence number is the next."""
    p = find_p(s, s[cur + c.C_A0])
    m = s[cur + c.C_M]
    if p < 0 or s[p + c.P_STATUS] != c.PROC_IDLE or not _succeeds(s, p, s[cur + c.C_A1]):
        return WAITS
    if m >= 0 and s[m + c.M_P] != NONE:
        return WAITS
    if check(s, cur, MUST_NOT, MAY) != ADVANCED:
        return FAILED
    s[p + c.P_STATUS] = c.PROC_RUNNING
    s[p + c.P_SEQ] = s[cur + c.C_A1]
    emit(s, row, c.PROC_START, s[cur + c.C_TIME], m)
    p_changes(s, row, p, c.P_IDLE, c.P_RUNNING)
    s[m + c.M_P] = p
    return ADVANCED


@kernel
def proc_stop(s: Int64s, cur: int, row: int) -> int:
    """A thread gives its proc up."""
    m = s[cur + c.C_M]
    p = s[m + c.M_P] if m >= 0 else NONE
    if p < 0:
        return fail(s, cur, NO_SUCH_PROC, NONE, 0)
    if s[p + c.P_STATUS] != c.PROC_RUNNING and s[p + c.P_STATUS] != c.PROC_SYSCALL:
        return fail(s, cur, PROC_NOT_RUNNING, s[p + c.P_ID], s[p + c.P_STATUS])
    s[p + c.P_STATUS] = c.PROC_IDLE
    emit(s, row, c.PROC_STOP, s[cur + c.C_TIME], m)
    p_changes(s, row, p, c.P_RUNNING, c.P_IDLE)
    s[m + c.M_P] = NONE
    return ADVANCED


@kernel
def proc_steal(s: Int64s, cur: int, row: int) -> int:
    """A thread takes a proc out of a syscall, another's or its own."""
    p = find_p(s, s[cur + c.C_A0])
    if p < 0:
        return WAITS
    status = s[p + c.P_STATUS]
    if (status != c.PROC_SYSCALL and status != c.PROC_SYSCALL_ABANDONED) or not _succeeds(s, p, s[cur + c.C_A1]):
        return WAITS
    if check(s, cur, MAY, MAY) != ADVANCED:
        return FAILED
    m = s[cur + c.C_M]
    s[p + c.P_STATUS] = c.PROC_IDLE
    s[p + c.P_SEQ] = s[cur + c.C_A1]
    victim = NONE
    if status == c.PROC_SYSCALL:
        victim = m if s[cur + c.C_A2] == s[m + c.M_ID] else find_m(s, s[cur + c.C_A2])
        if victim < 0 or s[victim + c.M_KNOWN] == 0:
            return fail(s, cur, STOLEN_FROM_NOBODY, s[cur + c.C_A0], s[cur + c.C_A2])
        if s[victim + c.M_P] != p:
            return fail(s, cur, STOLE_ANOTHER, s[cur + c.C_A0], s[cur + c.C_A2])
    emit(s, row, c.PROC_STEAL, s[cur + c.C_TIME], m)
    if victim < 0:
        # Of an abandoned proc nobody knows whose it was: it is idle already, and stays so.
        stays(s, row, s[p + c.P_ID], c.P_IDLE)
        return ADVANCED
    p_changes(s, row, p, c.P_RUNNING, c.P_IDLE)
    s[victim + c.M_P] = NONE
    return ADVANCED
