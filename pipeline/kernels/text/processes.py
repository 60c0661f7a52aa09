"""Which process each line of a log is of, told line by line: what one says changes how the next is understood."""

from __future__ import annotations

import numpy as np

from pipeline.kernels import inlined, kernel
from pipeline.values import Bools, Bytes, Int64s

# What a line says. Of SWEPT nothing is kept.
CYCLE, FORCED, SCAN, START, END, SWEPT, SCAVENGE, SCHED, INIT = range(9)
# Of each label: the number of its process; of that the latest cycle, when it began, the latest package, the latest time of the
# scheduler's; whether a cycle is due; what the pacer said that waits for its cycle: the rows where it began, where marking
# began, where it ended; 1 for one that began before all rows, and 2 if its end is known.
NUMBER, LATEST, CYCLE_NS, INIT_NS, SCHED_NS, IS_DUE, PACER, PACER_START, PACER_END, CARRIED = range(10)
STATE = 10
# Rows that are none, and that of a pacer which began before all rows.
NO_ROW, BEFORE = -1, -2
_PRECISION_NS = 1_000_000


@kernel
def follow(
    kind: Bytes,
    label: Int64s,
    cycle: Int64s,
    begin_ns: Int64s,
    end_ns: Int64s,
    is_forced: Bools,
    state: Int64s,
    known: int,
    most: int,
) -> tuple[Int64s, Int64s, Bools, Int64s, int]:
    """The process of each line, of each its latest cycle, which cycles are due, and what the pacer said of which.

    label, cycle      of each line: a row of `state`; the number of a cycle
    begin_ns, end_ns  the time since the start that it speaks of
    state, known, most  int64 (n, STATE), changed; how many processes there are, and may be
    What the pacer said is int64 (m, 6): label, first row, rows of start and end or NO_ROW, cycle or -1, process. Last comes
    how many processes there are: more than `most`, and all else has no meaning.
    """
    number, latest = np.empty(len(kind), np.int64), np.empty(len(kind), np.int64)
    is_due, paced, n_paced = np.zeros(len(kind), np.bool_), np.empty((len(kind), 6), np.int64), 0
    for row in range(len(kind)):
        one, of = kind[row], state[label[row]]
        if one == START or one == END:
            is_waiting = of[PACER] != NO_ROW
            if is_waiting and (one == START or of[PACER_END] != NO_ROW or of[CARRIED] == 2):
                n_paced = _flushed(label[row], of, -1, paced, n_paced)
                is_waiting = False
            if not is_waiting:
                of[PACER], of[PACER_START], of[PACER_END], of[CARRIED] = row, NO_ROW, NO_ROW, 0
            of[PACER_START if one == START else PACER_END] = row
        elif one == FORCED:
            of[IS_DUE] = 1
        elif one != SWEPT and not _continues(one, cycle[row], begin_ns[row], end_ns[row], of):
            of[NUMBER], of[LATEST], of[CYCLE_NS], of[INIT_NS], of[SCHED_NS] = known, -1, -1, -1, -1
            known += 1
            if known > most:
                break
        if one == CYCLE:
            of[LATEST], of[CYCLE_NS] = cycle[row], begin_ns[row]
            if of[PACER] != NO_ROW:
                n_paced = _flushed(label[row], of, cycle[row], paced, n_paced)
            is_due[row] = of[IS_DUE] == 1 and not is_forced[row]
            of[IS_DUE] = 0
        elif one == INIT:
            of[INIT_NS] = begin_ns[row]
        elif one == SCHED:
            of[SCHED_NS] = begin_ns[row]
        number[row], latest[row] = of[NUMBER], of[LATEST]
    return number, latest, is_due, paced[:n_paced], known


@inlined
def _continues(kind: int, cycle: int, begin_ns: int, end_ns: int, of: Int64s) -> bool:
    """Whether the line can be of the process behind those that were."""
    if kind == CYCLE:
        return cycle > of[LATEST] and begin_ns >= of[CYCLE_NS]
    if kind == INIT:
        return begin_ns >= of[INIT_NS] and end_ns >= of[CYCLE_NS] - _PRECISION_NS
    return kind != SCHED or begin_ns >= of[SCHED_NS]


@inlined
def _flushed(label: int, of: Int64s, cycle: int, paced: Int64s, n_paced: int) -> int:
    """Tell what the pacer said, and of which cycle: nothing waits any more."""
    paced[n_paced, 0], paced[n_paced, 1] = label, of[PACER]
    paced[n_paced, 2], paced[n_paced, 3] = of[PACER_START], of[PACER_END]
    paced[n_paced, 4], paced[n_paced, 5] = cycle, of[NUMBER]
    of[PACER], of[PACER_START], of[PACER_END], of[CARRIED] = NO_ROW, NO_ROW, NO_ROW, 0
    return n_paced + 1
