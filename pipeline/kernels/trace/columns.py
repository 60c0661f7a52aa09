"""Where things stand in the arrays that the kernels of Go execution traces share: batches, state, ordered events.

Numbers of events and states are Go's: internal/trace/tracev2/events.go and internal/trace/resources.go.
"""

from __future__ import annotations

import numpy as np

# Wire event types. The boundary of a generation has no type on the wire.
SYNC_EVENT = 0
EVENT_BATCH = 1
STACKS, STACK = 2, 3
STRINGS, STRING = 4, 5
CPU_SAMPLES, CPU_SAMPLE = 6, 7
FREQUENCY = 8
PROCS_CHANGE = 9
PROC_START, PROC_STOP, PROC_STEAL, PROC_STATUS = 10, 11, 12, 13
GO_CREATE, GO_CREATE_SYSCALL = 14, 15
GO_START, GO_DESTROY, GO_DESTROY_SYSCALL = 16, 17, 18
GO_STOP, GO_BLOCK, GO_UNBLOCK = 19, 20, 21
GO_SYSCALL_BEGIN, GO_SYSCALL_END, GO_SYSCALL_END_BLOCKED = 22, 23, 24
GO_STATUS = 25
STW_BEGIN, STW_END = 26, 27
GC_ACTIVE, GC_BEGIN, GC_END = 28, 29, 30
GC_SWEEP_ACTIVE, GC_SWEEP_BEGIN, GC_SWEEP_END = 31, 32, 33
GC_MARK_ASSIST_ACTIVE, GC_MARK_ASSIST_BEGIN, GC_MARK_ASSIST_END = 34, 35, 36
HEAP_ALLOC, HEAP_GOAL = 37, 38
GO_LABEL = 39
USER_TASK_BEGIN, USER_TASK_END = 40, 41
USER_REGION_BEGIN, USER_REGION_END = 42, 43
USER_LOG = 44
GO_SWITCH, GO_SWITCH_DESTROY = 45, 46
GO_CREATE_BLOCKED = 47
GO_STATUS_STACK = 48
EXPERIMENTAL_BATCH = 49
SYNC = 50
CLOCK_SNAPSHOT = 51
END_OF_GENERATION = 52
SPAN, SPAN_ALLOC, SPAN_FREE = 128, 129, 130
HEAP_OBJECT, HEAP_OBJECT_ALLOC, HEAP_OBJECT_FREE = 131, 132, 133
GOROUTINE_STACK, GOROUTINE_STACK_ALLOC, GOROUTINE_STACK_FREE = 134, 135, 136
END_OF_TYPES = 137

# Arguments behind the time of each type that stands in a batch of events.
UNTIMED = 255
ARGUMENTS = np.full(END_OF_TYPES, UNTIMED, np.uint8)
ARGUMENTS[PROCS_CHANGE : GO_SWITCH + 4] = (
    2, 2, 0, 3, 2, 3, 1, 2, 0, 0, 2, 2, 3, 2, 0, 0, 3, 2, 0, 1, 2, 1, 1, 1, 2, 1, 1, 0, 1, 1, 1, 4, 2, 3, 3, 4, 2, 2, 3, 4,
)  # fmt: skip
ARGUMENTS[CLOCK_SNAPSHOT] = 3
ARGUMENTS[SPAN:END_OF_TYPES] = (3, 3, 1, 2, 2, 1, 2, 2, 1)

# Types that may make something: a goroutine, a proc, a thread, a region, a task.
MAKES = np.zeros(END_OF_TYPES, np.bool_)
MAKES[[PROC_STATUS, GO_STATUS, GO_STATUS_STACK, GO_CREATE, GO_CREATE_SYSCALL, GO_CREATE_BLOCKED]] = True
MAKES[[USER_TASK_BEGIN, USER_REGION_BEGIN]] = True

# What a goroutine does, as a status says it; and a proc.
GO_RUNNABLE, GO_RUNNING, GO_SYSCALL, GO_WAITING = 1, 2, 3, 4
PROC_RUNNING, PROC_IDLE, PROC_SYSCALL, PROC_SYSCALL_ABANDONED = 1, 2, 3, 4
# What a goroutine does, as ordered events say it.
G_UNDETERMINED, G_NOT_EXIST, G_RUNNABLE, G_RUNNING, G_WAITING, G_SYSCALL = 0, 1, 2, 3, 4, 5
# And a proc.
P_UNDETERMINED, P_NOT_EXIST, P_RUNNING, P_IDLE = 0, 1, 2, 3

# Columns of a batch: where its data begins and ends, its thread, its time in clock units, what it is.
BATCH_START, BATCH_END, BATCH_THREAD, BATCH_TIME, BATCH_KIND, BATCH_EXPERIMENT = range(6)
BATCH = 6
# Kinds of batches beyond the wire types of tables and Sync.
ORDINARY = 0
EXPERIMENT = 255

# Columns of an ordered event. All are 64-bit, in one row: a row is two cache lines, and is written once and read once.
#
# TIME          ns on the trace's clock, strictly rising
# WIRE          wire event type, SYNC_EVENT for the boundary of a generation. GoSwitch is followed by the GoBlock and the
#               GoStart it stands for, GoSwitchDestroy by GoDestroy and GoStart; GoDestroySyscall is preceded by the
#               ProcSteal of the proc it leaves behind
# THREAD, PROC, GOROUTINE  where it happened, before its effect; -1 none
# RESOURCE      transitions: the goroutine or proc; ranges: the goroutine or proc they belong to, -1 for the GC's;
#               tasks, regions and logs: the task; 128 to 136: the first argument
# VALUE         metrics: the value; GCSweepEnd: bytes swept; tasks: the parent; 128 to 136: the second argument; Sync: its
#               number, from 1
# VALUE2        GCSweepEnd: bytes reclaimed; Span and SpanAlloc: kind and class
# TEXT          a text of the generation, 0 for "": reason, kind of stop-the-world, label, name, log category
# TEXT2         log message
# STACK         stack of where it happened, a stack of the generation, 0 for none
# STACK2        transitions: where the goroutine is, or where a new one starts
# STATES        transitions: the state before, 16 times the state after (G_… or P_…), and 256 when the goroutine had run
#               in this trace before
# OPENED        ns: when the state, range, task or region that ends here began; -1 when nothing ends or that was not seen
# OPENED_STACK  STACK of the event that opened it
# OPENED_TEXT   TEXT of the event that opened it
(
    TIME, WIRE, THREAD, PROC, GOROUTINE, RESOURCE, VALUE, VALUE2,
    TEXT, TEXT2, STACK_AT, STACK2, STATES, OPENED, OPENED_STACK, OPENED_TEXT,
) = range(16)  # fmt: skip
EVENT = 16
STATE_BITS = 4
STATE = 15
HAS_RUN = 256

# What the order of events goes by is one array of 64-bit numbers. It begins with numbers of its own, then with a header
# for each table in it; the tables follow. A row is named by its place in the array, NONE (-1) or 0 is none.
(
    LAST_TIME, GENERATION, FIRST_GENERATION, SYNCS, GC_SEQ, GC_STATE, GC_SINCE, GC_STACK, FRONTIER, TRIES, FACTOR,
    FAULT, FAULT_POSITION, FAULT_TYPE, FAULT_FOUND, FAULT_EXPECTED,
) = range(16)  # fmt: skip
# A table's header: where its rows begin, where those in use end and where its room does, how wide a row is, a list of
# free rows; where its look-up by id is and its size less one.
AT, END, ROOM, WIDTH, FREED, INDEX, MASK = range(7)
# In place of ROOM for texts and stacks by id: how many numbers a table has that is looked up directly; else 0, and
# from AT to END are sorted ids, behind END what they stand for.
DENSE = ROOM
HEADER = 8
GS, PS, MS, REGIONS, TASKS, STOPS, CURSORS, HEAP, TEXTS, STACKS_BY_ID, ROWS = range(16, 16 + 11 * HEADER, HEADER)
NUMBERS = 16 + 11 * HEADER

# A goroutine. SINCE…: when its state began as far as the trace shows it, and STACK_AT and TEXT of that event.
# ASSIST: 0 not in one, 1 in one since ASSIST_SINCE (-1 unseen). REGION: the innermost open one, STOPS: how many worlds
# it has stopped. RAN: 1 once it has run.
(
    G_ID, G_STATUS, G_GEN, G_SEQ, G_SINCE, G_SINCE_STACK, G_SINCE_TEXT, G_REGION,
    G_ASSIST, G_ASSIST_SINCE, G_ASSIST_STACK, G_STOPS, G_RAN,
) = range(13)  # fmt: skip
G = 16
# A proc; SWEEP as ASSIST.
P_ID, P_STATUS, P_GEN, P_SEQ, P_SINCE, P_SWEEP, P_SWEEP_SINCE, P_SWEEP_STACK = range(8)
P = 8
# A thread: whether it has had an event, its proc's row, its goroutine's id and row; NONE without one.
M_ID, M_KNOWN, M_P, M_G, M_G_ROW = range(5)
M = 8
# An open user region: its task and name, the one around it, when and where it began.
R_TASK, R_OUTER, R_TEXT, R_SINCE, R_STACK = range(5)
R = 8
# An active user task.
T_ID, T_PARENT, T_TEXT, T_SINCE, T_STACK = range(5)
T = 8
# A stopped world: who stopped it, what for, since when, where.
STOP_G, STOP_TEXT, STOP_SINCE, STOP_STACK = range(4)
STOP = 4
MOST_STOPS = 64
# A thread's batches of a generation being read: the next byte and the end of its batch, the next and the last of its
# batches; the event that comes next, with its time as the file says it (0 at the start of a batch), and where it stands.
(
    C_AT, C_END, C_BATCH, C_BATCHES_END, C_M, C_TYPE, C_TIME, C_A0, C_A1, C_A2, C_A3, C_POSITION,
) = range(12)  # fmt: skip
CURSOR = 16
# A CPU sample: when, ns; thread, proc, goroutine, stack.
S_TIME, S_THREAD, S_PROC, S_GOROUTINE, S_STACK = range(5)
SAMPLE = 5

GC_UNDETERMINED, GC_NOT_RUNNING, GC_RUNNING = 0, 1, 2

# What a kernel says of how far it got.
DONE = 0
FULL = 1
GROW = 2
BROKEN = 3
