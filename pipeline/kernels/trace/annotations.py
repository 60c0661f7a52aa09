"""What a program says of itself: tasks, regions, logs, labels."""

from __future__ import annotations

from pipeline.kernels import kernel
from pipeline.kernels.trace import columns as c
from pipeline.kernels.trace.state import (
    ADVANCED,
    FAILED,
    MUST,
    NONE,
    REGION_MISUSED,
    TASK_EXISTS,
    check,
    emit,
    end_region,
    end_task,
    fail,
    find_stack,
    find_task,
    find_text,
    known_g,
    new_region,
    new_task,
)
from pipeline.values import Int64s


@kernel
def user_task_begin(s: Int64s, cur: int, row: int) -> int:
    """A task begins: it is known until it ends, and may not begin again before."""
    identity = s[cur + c.C_A0]
    if find_task(s, identity) >= 0:
        return fail(s, cur, TASK_EXISTS, identity, 0)
    text = find_text(s, cur, s[cur + c.C_A2])
    if text < 0 or check(s, cur, MUST, MUST) != ADVANCED:
        return FAILED
    stack = find_stack(s, cur, s[cur + c.C_A3])
    if stack < 0:
        return FAILED
    # A parent of 0 is none here, not the background task.
    parent = s[cur + c.C_A1] if s[cur + c.C_A1] != 0 else NONE
    emit(s, row, c.USER_TASK_BEGIN, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.RESOURCE] = identity
    s[row + c.VALUE] = parent
    s[row + c.TEXT] = text
    s[row + c.STACK_AT] = stack
    task = new_task(s, identity)
    s[task + c.T_PARENT] = parent
    s[task + c.T_TEXT] = text
    s[task + c.T_SINCE] = s[row + c.TIME]
    s[task + c.T_STACK] = stack
    return ADVANCED


@kernel
def user_task_end(s: Int64s, cur: int, row: int) -> int:
    """A task ends, with the name and the parent it began with; one that began before the trace has neither."""
    if check(s, cur, MUST, MUST) != ADVANCED:
        return FAILED
    stack = find_stack(s, cur, s[cur + c.C_A1])
    if stack < 0:
        return FAILED
    identity = s[cur + c.C_A0]
    emit(s, row, c.USER_TASK_END, s[cur + c.C_TIME], s[cur + c.C_M])
    s[row + c.RESOURCE] = identity
    s[row + c.VALUE] = NONE
    s[row + c.STACK_AT] = stack
    task = find_task(s, identity)
    if task >= 0:
        s[row + c.VALUE] = s[task + c.T_PARENT]
        s[row + c.TEXT] = s[task + c.T_TEXT]
        s[row + c.OPENED] = s[task + c.T_SINCE]
        s[row + c.OPENED_STACK] = s[task + c.T_STACK]
        s[row + c.OPENED_TEXT] = s[task + c.T_TEXT]
        end_task(s, task)
    return ADVANCED


@kernel
def user_region(s: Int64s, cur: int, row: int) -> int:
    """A region of the running goroutine begins, or its innermost one ends."""
    g = known_g(s, cur, MUST)
    if g < 0:
        return FAILED
    m, task = s[cur + c.C_M], s[cur + c.C_A0]
    text = find_text(s, cur, s[cur + c.C_A1])
    if text < 0:
        return FAILED
    region = s[g + c.G_REGION]
    is_begin = s[cur + c.C_TYPE] == c.USER_REGION_BEGIN
    # One that began before the trace ends without having begun.
    if not is_begin and region != 0 and (s[region + c.R_TASK] != task or s[region + c.R_TEXT] != text):
        return fail(s, cur, REGION_MISUSED, s[m + c.M_G], task)
    stack = find_stack(s, cur, s[cur + c.C_A2])
    if stack < 0:
        return FAILED
    emit(s, row, s[cur + c.C_TYPE], s[cur + c.C_TIME], m)
    s[row + c.RESOURCE] = task
    s[row + c.TEXT] = text
    s[row + c.STACK_AT] = stack
    if is_begin:
        region = new_region(s, g)
        s[region + c.R_TASK] = task
        s[region + c.R_TEXT] = text
        s[region + c.R_SINCE] = s[row + c.TIME]
        s[region + c.R_STACK] = stack
    elif region != 0:
        s[row + c.OPENED] = s[region + c.R_SINCE]
        s[row + c.OPENED_STACK] = s[region + c.R_STACK]
        s[row + c.OPENED_TEXT] = s[region + c.R_TEXT]
        end_region(s, g)
    return ADVANCED


@kernel
def annotation(s: Int64s, cur: int, row: int) -> int:
    """ProcsChange, GoLabel and UserLog: nothing changes."""
    if check(s, cur, MUST, MUST) != ADVANCED:
        return FAILED
    kind = s[cur + c.C_TYPE]
    stack = text = text2 = 0
    if kind == c.PROCS_CHANGE:
        stack = find_stack(s, cur, s[cur + c.C_A1])
    elif kind == c.GO_LABEL:
        text = find_text(s, cur, s[cur + c.C_A0])
    else:
        stack = find_stack(s, cur, s[cur + c.C_A3])
        if stack < 0:
            return FAILED
        text = find_text(s, cur, s[cur + c.C_A1])
        if text < 0:
            return FAILED
        text2 = find_text(s, cur, s[cur + c.C_A2])
    if stack < 0 or text < 0 or text2 < 0:
        return FAILED
    emit(s, row, kind, s[cur + c.C_TIME], s[cur + c.C_M])
    if kind == c.PROCS_CHANGE:
        s[row + c.VALUE] = s[cur + c.C_A0]
    elif kind == c.USER_LOG:
        s[row + c.RESOURCE] = s[cur + c.C_A0]
    else:
        s[row + c.RESOURCE] = s[row + c.GOROUTINE]
    s[row + c.STACK_AT] = stack
    s[row + c.TEXT] = text
    s[row + c.TEXT2] = text2
    return ADVANCED
