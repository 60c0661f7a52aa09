"""What is known of goroutines, procs, threads, regions and tasks while the events of a trace are put in order.

All of it lies in one array of 64-bit numbers, `s`, and a row is named by its place there: a compiled function that is
given many arrays spends its time on counting references to them. kernels/trace/columns.py says what lies where. None
of these functions makes room: the caller has seen to it (see order.py).
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.kernels.pointers import pointer
from pipeline.kernels.trace import columns as c
from pipeline.values import Int64s

# What a rule says: its event has to wait for another thread's, is in order, or can never be.
WAITS, ADVANCED, FAILED = 0, 1, 2
# What an event asks of its thread's proc or goroutine.
MUST_NOT, MAY, MUST = 0, 1, 2
NONE = -1
# An id that nothing alive has: its row is free.
FREE = -(2**63)

# Why no order can be right.
BAD_TYPE, NO_TIME, BAD_TIME, BAD_ARGUMENT, NOT_ORDERED = 50, 51, 52, 53, 54
NEEDS_THREAD, NEEDS_PROC, NEEDS_GOROUTINE, HAS_PROC, HAS_GOROUTINE = 55, 56, 57, 58, 59
BAD_PROC_STATUS, OTHER_PROC_STATUS, NO_SUCH_PROC, PROC_NOT_RUNNING, NO_CONTEXT = 60, 61, 62, 63, 64
STOLEN_FROM_NOBODY, STOLE_ANOTHER = 65, 66
BAD_GO_STATUS, OTHER_GO_STATUS, LATE_GOROUTINE, SYSCALL_WITHOUT_THREAD, OTHER_THREAD = 67, 68, 69, 70, 71
NO_SUCH_GOROUTINE, GOROUTINE_NOT_RUNNING, GOROUTINE_NOT_IN_SYSCALL, GOROUTINE_EXISTS = 72, 73, 74, 75
BAD_SEQUENCE, PROC_NOT_IN_SYSCALL, TASK_EXISTS, REGION_MISUSED = 76, 77, 78, 79
RANGE_OPEN, RANGE_NOT_OPEN, TOO_MANY_STOPS = 80, 81, 82
GC_ACTIVE_LATE, GC_NOT_IN_PROGRESS, GC_IN_PROGRESS, GC_UNKNOWN = 83, 84, 85, 86
BAD_STACK, BAD_TEXT, NOTHING_ADVANCES, TOO_MANY_TRIES, SAMPLE_WITHOUT_STACK = 87, 88, 89, 90, 91


# Rows by id ----------------------------------------------------------------------------------------------------------


@kernel
def _home(s: Int64s, identity: int, mask: int) -> int:
    # The factor is drawn at random: nobody can write a file whose ids all have one home.
    return np.int64((np.uint64(identity) * np.uint64(s[c.FACTOR])) >> np.uint64(32)) & mask


@inlined
def _find(s: Int64s, index: int, mask: int, identity: int) -> int:
    """The row whose first column is `identity`, or NONE."""
    at = _home(s, identity, mask)
    while s[index + at] != 0:
        row = s[index + at]
        if s[row] == identity:
            return row
        at = (at + 1) & mask
    return NONE


@kernel
def _enter(s: Int64s, index: int, mask: int, row: int) -> None:
    at = _home(s, s[row], mask)
    while s[index + at] != 0:
        at = (at + 1) & mask
    s[index + at] = row


@kernel
def _leave(s: Int64s, index: int, mask: int, row: int) -> None:
    """Take a row out: what stands behind it moves up, so that no look-up meets a gap."""
    at = _home(s, s[row], mask)
    while s[index + at] != row:
        at = (at + 1) & mask
    gap = at
    at = (at + 1) & mask
    while s[index + at] != 0:
        home = _home(s, s[s[index + at]], mask)
        if ((at - home) & mask) >= ((at - gap) & mask):
            s[index + gap] = s[index + at]
            gap = at
        at = (at + 1) & mask
    s[index + gap] = 0


@kernel
def enter_all(memory: Int64s, table: int) -> None:
    """Enter every row of a table that is in use into its look-up, which is empty."""
    s = pointer(memory)
    for row in range(s[table + c.AT], s[table + c.END], s[table + c.WIDTH]):
        if s[row] != FREE:
            _enter(s, s[table + c.INDEX], s[table + c.MASK], row)


@kernel
def _new_row(s: Int64s, table: int) -> int:
    """A row that is free, all zero: one that was given back, or the next."""
    row = s[table + c.FREED]
    if row != 0:
        s[table + c.FREED] = s[row + 1]
    else:
        row = s[table + c.END]
        s[table + c.END] += s[table + c.WIDTH]
    for at in range(row, row + s[table + c.WIDTH]):
        s[at] = 0
    return row


@kernel
def _give_back(s: Int64s, table: int, row: int) -> None:
    """The row is free: it refers to nothing but the next free one."""
    for at in range(row, row + s[table + c.WIDTH]):
        s[at] = 0
    s[row] = FREE
    s[row + 1] = s[table + c.FREED]
    s[table + c.FREED] = row


@inlined
def find_g(s: Int64s, identity: int) -> int:
    """The row of a goroutine, or NONE."""
    return _find(s, s[c.GS + c.INDEX], s[c.GS + c.MASK], identity)


@kernel
def find_p(s: Int64s, identity: int) -> int:
    """The row of a proc, or NONE."""
    return _find(s, s[c.PS + c.INDEX], s[c.PS + c.MASK], identity)


@kernel
def find_m(s: Int64s, identity: int) -> int:
    """The row of a thread, or NONE."""
    return _find(s, s[c.MS + c.INDEX], s[c.MS + c.MASK], identity)


@kernel
def find_task(s: Int64s, identity: int) -> int:
    """The row of an active task, or NONE."""
    return _find(s, s[c.TASKS + c.INDEX], s[c.TASKS + c.MASK], identity)


@kernel
def new_g(s: Int64s, identity: int, status: int) -> int:
    """The row of a new goroutine."""
    row = _new_row(s, c.GS)
    s[row + c.G_ID] = identity
    s[row + c.G_STATUS] = status
    s[row + c.G_GEN] = s[c.GENERATION]
    s[row + c.G_SINCE] = NONE
    s[row + c.G_ASSIST_SINCE] = NONE
    _enter(s, s[c.GS + c.INDEX], s[c.GS + c.MASK], row)
    return row


@kernel
def end_g(s: Int64s, row: int) -> None:
    """Forget a goroutine and what is open in it."""
    while s[row + c.G_REGION] != 0:
        end_region(s, row)
    if s[row + c.G_STOPS] != 0:
        for stop in range(s[c.STOPS + c.END] - c.STOP, s[c.STOPS + c.AT] - 1, -c.STOP):
            if s[stop + c.STOP_G] == s[row + c.G_ID]:
                remove_stop(s, stop)
    _leave(s, s[c.GS + c.INDEX], s[c.GS + c.MASK], row)
    _give_back(s, c.GS, row)


@kernel
def new_p(s: Int64s, identity: int, status: int) -> int:
    """The row of a new proc."""
    row = _new_row(s, c.PS)
    s[row + c.P_ID] = identity
    s[row + c.P_STATUS] = status
    s[row + c.P_SINCE] = NONE
    _enter(s, s[c.PS + c.INDEX], s[c.PS + c.MASK], row)
    return row


@kernel
def enter_m(s: Int64s, identity: int) -> int:
    """The row of a thread, made when it is new."""
    row = find_m(s, identity)
    if row < 0:
        row = _new_row(s, c.MS)
        s[row + c.M_ID] = identity
        s[row + c.M_P] = s[row + c.M_G] = s[row + c.M_G_ROW] = NONE
        _enter(s, s[c.MS + c.INDEX], s[c.MS + c.MASK], row)
    return row


@kernel
def new_task(s: Int64s, identity: int) -> int:
    """The row of a task that begins."""
    row = _new_row(s, c.TASKS)
    s[row + c.T_ID] = identity
    _enter(s, s[c.TASKS + c.INDEX], s[c.TASKS + c.MASK], row)
    return row


@kernel
def end_task(s: Int64s, row: int) -> None:
    """Forget a task."""
    _leave(s, s[c.TASKS + c.INDEX], s[c.TASKS + c.MASK], row)
    _give_back(s, c.TASKS, row)


@kernel
def new_region(s: Int64s, g: int) -> int:
    """The row of a region that begins in a goroutine, inside those that are open there."""
    row = _new_row(s, c.REGIONS)
    s[row + c.R_OUTER] = s[g + c.G_REGION]
    s[g + c.G_REGION] = row
    return row


@kernel
def end_region(s: Int64s, g: int) -> None:
    """Forget a goroutine's innermost region."""
    row = s[g + c.G_REGION]
    s[g + c.G_REGION] = s[row + c.R_OUTER]
    _give_back(s, c.REGIONS, row)


@kernel
def remove_stop(s: Int64s, stop: int) -> None:
    """Forget a stopped world; those that began later move up."""
    end = s[c.STOPS + c.END] - c.STOP
    for at in range(stop, end):
        s[at] = s[at + c.STOP]
    s[c.STOPS + c.END] = end


@inlined
def g_of(s: Int64s, m: int) -> int:
    """The row of a thread's goroutine, or NONE when it has none or that goroutine is gone."""
    identity = s[m + c.M_G]
    if identity == NONE:
        return NONE
    row = s[m + c.M_G_ROW]
    return row if row >= 0 and s[row + c.G_ID] == identity else find_g(s, identity)


@kernel
def fail(s: Int64s, cur: int, status: int, found: int, expected: int) -> int:
    """Write down why the event that a thread has next can never be in order."""
    s[c.FAULT] = status
    s[c.FAULT_POSITION] = s[cur + c.C_POSITION]
    s[c.FAULT_TYPE] = s[cur + c.C_TYPE]
    s[c.FAULT_FOUND] = found
    s[c.FAULT_EXPECTED] = expected
    return FAILED


@inlined
def check(s: Int64s, cur: int, proc: int, goroutine: int) -> int:
    """Whether the event has a thread, and that what the event asks: ADVANCED when it does."""
    m = s[cur + c.C_M]
    if m < 0:
        return fail(s, cur, NEEDS_THREAD, 0, 0)
    has_p = s[m + c.M_P] != NONE
    has_g = s[m + c.M_G] != NONE
    if proc == MUST and not has_p:
        return fail(s, cur, NEEDS_PROC, 0, 0)
    if proc == MUST_NOT and has_p:
        return fail(s, cur, HAS_PROC, s[s[m + c.M_P] + c.P_ID], 0)
    if goroutine == MUST and not has_g:
        return fail(s, cur, NEEDS_GOROUTINE, 0, 0)
    if goroutine == MUST_NOT and has_g:
        return fail(s, cur, HAS_GOROUTINE, s[m + c.M_G], 0)
    return ADVANCED


@inlined
def known_g(s: Int64s, cur: int, proc: int) -> int:
    """The row of the goroutine on the event's thread, or NONE after saying why there is none."""
    if check(s, cur, proc, MUST) != ADVANCED:
        return NONE
    m = s[cur + c.C_M]
    row = g_of(s, m)
    if row < 0:
        fail(s, cur, NO_SUCH_GOROUTINE, s[m + c.M_G], 0)
    return row


@inlined
def bind_g(s: Int64s, m: int, g: int) -> None:
    """Give a thread a goroutine, or NONE."""
    s[m + c.M_G] = s[g + c.G_ID] if g >= 0 else NONE
    s[m + c.M_G_ROW] = g


# Stacks and texts by id ----------------------------------------------------------------------------------------------


@inlined
def _numbered(s: Int64s, table: int, identity: int) -> int:
    """The number behind an id: 0 for id 0, NONE when there is none."""
    if np.uint64(identity) < np.uint64(s[table + c.DENSE]):
        return s[s[table + c.AT] + identity]
    if identity == 0:
        return 0
    if s[table + c.DENSE] != 0:
        return NONE
    low, high = s[table + c.AT], s[table + c.END]
    while low < high:
        middle = (low + high) // 2
        if s[middle] < identity:
            low = middle + 1
        else:
            high = middle
    if low < s[table + c.END] and s[low] == identity:
        return s[low - s[table + c.AT] + s[table + c.END]]
    return NONE


@inlined
def find_text(s: Int64s, cur: int, identity: int) -> int:
    """The text with an id, or NONE after saying so; equal texts have one number."""
    text = _numbered(s, c.TEXTS, identity)
    if text < 0:
        fail(s, cur, BAD_TEXT, identity, 0)
    return text


@inlined
def find_stack(s: Int64s, cur: int, identity: int) -> int:
    """The stack with an id, or NONE after saying so."""
    stack = _numbered(s, c.STACKS_BY_ID, identity)
    if stack < 0:
        fail(s, cur, BAD_STACK, identity, 0)
    return stack


# What every rule does --------------------------------------------------------------------------------------------------


@inlined
def emit(s: Int64s, row: int, wire: int, time: int, m: int) -> int:
    """Begin a row for an event in the context of thread `m`; the rule fills in the rest. No two events have one time."""
    last = s[c.LAST_TIME]
    if time <= last:
        time = last + 1
    s[c.LAST_TIME] = time
    s[row + c.TIME] = time
    s[row + c.WIRE] = wire
    if m >= 0:
        p = s[m + c.M_P]
        s[row + c.THREAD] = s[m + c.M_ID]
        s[row + c.PROC] = s[p + c.P_ID] if p >= 0 else NONE
        s[row + c.GOROUTINE] = s[m + c.M_G]
    else:
        s[row + c.THREAD] = s[row + c.PROC] = s[row + c.GOROUTINE] = NONE
    s[row + c.RESOURCE] = NONE
    s[row + c.VALUE] = 0
    s[row + c.VALUE2] = 0
    s[row + c.TEXT] = 0
    s[row + c.TEXT2] = 0
    s[row + c.STACK_AT] = 0
    s[row + c.STACK2] = 0
    s[row + c.STATES] = 0
    s[row + c.OPENED] = NONE
    s[row + c.OPENED_STACK] = 0
    s[row + c.OPENED_TEXT] = 0
    return row


@inlined
def g_changes(s: Int64s, row: int, g: int, before: int, after: int) -> None:
    """Write a goroutine's change of state into a row whose STACK_AT and TEXT are there, and remember when it was."""
    s[row + c.RESOURCE] = s[g + c.G_ID]
    s[row + c.STATES] = before | after << c.STATE_BITS | s[g + c.G_RAN] * c.HAS_RUN
    if after == c.G_RUNNING:
        s[g + c.G_RAN] = 1
    s[row + c.OPENED] = s[g + c.G_SINCE]
    s[row + c.OPENED_STACK] = s[g + c.G_SINCE_STACK]
    s[row + c.OPENED_TEXT] = s[g + c.G_SINCE_TEXT]
    s[g + c.G_SINCE] = s[row + c.TIME]
    s[g + c.G_SINCE_STACK] = s[row + c.STACK_AT]
    s[g + c.G_SINCE_TEXT] = s[row + c.TEXT]


@kernel
def p_changes(s: Int64s, row: int, p: int, before: int, after: int) -> None:
    """The same for a proc."""
    s[row + c.RESOURCE] = s[p + c.P_ID]
    s[row + c.STATES] = before | after << c.STATE_BITS
    s[row + c.OPENED] = s[p + c.P_SINCE]
    s[p + c.P_SINCE] = s[row + c.TIME]


@kernel
def stays(s: Int64s, row: int, identity: int, state: int) -> None:
    """A status that tells what was known."""
    s[row + c.RESOURCE] = identity
    s[row + c.STATES] = state | state << c.STATE_BITS


@kernel
def in_first_generation(s: Int64s) -> bool:
    """Whether the trace may still tell of what began before it."""
    return s[c.GENERATION] == s[c.FIRST_GENERATION]
