"""The garbage collector, the heap and stopped worlds."""

from __future__ import annotations

from pipeline.kernels import kernel
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import (
    ADVANCED,
    FAILED,
    GC_ACTIVE_LATE,
    GC_IN_PROGRESS,
    GC_NOT_IN_PROGRESS,
    GC_UNKNOWN,
    MAY,
    MUST,
    NO_SUCH_GOROUTINE,
    NO_SUCH_PROC,
    NONE,
    RANGE_NOT_OPEN,
    RANGE_OPEN,
    TOO_MANY_STOPS,
    WAITS,
    check,
    emit,
    fail,
    find_g,
    find_p,
    find_stack,
    find_text,
    in_first_generation,
    known_g,
    remove_stop,
)
from pipeline.values import Int64s


@kernel
def gc_active(s: Int64s, cur: int, row: int) -> int:
    """A GC runs already as a generation begins."""
    if in_first_generation(s):
        if s[c.GC_STATE] != c.GC_UNDETERMINED:
            return fail(s, cur, GC_ACTIVE_LATE, 0, 0)
        s[c.GC_SINCE] = NONE
        s[c.GC_STACK] = 0
    else:
        if s[cur + c.C_A0] != s[c.GC_SEQ] + 1:
            return WAITS
        if s[c.GC_STATE] != c.GC_RUNNING:
            return fail(s, cur, GC_NOT_IN_PROGRESS, 0, 0)
        if check(s, cur, MUST, MUST) != ADVANCED:
            return FAILED
    s[c.GC_SEQ] = s[cur + c.C_A0]
    s[c.GC_STATE] = c.GC_RUNNING
    emit(s, row, c.GC_ACTIVE, s[cur + c.C_TIME], s[cur + c.C_M])
    return ADVANCED


@kernel
def gc_begin(s: Int64s, cur: int, row: int) -> int:
    """A GC begins: the next in sequence, or the first that the trace tells of."""
    if s[c.GC_STATE] != c.GC_UNDETERMINED:
        if s[cur + c.C_A0] != s[c.GC_SEQ] + 1:
            return WAITS
        if s[c.GC_STATE] == c.GC_RUNNING:
            return fail(s, cur, GC_IN_PROGRESS, 0, 0)
        if check(s, cur, MUST, MUST) != ADVANCED:
            return FAILED
    stack = find_stack(s, cur, s[cur + c.C_A1])
    if stack < 0:
        return FAILED
    s[c.GC_SEQ] = s[cur + c.C_A0]
    s[c.GC_STATE] = c.GC_RUNNING
    emit(s, row, c.GC_BEGIN, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.STACK_AT] = stack
    s[c.GC_SINCE] = s[row + c.TIME]
    s[c.GC_STACK] = stack
    return ADVANCED


@kernel
def gc_end(s: Int64s, cur: int, row: int) -> int:
    """A GC ends: the next in sequence."""
    if s[cur + c.C_A0] != s[c.GC_SEQ] + 1:
        return WAITS
    if s[c.GC_STATE] == c.GC_NOT_RUNNING:
        return fail(s, cur, GC_NOT_IN_PROGRESS, 0, 0)
    if s[c.GC_STATE] == c.GC_UNDETERMINED:
        return fail(s, cur, GC_UNKNOWN, 0, 0)
    if check(s, cur, MUST, MUST) != ADVANCED:
        return FAILED
    s[c.GC_SEQ] = s[cur + c.C_A0]
    s[c.GC_STATE] = c.GC_NOT_RUNNING
    emit(s, row, c.GC_END, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.OPENED] = s[c.GC_SINCE]
    s[row + c.OPENED_STACK] = s[c.GC_STACK]
    return ADVANCED


@kernel
def sweep(s: Int64s, cur: int, row: int) -> int:
    """A proc begins or ends to sweep."""
    if check(s, cur, MUST, MAY) != ADVANCED:
        return FAILED
    m = s[cur + c.C_M]
    p = s[m + c.M_P]
    is_begin = s[cur + c.C_TYPE] == c.GC_SWEEP_BEGIN
    if is_begin and s[p + c.P_SWEEP] != 0:
        return fail(s, cur, RANGE_OPEN, s[p + c.P_ID], 0)
    if not is_begin and s[p + c.P_SWEEP] == 0:
        return fail(s, cur, RANGE_NOT_OPEN, s[p + c.P_ID], 0)
    stack = find_stack(s, cur, s[cur + c.C_A0]) if is_begin else 0
    if stack < 0:
        return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], m)
    s[row + c.RESOURCE] = s[p + c.P_ID]
    s[row + c.STACK_AT] = stack
    if is_begin:
        s[p + c.P_SWEEP] = 1
        s[p + c.P_SWEEP_SINCE] = s[row + c.TIME]
        s[p + c.P_SWEEP_STACK] = stack
    else:
        s[row + c.VALUE] = s[cur + c.C_A0]
        s[row + c.VALUE2] = s[cur + c.C_A1]
        s[row + c.OPENED] = s[p + c.P_SWEEP_SINCE]
        s[row + c.OPENED_STACK] = s[p + c.P_SWEEP_STACK]
        s[p + c.P_SWEEP] = 0
    return ADVANCED


@kernel
def sweep_active(s: Int64s, cur: int, row: int) -> int:
    """A proc sweeps already as a generation begins."""
    p = find_p(s, s[cur + c.C_A0])
    if p < 0:
        return fail(s, cur, NO_SUCH_PROC, s[cur + c.C_A0], 0)
    is_first = in_first_generation(s)
    if is_first and s[p + c.P_SWEEP] != 0:
        return fail(s, cur, RANGE_OPEN, s[p + c.P_ID], 0)
    if not is_first and s[p + c.P_SWEEP] == 0:
        return fail(s, cur, RANGE_NOT_OPEN, s[p + c.P_ID], 0)
    if is_first:
        s[p + c.P_SWEEP] = 1
        s[p + c.P_SWEEP_SINCE] = NONE
        s[p + c.P_SWEEP_STACK] = 0
    emit(s, row, c.GC_SWEEP_ACTIVE, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.RESOURCE] = s[cur + c.C_A0]
    return ADVANCED


@kernel
def assist(s: Int64s, cur: int, row: int) -> int:
    """The running goroutine begins or ends to assist the GC."""
    g = known_g(s, cur, MUST)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    is_begin = s[cur + c.C_TYPE] == c.GC_MARK_ASSIST_BEGIN
    if is_begin and s[g + c.G_ASSIST] != 0:
        return fail(s, cur, RANGE_OPEN, s[g + c.G_ID], 0)
    if not is_begin and s[g + c.G_ASSIST] == 0:
        return fail(s, cur, RANGE_NOT_OPEN, s[g + c.G_ID], 0)
    stack = find_stack(s, cur, s[cur + c.C_A0]) if is_begin else 0
    if stack < 0:
        return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], m)
    s[row + c.RESOURCE] = s[g + c.G_ID]
    s[row + c.STACK_AT] = stack
    if is_begin:
        s[g + c.G_ASSIST] = 1
        s[g + c.G_ASSIST_SINCE] = s[row + c.TIME]
        s[g + c.G_ASSIST_STACK] = stack
    else:
        s[row + c.OPENED] = s[g + c.G_ASSIST_SINCE]
        s[row + c.OPENED_STACK] = s[g + c.G_ASSIST_STACK]
        s[g + c.G_ASSIST] = 0
        s[g + c.G_ASSIST_STACK] = 0
    return ADVANCED


@kernel
def assist_active(s: Int64s, cur: int, row: int) -> int:
    """A goroutine assists already as a generation begins."""
    g = find_g(s, s[cur + c.C_A0])
    if g < 0:
        return fail(s, cur, NO_SUCH_GOROUTINE, s[cur + c.C_A0], 0)
    is_first = in_first_generation(s)
    if is_first and s[g + c.G_ASSIST] != 0:
        return fail(s, cur, RANGE_OPEN, s[g + c.G_ID], 0)
    if not is_first and s[g + c.G_ASSIST] == 0:
        return fail(s, cur, RANGE_NOT_OPEN, s[g + c.G_ID], 0)
    if is_first:
        s[g + c.G_ASSIST] = 1
        s[g + c.G_ASSIST_SINCE] = NONE
        s[g + c.G_ASSIST_STACK] = 0
    emit(s, row, c.GC_MARK_ASSIST_ACTIVE, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.RESOURCE] = s[cur + c.C_A0]
    return ADVANCED


@kernel
def stw_begin(s: Int64s, cur: int, row: int) -> int:
    """The running goroutine stops the world."""
    g = known_g(s, cur, MUST)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    stack = find_stack(s, cur, s[cur + c.C_A1])
    if stack < 0:
        return FAILED
    text = find_text(s, cur, s[cur + c.C_A0])
    if text < 0:
        return FAILED
    for stop in range(s[c.STOPS + c.AT], s[c.STOPS + c.END], c.STOP):
        if s[stop + c.STOP_G] == s[m + c.M_G] and s[stop + c.STOP_TEXT] == text:
            return fail(s, cur, RANGE_OPEN, s[m + c.M_G], 0)
    stop = s[c.STOPS + c.END]
    if stop == s[c.STOPS + c.ROOM]:
        return fail(s, cur, TOO_MANY_STOPS, c.MOST_STOPS, 0)
    emit(s, row, c.STW_BEGIN, s[cur + c.C_TIME], m)
    s[row + c.RESOURCE] = s[m + c.M_G]
    s[row + c.TEXT] = text
    s[row + c.STACK_AT] = stack
    s[stop + c.STOP_G] = s[m + c.M_G]
    s[stop + c.STOP_TEXT] = text
    s[stop + c.STOP_SINCE] = s[row + c.TIME]
    s[stop + c.STOP_STACK] = stack
    s[c.STOPS + c.END] += c.STOP
    s[g + c.G_STOPS] += 1
    return ADVANCED


@kernel
def stw_end(s: Int64s, cur: int, row: int) -> int:
    """It starts the world that it stopped first."""
    g = known_g(s, cur, MUST)
    if g < 0:
        return FAILED
    m = s[cur + c.C_M]
    for stop in range(s[c.STOPS + c.AT], s[c.STOPS + c.END], c.STOP):
        if s[stop + c.STOP_G] == s[m + c.M_G]:
            emit(s, row, c.STW_END, s[cur + c.C_TIME], m)
            s[row + c.RESOURCE] = s[m + c.M_G]
            s[row + c.TEXT] = s[stop + c.STOP_TEXT]
            s[row + c.OPENED] = s[stop + c.STOP_SINCE]
            s[row + c.OPENED_STACK] = s[stop + c.STOP_STACK]
            s[row + c.OPENED_TEXT] = s[stop + c.STOP_TEXT]
            remove_stop(s, stop)
            s[g + c.G_STOPS] -= 1
            return ADVANCED
    return fail(s, cur, RANGE_NOT_OPEN, s[m + c.M_G], 0)


@kernel
def heap_metric(s: Int64s, cur: int, row: int) -> int:
    """HeapAlloc and HeapGoal: a number of the heap's."""
    if check(s, cur, MUST, MAY) != ADVANCED:
        return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.VALUE] = s[cur + c.C_A0]
    return ADVANCED


@kernel
def allocation(s: Int64s, cur: int, row: int) -> int:
    """The events of GODEBUG=traceallocfree=1: nothing changes."""
    if check(s, cur, MAY, MAY) != ADVANCED:
        return FAILED
    kind = s[cur + c.C_TYPE]
    emit(s, row, kind, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.RESOURCE] = s[cur + c.C_A0]
    if c.ARGUMENTS[kind] > 1:
        s[row + c.VALUE] = s[cur + c.C_A1]
    if c.ARGUMENTS[kind] > 2:
        s[row + c.VALUE2] = s[cur + c.C_A2]
    return ADVANCED
