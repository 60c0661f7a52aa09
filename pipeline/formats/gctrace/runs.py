"""Many plain lines in a row to columns: which process each is of, told as `processes` tells it line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.formats.gctrace.plain import Plain
from pipeline.formats.gctrace.processes import MOST_PROCESSES, Process, Processes
from pipeline.formats.gctrace.texts import told_apart
from pipeline.kernels.text import processes as states
from pipeline.kernels.text.processes import BEFORE, CYCLE, INIT, NO_ROW, SCAN, SCAVENGE, SCHED, follow
from pipeline.kernels.text.spelled import NONE
from pipeline.values import Bools, Bytes, Int64s

# Where the columns of a cycle, between its key and whether it was forced, stand among its fields.
_CYCLE_FIELDS: Final = (0, 1, 2, *range(4, 19))
_LEAKS_FIELD, _FORCED_FIELD = 3, 19
_LATE: Final = np.int64((1 << 63) - 1)


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of a Plain in a row, all of labels that have a process.

    start    the first of them
    number   of each one's process
    latest   of each, the latest cycle of its process, -1 for none
    is_due   which cycles time started, as the line above them says
    paced    what the pacer said of a cycle, int64 (n, 5): its first row, that of its start, of its end; the cycle; the process
    ended    of what the pacer said before and that ended here: its label, the row that tells its end if one does, the cycle, the process
    waiting  rows of the Plain with what it said last of each label, of which more may follow
    """

    plain: Plain
    start: int
    number: Int64s
    latest: Int64s
    is_due: Bools
    paced: Int64s
    ended: list[tuple[str, int | None, int | None, int]]
    waiting: list[int]


def run_of(
    plain: Plain, start: int, stop: int, *, processes: Processes, due: set[str], waits: Mapping[str, bool]
) -> Run | None:
    """The rows from `start` up to `stop`; None when there would be too many processes.

    due    labels under which `GC forced` stands last; changed
    waits  labels of which the pacer said something that has no cycle yet, and whether its end was
    Remembers what the rows say of their processes.
    """
    kind, fields = plain.kind[start:stop], plain.fields[start:stop]
    used, _, label = told_apart(plain.fronts.label[start:stop], np.zeros(stop - start, np.int64))
    labels = [plain.fronts.labels[one] for one in used.tolist()]
    begin_ns, end_ns = _spoken_of(kind, fields)
    state = np.array([_state(processes.latest[one], one in due, waits.get(one)) for one in labels], np.int64)
    is_forced = fields[:, _FORCED_FIELD] == 1
    known = len(processes.told)
    number, latest, is_due, paced, count = follow(
        kind, label, fields[:, 0], begin_ns, end_ns, is_forced, state, known, MOST_PROCESSES
    )
    if count > MOST_PROCESSES:
        return None
    is_new = (number >= known) & (number > np.maximum.accumulate(np.append(-1, number[:-1])))
    for row in np.flatnonzero(is_new).tolist():
        processes.told.append(Process(len(processes.told), labels[label[row]]))
    for one, of in zip(labels, state.tolist(), strict=True):
        _remember(processes, one, of)
        (due.add if of[states.IS_DUE] else due.discard)(one)
    fronts = plain.fronts.at(np.arange(start, stop))
    started_us = fronts.at_us + fronts.unit_us - end_ns // 1000
    started_us[(fronts.at_us == NONE) | (end_ns < 0) | (started_us < 0)] = _LATE
    _take(processes, number, started_us)
    is_before = paced[:, 1] == BEFORE
    ended = [
        (labels[one], None if row == NO_ROW else start + row, None if cycle == -1 else cycle, process)
        for one, _, _, row, cycle, process in paced[is_before].tolist()
    ]
    return Run(plain, start, number, latest, is_due, paced[~is_before, 1:], ended, _waiting(state, start))


def _spoken_of(kind: Bytes, fields: Int64s) -> tuple[Int64s, Int64s]:
    """The times since the start that lines begin and end at, -1 where they speak of none."""
    begin_ns, end_ns = np.full(len(kind), -1), np.full(len(kind), -1)
    is_cycle, is_sched, is_init = kind == CYCLE, kind == SCHED, kind == INIT
    begin_ns[is_cycle] = fields[is_cycle, 1]
    end_ns[is_cycle] = begin_ns[is_cycle] + fields[is_cycle, 4:7].sum(axis=1)
    begin_ns[is_sched] = end_ns[is_sched] = fields[is_sched, 0] * 1_000_000
    begin_ns[is_init] = fields[is_init, 2]
    end_ns[is_init] = begin_ns[is_init] + fields[is_init, 3]
    return begin_ns, end_ns


def _state(process: Process, is_due: bool, waits: bool | None) -> tuple[int, ...]:
    """What `follow` has to know of a label."""
    pacer = NO_ROW if waits is None else BEFORE
    times = process.cycle, process.cycle_ns, process.init_ns, process.sched_ns
    return process.number, *times, is_due, pacer, NO_ROW, NO_ROW, 0 if waits is None else 1 + waits


def _remember(processes: Processes, label: str, state: list[int]) -> None:
    process = processes.latest[label] = processes.told[state[states.NUMBER]]
    process.cycle, process.cycle_ns, process.init_ns, process.sched_ns = state[1:5]


def _take(processes: Processes, number: Int64s, started_us: Int64s) -> None:
    """Remember of processes when they can have started at the latest."""
    order = np.argsort(number, kind="stable")
    begins = np.flatnonzero(np.diff(number[order], prepend=-1))
    latest = np.minimum.reduceat(started_us[order], begins)
    for one, started in zip(number[order[begins]].tolist(), latest.tolist(), strict=True):
        process = processes.told[one]
        if started < _LATE and (process.started_us is None or started < process.started_us):
            process.started_us = started


def _waiting(state: Int64s, start: int) -> list[int]:
    """The rows that say what the pacer said last, in their order."""
    rows = state[:, [states.PACER_START, states.PACER_END]]
    return sorted(start + rows[(rows != NO_ROW) & (state[:, [states.PACER]] != NO_ROW)])


def columns(run: Run, line: Int64s) -> dict[str, list[pa.Array]]:
    """The columns of the tables that the rows fill, behind the blob's number, in the order of the lines."""
    return {
        "gctrace_cycle": _cycles(run, line),
        "gctrace_scan": _scans(run, line),
        "gctrace_pacer": _pacers(run, line),
        "scavenge": _scavenges(run, line),
        "schedtrace": _scheds(run, line),
        "inittrace": _inits(run, line),
    }


def _of(run: Run, kind: int, line: Int64s) -> tuple[Int64s, list[pa.Array], pa.Array]:
    """Which rows of the run are of a kind; their key, and when they were logged."""
    rows = np.flatnonzero(run.plain.kind[run.start : run.start + len(run.number)] == kind)
    process = pa.array(run.number[rows].astype(np.int32))
    return rows, [process, pa.array(line[run.start + rows])], _nullable(run.plain.fronts.at_us[run.start + rows])


def _cycles(run: Run, line: Int64s) -> list[pa.Array]:
    rows, key, logged_us = _of(run, CYCLE, line)
    fields = run.plain.fields[run.start + rows]
    return [
        *(*key, logged_us, *(_nullable(fields[:, one]) for one in _CYCLE_FIELDS)),
        *(pa.array(fields[:, one] == 1) for one in (_FORCED_FIELD, _LEAKS_FIELD)),
        pa.array(run.is_due[rows]),
    ]


def _scans(run: Run, line: Int64s) -> list[pa.Array]:
    rows, key, _ = _of(run, SCAN, line)
    fields = run.plain.fields[run.start + rows]
    return [
        *(*key, pa.array(run.latest[rows], mask=run.latest[rows] < 0)),
        # Large objects, of no class, are of class 0.
        _nullable(np.where(fields[:, 1] == 1, 0, fields[:, 2])),
        *(_nullable(fields[:, one]) for one in (3, 4, 5)),
        _nullable(np.where(fields[:, 10] == NONE, fields[:, 6], fields[:, 10])),
        *(_nullable(fields[:, one]) for one in (7, 8)),
    ]


def _pacers(run: Run, line: Int64s) -> list[pa.Array]:
    paced = run.paced[np.argsort(run.paced[:, 0])]
    first, cycle = run.start + paced[:, 0], paced[:, 3]
    begun, ended = (_rows_or_none(run, paced[:, place]) for place in (1, 2))
    return [
        *(pa.array(paced[:, 4].astype(np.int32)), pa.array(line[first]), pa.array(cycle, mask=cycle < 0)),
        *(_nullable(run.plain.fronts.at_us[first]), _floats(begun[:, 0]), _nullable(_shifted(begun[:, 2], 20))),
        *(*(_nullable(begun[:, one]) for one in (3, 4, 5)), _floats(begun[:, 6])),
        *(*(_nullable(ended[:, one]) for one in range(9)), _floats(ended[:, 9])),
    ]


def _rows_or_none(run: Run, rows: Int64s) -> Int64s:
    """The fields of rows; of none, none."""
    fields = run.plain.fields[run.start + rows]
    fields[rows == NO_ROW] = NONE
    return fields


def _scavenges(run: Run, line: Int64s) -> list[pa.Array]:
    rows, key, logged_us = _of(run, SCAVENGE, line)
    fields = run.plain.fields[run.start + rows]
    sizes = (_nullable(_shifted(fields[:, one], 10)) for one in (0, 1, 2))
    return [*key, logged_us, *sizes, _nullable(fields[:, 3]), pa.array(fields[:, 4] == 1)]


def _scheds(run: Run, line: Int64s) -> list[pa.Array]:
    rows, key, logged_us = _of(run, SCHED, line)
    fields = run.plain.fields[run.start + rows]
    queues = np.where(fields[:, 8] == NONE, fields[:, 10], fields[:, 8])
    counts = (_nullable(fields[:, one]) for one in range(1, 8))
    return [
        *key,
        logged_us,
        pa.array(fields[:, 0] * 1_000_000),
        *counts,
        *(_lists(run, one) for one in (queues, fields[:, 12])),
    ]


def _inits(run: Run, line: Int64s) -> list[pa.Array]:
    rows, key, logged_us = _of(run, INIT, line)
    fields = run.plain.fields[run.start + rows]
    package = run.plain.texts.take(_nullable(fields[:, 0]))
    return [*key, logged_us, package, *(_nullable(fields[:, one]) for one in (2, 3, 4, 5))]


def _lists(run: Run, texts: Int64s) -> pa.Array:
    """The numbers that stand in texts."""
    return pc.cast(pc.split_pattern(run.plain.texts.take(_nullable(texts)), " "), pa.list_(pa.int64()))


def _shifted(values: Int64s, bits: int) -> Int64s:
    return np.where(values == NONE, NONE, values << bits)


def _floats(bits: Int64s) -> pa.Array:
    return pa.array(np.ascontiguousarray(bits).view(np.float64), mask=bits == NONE)


def _nullable(values: Int64s) -> pa.Array:
    return pa.array(values, mask=values == NONE)
