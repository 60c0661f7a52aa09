"""Goroutines: the rules of their events."""

from __future__ import annotations

from pipeline.kernels import inlined, kernel
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import (
    ADVANCED,
    BAD_GO_STATUS,
    BAD_SEQUENCE,
    FAILED,
    GOROUTINE_EXISTS,
    GOROUTINE_NOT_IN_SYSCALL,
    GOROUTINE_NOT_RUNNING,
    LATE_GOROUTINE,
    MAY,
    MUST,
    MUST_NOT,
    NONE,
    OTHER_GO_STATUS,
    OTHER_THREAD,
    PROC_NOT_IN_SYSCALL,
    SYSCALL_WITHOUT_THREAD,
    WAITS,
    bind_g,
    check,
    emit,
    end_g,
    enter_m,
    fail,
    find_g,
    find_stack,
    find_text,
    g_changes,
    g_of,
    in_first_generation,
    known_g,
    new_g,
    p_changes,
    stays,
)
from pipeline.values import Int64s

# A thread that the trace tells of for the first time has no goroutine yet.
NONE_YET = -(2**63)


@kernel
def go_status(s: Int64s, cur: int, row: int) -> int:
    """A goroutine is in a state: known from now on in the first generation, confirmed in later ones."""
    identity, thread, status = s[cur + c.C_A0], s[cur + c.C_A1], s[cur + c.C_A2]
    if status < 0 or status > c.GO_WAITING:
        return fail(s, cur, BAD_GO_STATUS, identity, status)
    is_first = in_first_generation(s)
    before = after = _go_state(status)
    g = find_g(s, identity)
    if g >= 0:
        if s[g + c.G_STATUS] != status:
            return fail(s, cur, OTHER_GO_STATUS, identity, s[g + c.G_STATUS])
        s[g + c.G_GEN] = s[c.GENERATION]
        s[g + c.G_SEQ] = 0
    elif is_first:
        g = new_g(s, identity, status)
        before = c.G_UNDETERMINED
    else:
        return fail(s, cur, LATE_GOROUTINE, identity, status)
    context = m = s[cur + c.C_M]
    goroutine = s[m + c.M_G] if m >= 0 else NONE
    proc = NONE
    if m >= 0 and s[m + c.M_P] >= 0:
        proc = s[s[m + c.M_P] + c.P_ID]
    binds = m if status == c.GO_RUNNING else NONE
    if status == c.GO_SYSCALL:
        if thread == NONE:
            return fail(s, cur, SYSCALL_WITHOUT_THREAD, identity, 0)
        context, seen = _syscall_thread(s, m, thread, g)
        if not (is_first and context == m) and seen != NONE_YET and seen != identity:
            return fail(s, cur, OTHER_THREAD, identity, seen)
        if context == m:
            binds = m
        elif seen == identity:
            goroutine = identity
    stack = 0
    if s[cur + c.C_TYPE] == c.GO_STATUS_STACK:
        stack = find_stack(s, cur, s[cur + c.C_A3])
        if stack < 0:
            return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], context)
    s[row + c.PROC] = proc
    s[row + c.GOROUTINE] = goroutine
    s[row + c.STACK_AT] = s[row + c.STACK2] = stack
    if before == after:
        stays(s, row, identity, after)
    else:
        g_changes(s, row, g, before, after)
    if binds >= 0:
        bind_g(s, binds, g)
    return ADVANCED


@kernel
def _syscall_thread(s: Int64s, m: int, thread: int, g: int) -> tuple[int, int]:
    """The thread that a goroutine sits in a syscall on, and the goroutine that thread has: NONE_YET when it was made now."""
    if m >= 0 and thread == s[m + c.M_ID]:
        return m, s[m + c.M_G]
    named = enter_m(s, thread)
    if s[named + c.M_KNOWN] != 0:
        return named, s[named + c.M_G]
    # It has been sitting there since before the trace.
    s[named + c.M_KNOWN] = 1
    bind_g(s, named, g)
    return named, NONE_YET


@kernel
def _go_state(status: int) -> int:
    if status == c.GO_RUNNABLE:
        return c.G_RUNNABLE
    if status == c.GO_RUNNING:
        return c.G_RUNNING
    if status == c.GO_SYSCALL:
        return c.G_SYSCALL
    return c.G_WAITING if status == c.GO_WAITING else c.G_UNDETERMINED


@kernel
def go_create(s: Int64s, cur: int, row: int) -> int:
    """GoCreate and GoCreateBlocked: a goroutine is made, runnable or waiting."""
    if check(s, cur, MUST, MAY) != ADVANCED:
        return FAILED
    m = s[cur + c.C_M]
    creator = g_of(s, m)
    if creator >= 0 and s[creator + c.G_STATUS] != c.GO_RUNNING:
        return fail(s, cur, GOROUTINE_NOT_RUNNING, s[m + c.M_G], s[creator + c.G_STATUS])
    identity = s[cur + c.C_A0]
    if find_g(s, identity) >= 0:
        return fail(s, cur, GOROUTINE_EXISTS, identity, 0)
    is_blocked = s[cur + c.C_TYPE] == c.GO_CREATE_BLOCKED
    g = new_g(s, identity, c.GO_WAITING if is_blocked else c.GO_RUNNABLE)
    stack = find_stack(s, cur, s[cur + c.C_A2])
    if stack < 0:
        return FAILED
    start = find_stack(s, cur, s[cur + c.C_A1])
    if start < 0:
        return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], m)
    s[row + c.STACK_AT] = stack
    s[row + c.STACK2] = start
    g_changes(s, row, g, c.G_NOT_EXIST, c.G_WAITING if is_blocked else c.G_RUNNABLE)
    return ADVANCED


@kernel
def _succeeds(s: Int64s, g: int, sequence: int) -> bool:
    return s[g + c.G_GEN] == s[c.GENERATION] and sequence == s[g + c.G_SEQ] + 1


@inlined
def go_start(s: Int64s, cur: int, row: int) -> int:
    """A runnable goroutine runs, once its sequence number is the next."""
    g = find_g(s, s[cur + c.C_A0])
    if g < 0 or s[g + c.G_STATUS] != c.GO_RUNNABLE or not _succeeds(s, g, s[cur + c.C_A1]):
        return WAITS
    if check(s, cur, MUST, MUST_NOT) != ADVANCED:
        return FAILED
    m = s[cur + c.C_M]
    s[g + c.G_STATUS] = c.GO_RUNNING
    s[g + c.G_SEQ] = s[cur + c.C_A1]
    emit(s, row, c.GO_START, s[cur + c.C_TIME], m)
    g_changes(s, row, g, c.G_RUNNABLE, c.G_RUNNING)
    bind_g(s, m, g)
    return ADVANCED


@kernel
def _g_in(s: Int64s, cur: int, proc: int, status: int) -> int:
    """The row of the goroutine on the event's thread, which has to be running, or in a syscall; or NONE."""
    row = known_g(s, cur, proc)
    if row >= 0 and s[row + c.G_STATUS] != status:
        fault = GOROUTINE_NOT_RUNNING if status == c.GO_RUNNING else GOROUTINE_NOT_IN_SYSCALL
        fail(s, cur, fault, s[row + c.G_ID], s[row + c.G_STATUS])
        return NONE
    return row


@inlined
def go_stop(s: Int64s, cur: int, row: int) -> int:
    """GoStop and GoBlock: the goroutine gives up its thread."""
    g = _g_in(s, cur, MUST, c.GO_RUNNING)
    if g < 0:
        return FAILED
    is_block = s[cur + c.C_TYPE] == c.GO_BLOCK
    s[g + c.G_STATUS] = c.GO_WAITING if is_block else c.GO_RUNNABLE
    stack = find_stack(s, cur, s[cur + c.C_A1])
    if stack < 0:
        return FAILED
    text = find_text(s, cur, s[cur + c.C_A0])
    if text < 0:
        return FAILED
    m = s[cur + c.C_M]
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], m)
    s[row + c.STACK_AT] = s[row + c.STACK2] = stack
    s[row + c.TEXT] = text
    g_changes(s, row, g, c.G_RUNNING, c.G_WAITING if is_block else c.G_RUNNABLE)
    bind_g(s, m, NONE)
    return ADVANCED


@kernel
def go_destroy(s: Int64s, cur: int, row: int) -> int:
    """The running goroutine ends."""
    g = _g_in(s, cur, MUST, c.GO_RUNNING)
    if g < 0:
        return FAILED
    emit(s, row, c.GO_DESTROY, s[cur + c.C_TIME], s[cur + c.C_M])
    g_changes(s, row, g, c.G_RUNNING, c.G_NOT_EXIST)
    end_g(s, g)
    bind_g(s, s[cur + c.C_M], NONE)
    return ADVANCED


@inlined
def go_unblock(s: Int64s, cur: int, row: int) -> int:
    """A waiting goroutine is runnable, once its sequence number is the next."""
    g = find_g(s, s[cur + c.C_A0])
    if g < 0 or s[g + c.G_STATUS] != c.GO_WAITING or not _succeeds(s, g, s[cur + c.C_A1]):
        return WAITS
    stack = find_stack(s, cur, s[cur + c.C_A2])
    if stack < 0:
        return FAILED
    s[g + c.G_STATUS] = c.GO_RUNNABLE
    s[g + c.G_SEQ] = s[cur + c.C_A1]
    emit(s, row, c.GO_UNBLOCK, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.STACK_AT] = stack
    g_changes(s, row, g, c.G_WAITING, c.G_RUNNABLE)
    return ADVANCED


@kernel
def go_switch(s: Int64s, cur: int, row: int) -> int:
    """A goroutine hands its thread to another: three events, of which the first is about the other."""
    g = _g_in(s, cur, MUST, c.GO_RUNNING)
    if g < 0:
        return FAILED
    other = find_g(s, s[cur + c.C_A0])
    if other < 0 or s[other + c.G_STATUS] != c.GO_WAITING or not _succeeds(s, other, s[cur + c.C_A1]):
        return WAITS
    m, time = s[cur + c.C_M], s[cur + c.C_TIME]
    emit(s, row, s[cur + c.C_TYPE], time, m)
    g_changes(s, row, other, c.G_WAITING, c.G_RUNNABLE)
    if s[cur + c.C_TYPE] == c.GO_SWITCH:
        row += c.EVENT
        emit(s, row, c.GO_BLOCK, time, m)
        g_changes(s, row, g, c.G_RUNNING, c.G_WAITING)
        s[g + c.G_STATUS] = c.GO_WAITING
    else:
        row += c.EVENT
        emit(s, row, c.GO_DESTROY, time, m)
        g_changes(s, row, g, c.G_RUNNING, c.G_NOT_EXIST)
        end_g(s, g)
    bind_g(s, m, NONE)
    s[other + c.G_STATUS] = c.GO_RUNNING
    s[other + c.G_SEQ] = s[cur + c.C_A1]
    row += c.EVENT
    emit(s, row, c.GO_START, time, m)
    g_changes(s, row, other, c.G_RUNNABLE, c.G_RUNNING)
    bind_g(s, m, other)
    return ADVANCED


@kernel
def go_syscall_begin(s: Int64s, cur: int, row: int) -> int:
    """The running goroutine enters a syscall and keeps its proc."""
    g = _g_in(s, cur, MUST, c.GO_RUNNING)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    p = s[m + c.M_P]
    # A sequence number of the proc: which syscall it is stolen from stays clear even when clocks are not.
    if s[p + c.P_GEN] != s[c.GENERATION] or s[cur + c.C_A0] != s[p + c.P_SEQ] + 1:
        return fail(s, cur, BAD_SEQUENCE, s[cur + c.C_A0], s[p + c.P_SEQ] + 1)
    s[g + c.G_STATUS] = c.GO_SYSCALL
    s[p + c.P_STATUS] = c.PROC_SYSCALL
    s[p + c.P_SEQ] = s[cur + c.C_A0]
    stack = find_stack(s, cur, s[cur + c.C_A1])
    if stack < 0:
        return FAILED
    emit(s, row, c.GO_SYSCALL_BEGIN, s[cur + c.C_TIME], m)
    s[row + c.STACK_AT] = s[row + c.STACK2] = stack
    g_changes(s, row, g, c.G_RUNNING, c.G_SYSCALL)
    return ADVANCED


@kernel
def go_syscall_end(s: Int64s, cur: int, row: int) -> int:
    """A syscall ends with the proc it began with."""
    g = _g_in(s, cur, MUST, c.GO_SYSCALL)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    p = s[m + c.M_P]
    if s[p + c.P_STATUS] != c.PROC_SYSCALL:
        return fail(s, cur, PROC_NOT_IN_SYSCALL, s[p + c.P_ID], s[p + c.P_STATUS])
    s[g + c.G_STATUS] = c.GO_RUNNING
    s[p + c.P_STATUS] = c.PROC_RUNNING
    emit(s, row, c.GO_SYSCALL_END, s[cur + c.C_TIME], m)
    g_changes(s, row, g, c.G_SYSCALL, c.G_RUNNING)
    return ADVANCED


@kernel
def go_syscall_end_blocked(s: Int64s, cur: int, row: int) -> int:
    """A syscall ends without its proc: the goroutine has to wait for another."""
    m = s[cur + c.C_M]
    # The proc was lost in this syscall: as long as the thread has it, its stop or theft has to come first.
    if m >= 0 and s[m + c.M_P] >= 0 and s[s[m + c.M_P] + c.P_STATUS] == c.PROC_SYSCALL:
        return WAITS
    g = _g_in(s, cur, MAY, c.GO_SYSCALL)
    if g < 0:
        return FAILED
    s[g + c.G_STATUS] = c.GO_RUNNABLE
    emit(s, row, c.GO_SYSCALL_END_BLOCKED, s[cur + c.C_TIME], m)
    g_changes(s, row, g, c.G_SYSCALL, c.G_RUNNABLE)
    bind_g(s, m, NONE)
    return ADVANCED


@kernel
def go_create_syscall(s: Int64s, cur: int, row: int) -> int:
    """A C thread calls into Go: its goroutine is made in a syscall."""
    if check(s, cur, MAY, MUST_NOT) != ADVANCED:
        return FAILED
    identity = s[cur + c.C_A0]
    if find_g(s, identity) >= 0:
        return fail(s, cur, GOROUTINE_EXISTS, identity, 0)
    g = new_g(s, identity, c.GO_SYSCALL)
    emit(s, row, c.GO_CREATE_SYSCALL, s[cur + c.C_TIME], s[cur + c.C_M])
    g_changes(s, row, g, c.G_NOT_EXIST, c.G_SYSCALL)
    bind_g(s, s[cur + c.C_M], g)
    return ADVANCED


@kernel
def go_destroy_syscall(s: Int64s, cur: int, row: int) -> int:
    """The call from C ends. The thread's id may be used anew, so its proc, if it has one, counts as left behind."""
    g = _g_in(s, cur, MAY, c.GO_SYSCALL)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    p = s[m + c.M_P]
    if p >= 0:
        if s[p + c.P_STATUS] != c.PROC_SYSCALL:
            return fail(s, cur, PROC_NOT_IN_SYSCALL, s[p + c.P_ID], s[p + c.P_STATUS])
        s[p + c.P_STATUS] = c.PROC_SYSCALL_ABANDONED
        emit(s, row, c.PROC_STEAL, s[cur + c.C_TIME], m)
        p_changes(s, row, p, c.P_RUNNING, c.P_IDLE)
        row += c.EVENT
    emit(s, row, c.GO_DESTROY_SYSCALL, s[cur + c.C_TIME], m)
    g_changes(s, row, g, c.G_SYSCALL, c.G_NOT_EXIST)
    end_g(s, g)
    bind_g(s, m, NONE)
    s[m + c.M_P] = NONE
    return ADVANCED
