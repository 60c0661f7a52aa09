"""Many plain lines in a row to columns: which process each is of, told as `processes` tells it line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.formats.gctrace.plain import CYCLE, FORCED, SCAN, Plain
from pipeline.formats.gctrace.processes import MOST_PROCESSES, Process, Processes
from pipeline.kernels.text.spelled import NONE
from pipeline.values import Bools, Int64s

# Where the columns of a cycle, between its key and whether it was forced, stand among its fields.
_CYCLE_FIELDS: Final = (0, 1, 2, *range(4, 19))
_LEAKS_FIELD, _FORCED_FIELD = 3, 19
_LATE: Final = np.int64((1 << 63) - 1)


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of a Plain in a row, all of labels that have a process, sorted by label.

    rows      of the Plain, so sorted
    label     of each
    is_first  of its label
    """

    plain: Plain
    rows: Int64s
    label: Int64s
    is_first: Bools

    @property
    def labels(self) -> list[str]:
        """Of each label, in the order of the run, its name."""
        return [self.plain.fronts.labels[label] for label in self.label[self.is_first].tolist()]

    def cycles(self) -> Int64s:
        """Which of the rows are of cycles."""
        return np.flatnonzero(self.plain.kind[self.rows] == CYCLE)

    def first_cycles(self, number: Int64s) -> list[tuple[str, int, int]]:
        """Each label that has a cycle, its first one and that one's process, in the order of the lines."""
        at = self.cycles()
        at = at[np.diff(self.label[at], prepend=-1) != 0]
        at = at[np.argsort(self.rows[at])]
        names = [self.plain.fronts.labels[label] for label in self.label[at].tolist()]
        return list(zip(names, self.plain.fields[self.rows[at], 0].tolist(), number[at].tolist(), strict=True))


def run_of(plain: Plain, start: int, stop: int) -> Run:
    """The rows from `start` up to `stop`."""
    label = plain.fronts.label[start:stop]
    order = np.argsort(label, kind="stable")
    return Run(plain, start + order, label[order], np.diff(label[order], prepend=-1) != 0)


def follow(run: Run, processes: Processes) -> tuple[Int64s, Int64s] | None:
    """The number of each row's process and its latest cycle, -1 for none; None when there would be too many processes.

    Remembers what the rows say of them.
    """
    at = run.cycles()
    cycle, begin_ns = run.plain.fields[run.rows[at], 0], run.plain.fields[run.rows[at], 1]
    first = np.diff(run.label[at], prepend=-1) != 0
    latest = [processes.latest[name] for name in run.labels]
    of_label = (np.cumsum(run.is_first) - 1)[at]
    cycle_before, begin_before = np.roll(cycle, 1), np.roll(begin_ns, 1)
    cycles_before = np.array([one.cycle for one in latest], np.int64)
    cycle_before[first] = cycles_before[of_label[first]]
    begin_before[first] = np.array([one.cycle_ns for one in latest], np.int64)[of_label[first]]
    is_new = np.zeros(len(run.rows), np.bool_)
    is_new[at] = (cycle <= cycle_before) | (begin_ns < begin_before)
    if len(processes.told) + is_new.sum() > MOST_PROCESSES:
        return None
    number = np.full(len(run.rows), -1)
    number[run.is_first] = [one.number for one in latest]
    # Numbers are given in the order of the lines.
    new = np.flatnonzero(is_new)
    new = new[np.argsort(run.rows[new])]
    number[new] = len(processes.told) + np.arange(len(new))
    number = number[_latest(is_new | run.is_first)]
    for one in new.tolist():
        process = Process(len(processes.told), run.plain.fronts.labels[run.label[one]])
        processes.told.append(process)
    for name, last in zip(run.labels, number[np.roll(run.is_first, -1)].tolist(), strict=True):
        processes.latest[name] = processes.told[last]
    latest_cycle = np.empty(len(run.rows), np.int64)
    latest_cycle[run.is_first] = cycles_before
    latest_cycle[at] = cycle
    is_told = run.is_first.copy()
    is_told[at] = True
    _take(run, at, number[at], processes)
    return number, latest_cycle[_latest(is_told)]


def _latest(is_set: Bools) -> Int64s:
    """For each place the last one up to it that is set; the first is."""
    return np.maximum.accumulate(np.where(is_set, np.arange(len(is_set)), 0))


def _take(run: Run, at: Int64s, number: Int64s, processes: Processes) -> None:
    """Remember what cycles say of their processes, of which each has its rows together."""
    if not len(at):
        return
    rows, fields = run.rows[at], run.plain.fields[run.rows[at]]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    ends = np.append(starts[1:], len(at)) - 1
    fronts = run.plain.fronts
    end_ns = fields[:, 1] + fields[:, 4:7].sum(axis=1)
    started = fronts.at_us[rows] + fronts.unit_us[rows] - end_ns // 1000
    started[(fronts.at_us[rows] == NONE) | (started < 0)] = _LATE
    started = np.minimum.reduceat(started, starts)
    latest = zip(number[starts], fields[ends, 0], fields[ends, 1], started, strict=True)
    for one, cycle, begin_ns, started_us in (map(int, values) for values in latest):
        process = processes.told[one]
        process.cycle, process.cycle_ns = cycle, begin_ns
        if started_us < _LATE and (process.started_us is None or started_us < process.started_us):
            process.started_us = started_us


def periodic(run: Run, due: set[str]) -> Bools:
    """Which rows are of cycles that time started, the line above them said; `due` are labels under which it stands last."""
    kind = run.plain.kind[run.rows]
    at = np.flatnonzero(kind != SCAN)
    is_due = np.roll(kind[at] == FORCED, 1)
    first = np.diff(run.label[at], prepend=-1) != 0
    labels = [run.plain.fronts.labels[label] for label in run.label[at[first]].tolist()]
    is_due[first] = [label in due for label in labels]
    found = np.zeros(len(kind), np.bool_)
    found[at] = is_due & (kind[at] == CYCLE) & (run.plain.fields[run.rows[at], _FORCED_FIELD] != 1)
    for label, last in zip(labels, kind[at[np.roll(first, -1)]].tolist(), strict=True):
        (due.add if last == FORCED else due.discard)(label)
    return found


def columns(
    run: Run, number: Int64s, latest_cycle: Int64s, is_periodic: Bools, line: Int64s
) -> dict[str, list[pa.Array]]:
    """The columns of the tables that the rows fill, behind the blob's number, in the order of the lines."""
    order = np.argsort(run.rows)
    rows, process = run.rows[order], number[order].astype(np.int32)
    kind, fronts = run.plain.kind[rows], run.plain.fronts
    cycles, scans = np.flatnonzero(kind == CYCLE), np.flatnonzero(kind == SCAN)
    fields, scan = run.plain.fields[rows[cycles]], run.plain.fields[rows[scans]]
    return {
        "gctrace_cycle": [
            *(pa.array(process[cycles]), pa.array(line[rows[cycles]]), _nullable(fronts.at_us[rows[cycles]])),
            *(_nullable(fields[:, one]) for one in _CYCLE_FIELDS),
            *(pa.array(fields[:, one] == 1) for one in (_FORCED_FIELD, _LEAKS_FIELD)),
            pa.array(is_periodic[order][cycles]),
        ],
        "gctrace_scan": [
            *(pa.array(process[scans]), pa.array(line[rows[scans]])),
            pa.array(latest_cycle[order][scans], mask=latest_cycle[order][scans] < 0),
            # Large objects, of no class, are of class 0.
            _nullable(np.where(scan[:, 1] == 1, 0, scan[:, 2])),
            *(_nullable(scan[:, one]) for one in (3, 4, 5)),
            _nullable(np.where(scan[:, 10] == NONE, scan[:, 6], scan[:, 10])),
            *(_nullable(scan[:, one]) for one in (7, 8)),
        ],
    }


def _nullable(values: Int64s) -> pa.Array:
    return pa.array(values, mask=values == NONE)
