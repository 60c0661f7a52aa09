"""Events of Go execution traces before Go 1.22, as they stand in the file: numbers, strings, stacks, batches of procs.

internal/trace/internal/tracev1/parser.go of Go 1.27. A byte says an event's type and how many numbers follow. Batches
are those of procs, and what runs on a proc is said by the events that begin and end that alone.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernels import kernel
from pipeline.kernels.trace.tables import F_PC, FRAME
from pipeline.kernels.trace.wire import number
from pipeline.values import Bytes, Int32s, Int64s

BATCH, FREQUENCY, STACK, GOMAXPROCS = 1, 2, 3, 4
PROC_START, PROC_STOP = 5, 6
GC_START, GC_DONE, STW_START, STW_DONE, SWEEP_START, SWEEP_DONE = 7, 8, 9, 10, 11, 12
GO_CREATE, GO_START, GO_END, GO_STOP, GO_SCHED, GO_PREEMPT, GO_SLEEP, GO_BLOCK = 13, 14, 15, 16, 17, 18, 19, 20
GO_UNBLOCK, BLOCK_SEND, BLOCK_RECV, BLOCK_SELECT, BLOCK_SYNC, BLOCK_COND, BLOCK_NET = 21, 22, 23, 24, 25, 26, 27
SYSCALL, SYSCALL_EXIT, SYSCALL_BLOCK, GO_WAITING, GO_IN_SYSCALL = 28, 29, 30, 31, 32
HEAP_ALLOC, HEAP_GOAL, TIMER_GOROUTINE, FUTILE_WAKEUP, STRING = 33, 34, 35, 36, 37
START_LOCAL, UNBLOCK_LOCAL, SYSCALL_EXIT_LOCAL, START_LABEL, BLOCK_GC = 38, 39, 40, 41, 42
ASSIST_START, ASSIST_DONE, TASK_CREATE, TASK_END, REGION, LOG, CPU_SAMPLE = 43, 44, 45, 46, 47, 48, 49
END_OF_TYPES = 50

# How many numbers an event has, time and stack among them; a stack has as many as it says.
NUMBERS = np.array(
    [0, 2, 1, 0, 3, 2, 1, 3, 1, 2, 1, 2, 3, 4, 3, 1, 2, 2, 2, 2, 2, 4, 2, 2, 2,
     2, 2, 2, 2, 4, 1, 2, 2, 2, 2, 1, 1, 2, 2, 3, 3, 4, 2, 2, 1, 5, 3, 5, 4, 5], np.int64,
)  # fmt: skip
# Those that are events with a time, and those of them whose last number is a stack.
IS_TIMED = np.ones(END_OF_TYPES, np.bool_)
IS_TIMED[[0, BATCH, FREQUENCY, STACK, TIMER_GOROUTINE, STRING]] = False
HAS_STACK = np.zeros(END_OF_TYPES, np.bool_)
HAS_STACK[GO_STOP : SYSCALL + 1] = True
HAS_STACK[[GOMAXPROCS, GC_START, SWEEP_START, GO_CREATE, UNBLOCK_LOCAL, BLOCK_GC, ASSIST_START]] = True
HAS_STACK[[TASK_CREATE, TASK_END, REGION, LOG, CPU_SAMPLE]] = True
# Those whose first number names the goroutine, or the task, that they are about.
NAMES_ITS_TARGET = np.zeros(END_OF_TYPES, np.bool_)
NAMES_ITS_TARGET[[GO_CREATE, GO_UNBLOCK, UNBLOCK_LOCAL, SYSCALL_EXIT, SYSCALL_EXIT_LOCAL, TASK_CREATE, TASK_END]] = True
# Those that make a goroutine run on the proc, those after which none does, those of a goroutine that they name.
STARTS, ENDS, NAMES_ITS_GOROUTINE = (np.zeros(END_OF_TYPES, np.bool_) for _ in range(3))
STARTS[[GO_START, START_LOCAL, START_LABEL]] = True
ENDS[GO_END : BLOCK_NET + 1] = True
ENDS[[GO_UNBLOCK]] = False
ENDS[[SYSCALL_BLOCK, BLOCK_GC]] = True
NAMES_ITS_GOROUTINE[[SYSCALL_EXIT, GO_WAITING, GO_IN_SYSCALL]] = True

# Which of their numbers is a goroutine's or a task's id, -1 for none.
NAMED = np.where(STARTS | NAMES_ITS_GOROUTINE | NAMES_ITS_TARGET, 1, -1)
NAMED[[TIMER_GOROUTINE, CPU_SAMPLE]] = (0, 3)

OK = 0
BAD_TYPE, BAD_NUMBER, BAD_BATCH, BAD_PROC, LONG_ARGUMENTS, CUT_OFF = 100, 101, 102, 103, 104, 105
WRONG_COUNT, NO_BATCH, BAD_FREQUENCY, BAD_STRING, LONG_STRING, DEEP_STACK = 106, 107, 108, 109, 110, 111

# The most numbers an event can have, with room for the span of a log's message.
MOST_NUMBERS = 2048
_MOST_STRING_BYTES = 1_000_000
_MOST_FRAMES = 1000
_LAST_PROC = (1 << 31) - 1
_INLINE = 3
_FIRST_WITH_SAMPLES = 19
# Where a log's message is told, behind its numbers.
MESSAGE_START, MESSAGE_LENGTH = 4, 5

# What there is of a file: how many of each type, and behind those how many frames.
FRAMES = END_OF_TYPES
SIZES = END_OF_TYPES + 1
# Columns of a link: the goroutine an event happened on, what it is about, its proc, the proc's next event, -1 at its end.
# Goroutines and tasks are places in a table of ids, procs in one of theirs; id 0 has place 0, and proc 0 is that of
# CPU samples.
GOROUTINE, TARGET, PROC, NEXT = range(4)
LINK = 4
# What reading has come to.
IDS, PROCS, SAMPLES, STACKS, REFS, FRAMES_READ, TICKS = range(7)
COUNTS = 7


@kernel
def read_one(data: Bytes, at: int, version: int, words: Int64s) -> tuple[int, int, int, int]:
    """The event at `at`: its type, how many numbers went to `words`, the position behind it, and a status.

    A string's bytes are those before the position behind it; of a log, `words` says where its message is. With a
    fault the position is that of the event, and words[0] what was found.
    """
    start, end = at, len(data)
    head = int(data[at])
    kind, n = head & 63, (head >> 6) + 1
    words[0] = kind
    if kind == 0 or kind >= END_OF_TYPES or (kind == CPU_SAMPLE and version < _FIRST_WITH_SAMPLES):
        return kind, 0, start, BAD_TYPE
    if kind == BATCH and n != 2:
        return kind, 0, start, BAD_BATCH
    at += 1
    if kind == STRING:
        n = 2
    stop = end
    if n > _INLINE:
        size, at = number(data, at, end)
        if at < 0:
            return kind, 0, start, BAD_NUMBER
        words[0] = size
        if size < 0 or size > MOST_NUMBERS:
            return kind, 0, start, LONG_ARGUMENTS
        if size > end - at:
            return kind, 0, start, CUT_OFF
        stop, n = at + size, 0
        while at < stop:
            words[n], at = number(data, at, stop)
            n += 1
            if at < 0:
                return kind, n, start, BAD_NUMBER
    else:
        for k in range(n):
            words[k], at = number(data, at, end)
            if at < 0:
                return kind, n, start, BAD_NUMBER
    return _behind(data, kind, start, at, n, words)


@kernel
def _behind(data: Bytes, kind: int, start: int, at: int, n: int, words: Int64s) -> tuple[int, int, int, int]:
    """The same once the numbers are read up to `at`."""
    if kind == STACK:
        if n < 2 or words[1] < 0 or words[1] > _MOST_FRAMES or n != 2 + FRAME * words[1]:
            words[0] = n
            return kind, n, start, DEEP_STACK
    elif n != NUMBERS[kind]:
        words[0] = n
        return kind, n, start, WRONG_COUNT
    if kind == LOG:
        words[MESSAGE_LENGTH], at = number(data, at, len(data))
        words[MESSAGE_START] = at
        if at < 0:
            return kind, n, start, BAD_NUMBER
        status, behind = _span(data, at, words[MESSAGE_LENGTH])
    elif kind == STRING:
        if words[0] == 0 or words[1] == 0:
            return kind, n, start, BAD_STRING
        status, behind = _span(data, at, words[1])
    else:
        return kind, n, at, OK
    if status:
        words[0] = behind
        return kind, n, start, status
    return kind, n, behind, OK


@kernel
def _span(data: Bytes, at: int, length: int) -> tuple[int, int]:
    """Whether so many bytes can be text: a status, and the position behind them or what is wrong."""
    if length < 0 or length > _MOST_STRING_BYTES:
        return LONG_STRING, length
    if length > len(data) - at:
        return CUT_OFF, length
    return OK, at + length


@kernel
def measure(data: Bytes, at: int, version: int, sizes: Int64s) -> tuple[int, int, int]:
    """Count what is in a file from `at` on, into SIZES; a status, the position at fault and what was found there."""
    words = np.zeros(MOST_NUMBERS + 1, np.int64)
    while at < len(data):
        kind, _, behind, status = read_one(data, at, version, words)
        if status:
            return status, at, words[0]
        if kind == BATCH and words[0] != -1 and (words[0] < 0 or words[0] > _LAST_PROC):
            return BAD_PROC, at, words[0]
        if kind != BATCH and sizes[BATCH] == 0:
            return NO_BATCH, at, kind
        if kind == FREQUENCY and words[0] <= 0:
            return BAD_FREQUENCY, at, words[0]
        if kind == STACK:
            sizes[FRAMES] += words[1]
        sizes[kind] += 1
        at = behind
    return OK, at, 0


@kernel
def intern(known: Int64s, slots: Int32s, n: int, identity: int, factor: int) -> tuple[int, int]:
    """The place of an id among the `n` known ones, and how many there are then.

    slots   a hash table of places plus one, 0 free, of a power of two and twice as many as there can be ids
    factor  odd and drawn at random, so that nobody can write a file whose ids all meet
    """
    mask = len(slots) - 1
    at = np.int64((np.uint64(identity) * np.uint64(factor)) >> np.uint64(32)) & mask
    while slots[at] != 0:
        place = np.int64(slots[at]) - 1
        if known[place] == identity:
            return place, n
        at = (at + 1) & mask
    slots[at] = n + 1
    known[n] = identity
    return n, n + 1


@kernel
def _link(link: Int32s, goroutine: int, target: int, proc: int) -> None:
    link[GOROUTINE], link[TARGET], link[PROC], link[NEXT] = goroutine, target, proc, -1


@kernel
def _link_on_proc(
    kind: int, place: int, event: int, proc: int, links: Int32s, heads: Int32s, last_of: Int64s, last_g: Int64s
) -> None:
    """Whose an event is, what it is about, and that it follows its proc's last, or is the first there."""
    goroutine = place if STARTS[kind] or NAMES_ITS_GOROUTINE[kind] else last_g[proc]
    if STARTS[kind] or ENDS[kind]:
        last_g[proc] = goroutine if STARTS[kind] else 0
    _link(links[event], goroutine, place if NAMES_ITS_TARGET[kind] else goroutine, proc)
    if last_of[proc] >= 0:
        links[last_of[proc], NEXT] = event
    else:
        heads[proc] = event
    last_of[proc] = event


@kernel
def read_events(
    data: Bytes,
    at: int,
    version: int,
    factor: int,
    events: tuple[Int64s, Int64s, Int32s],
    of_ids: tuple[Int64s, Int32s, Bytes],
    of_procs: tuple[Int64s, Int32s, Int32s],
    samples: Int64s,
    counts: Int64s,
) -> int:
    """The events of a file that was measured; the caller has made the arrays large enough, but for ids.

    Returns -1, or the place in the file from which on there are more ids than room.

    events    int64 (n,) clock ticks, int64 (n,) where in the file, int32 (n, LINK)
    of_ids    goroutines and tasks: int64 ids by place, slots for `intern`, uint8 whether one fires timers
    of_procs  procs: int64 ids by place, slots for `intern`, int32 each one's first event, -1 without
    samples   int64  which events are CPU samples
    """
    (times, places, links), (ids, id_slots, is_timer), (procs, proc_slots, heads) = events, of_ids, of_procs
    words = np.zeros(MOST_NUMBERS + 1, np.int64)
    last_of, last_g = np.full(len(procs), -1, np.int64), np.zeros(len(procs), np.int64)
    _, n_ids = intern(ids, id_slots, 0, 0, factor)
    n, n_procs, proc, time = 0, 1, 0, 0
    while at < len(data):
        kind, _, behind, _ = read_one(data, at, version, words)
        place = -1
        if NAMED[kind] >= 0:
            if n_ids == len(ids):
                return at
            place, n_ids = intern(ids, id_slots, n_ids, words[NAMED[kind]], factor)
        if kind == BATCH:
            # Place 0 is kept for CPU samples, whose proc no batch has.
            proc, n_procs = intern(procs, proc_slots, n_procs, words[0], factor)
            time = words[1]
        elif kind == TIMER_GOROUTINE:
            is_timer[place] = 1
        elif kind == CPU_SAMPLE:
            times[n], places[n], samples[counts[SAMPLES]] = words[1], at, n
            _link(links[n], place, place, 0)
            counts[SAMPLES] += 1
        elif IS_TIMED[kind]:
            time += words[0]
            times[n], places[n] = time, at
            _link_on_proc(kind, place, n, proc, links, heads, last_of, last_g)
        n += IS_TIMED[kind]
        at = behind
    counts[IDS], counts[PROCS] = n_ids, n_procs
    return -1


@kernel
def read_names(
    data: Bytes,
    at: int,
    version: int,
    factor: int,
    strings: Int64s,
    logs: Int64s,
    stacks: tuple[Int64s, Int64s, Int64s, Int64s, Int32s],
    counts: Int64s,
) -> None:
    """Strings, messages of logs and stacks of a file that was measured, and its clock.

    strings  int64 (n, 3)  id, where it begins, how many bytes it has
    logs     int64 (n, 3)  the event's place in the file, where its message begins and how many bytes it has
    stacks   of those with frames int64 ids, where each ends among the frames' places, those; int64 (n, FRAME), a frame
             for each address, the first that the file gives; slots for `intern`
    """
    stack_ids, stack_ends, refs, frames, slots = stacks
    words = np.zeros(MOST_NUMBERS + 1, np.int64)
    pcs = np.empty(len(frames), np.int64)
    n_strings = n_logs = n_stacks = n_refs = n_frames = 0
    while at < len(data):
        kind, _, behind, _ = read_one(data, at, version, words)
        if kind == STRING:
            strings[n_strings, 0], strings[n_strings, 1], strings[n_strings, 2] = words[0], behind - words[1], words[1]
            n_strings += 1
        elif kind == LOG:
            logs[n_logs, 0], logs[n_logs, 1], logs[n_logs, 2] = at, words[MESSAGE_START], words[MESSAGE_LENGTH]
            n_logs += 1
        elif kind == FREQUENCY:
            counts[TICKS] = words[0]
        elif kind == STACK and words[0] & 0xFFFFFFFF != 0 and words[1] > 0:
            for frame in range(words[1]):
                first = 2 + FRAME * frame
                place, known = intern(pcs, slots, n_frames, words[first + F_PC], factor)
                if known > n_frames:
                    for column in range(FRAME):
                        frames[place, column] = words[first + column]
                    n_frames = known
                refs[n_refs] = place
                n_refs += 1
            stack_ids[n_stacks], stack_ends[n_stacks] = words[0] & 0xFFFFFFFF, n_refs
            n_stacks += 1
        at = behind
    counts[STACKS], counts[REFS], counts[FRAMES_READ] = n_stacks, n_refs, n_frames
