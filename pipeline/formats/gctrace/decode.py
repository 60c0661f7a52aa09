"""From lines to rows: what belongs to which process and cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.errors import CutOff
from pipeline.formats.gctrace.lines import Line, Lines, lines_of
from pipeline.formats.gctrace.newest_first import Turned, in_order
from pipeline.formats.gctrace.plain import Plain, read_plain
from pipeline.formats.gctrace.processes import MOST_PROCESSES, Processes
from pipeline.formats.gctrace.reading import Reading, read_line
from pipeline.formats.gctrace.runs import Run, columns, run_of
from pipeline.values import Blob, Column, Decoded, Note

_MOST_ROWS: Final = 50_000
_EXAMPLE_BYTES: Final = 120

_KEY: Final = {"blob_index": pa.int64(), "process": pa.int32(), "line": pa.int64()}
_LOGGED: Final = {"logged_at": pa.int64()}
_CYCLE: Final = ("cycle", "start_ns", "cpu_percent", "sweep_termination_ns", "mark_ns", "mark_termination_ns",
    "sweep_termination_cpu_ns", "assist_cpu_ns", "background_cpu_ns", "idle_cpu_ns", "mark_termination_cpu_ns",
    "heap_start_bytes", "heap_end_bytes", "heap_live_bytes", "goal_bytes", "stack_bytes", "globals_bytes", "procs",
)  # fmt: skip
_SCAN: Final = ("cycle", "size_bytes", "sparse_objects", "span_sparse_objects", "span_dense_objects", "objects", "sparse_spans", "dense_spans")  # fmt: skip
_START: Final = ("expected_scan_bytes", "heap_start_bytes", "heap_target_bytes", "dedicated_workers")
_END: Final = ("cpu_percent", "expected_cpu_percent", "heap_scan_bytes", "stack_scan_bytes", "globals_scan_bytes",
    "expected_work_bytes", "trigger_bytes", "heap_end_bytes", "over_goal_bytes",
)  # fmt: skip
_SCHED: Final = ("time_ns", "procs", "idle_procs", "threads", "spinning_threads", "needs_spinning", "idle_threads", "global_queue")  # fmt: skip
_NUMBERS: Final = pa.list_(pa.int64())
# The columns of each table, in the order in which its rows have them.
TABLES: Final[Mapping[str, Mapping[str, pa.DataType]]] = {
    "process": {
        "blob_index": pa.int64(),
        "process": pa.int32(),
        "prefix": pa.string(),
        "started_at": pa.int64(),
        "started_by": pa.string(),
    },
    "gctrace_cycle": _KEY
    | _LOGGED
    | dict.fromkeys(_CYCLE, pa.int64())
    | dict.fromkeys(("is_forced", "finds_leaks", "is_periodic"), pa.bool_()),
    "gctrace_scan": _KEY | dict.fromkeys(_SCAN, pa.int64()),
    "gctrace_pacer": _KEY
    | {"cycle": pa.int64()}
    | _LOGGED
    | {"assist_ratio": pa.float64(), **dict.fromkeys(_START, pa.int64()), "fractional_worker": pa.float64()}
    | {**dict.fromkeys(_END, pa.int64()), "cons_mark": pa.float64()},
    "scavenge": _KEY
    | _LOGGED
    | dict.fromkeys(("background_bytes", "eager_bytes", "released_bytes", "utilisation_percent"), pa.int64())
    | {"is_forced": pa.bool_()},
    "schedtrace": _KEY
    | _LOGGED
    | dict.fromkeys(_SCHED, pa.int64())
    | {"local_queues": _NUMBERS, "sched_ticks": _NUMBERS},
    "inittrace": _KEY
    | _LOGGED
    | {"package": pa.string()}
    | dict.fromkeys(("start_ns", "duration_ns", "alloc_bytes", "alloc_objects"), pa.int64()),
}
_TABLE_OF: Final = {"scan": "gctrace_scan", "scavenge": "scavenge", "sched": "schedtrace", "init": "inittrace"}
_NO_START: Final = (None,) * 6
_NO_END: Final = (None,) * 10

Row = tuple[object, ...]
# Of each table the rows that were read last, line by line, and the columns of those that were read before.
Rows = dict[str, list[Row]]
Parts = dict[str, list[list[pa.Array]]]
# To read fewer lines at once takes longer than to read each.
_FEW: Final = 32


def decode(blobs: Sequence[Blob]) -> Iterator[Decoded]:
    """Decode logs, some rows at a time; of each log its processes come last."""
    rows: Rows = {name: [] for name in TABLES}
    parts: Parts = {name: [] for name in TABLES}
    notes: list[Note] = []
    for index, blob in enumerate(blobs):
        log = _Log(index, rows, parts)
        try:
            for lines in in_order(lines_of(blob)):
                if isinstance(lines, Turned):
                    log.take_turned(lines)
                else:
                    log.take_all(lines)
                if (
                    sum(map(len, rows.values())) + sum(len(part[0]) for some in parts.values() for part in some)
                    >= _MOST_ROWS
                ):
                    yield _decoded(rows, parts, ())
        except CutOff as error:
            log.notes["log_cut_off"] = (1, str(error))
        log.end()
        notes += [Note(index, kind, count, example) for kind, (count, example) in log.notes.items()]
    yield _decoded(rows, parts, notes)


@dataclass(slots=True)
class _Pacer:
    """What the pacer said of a cycle whose own line did not come yet."""

    line: int
    logged_us: int | None
    start: Row = _NO_START
    end: Row = _NO_END


@dataclass(slots=True)
class _Log:
    """One log on its way to rows.

    due     labels under which `GC forced` stood last
    pacers  what the pacer said last, by label
    lines   the latest line of each table and process that a row was made of: the key of all but cycles
    """

    index: int
    rows: Rows
    parts: Parts
    processes: Processes = field(default_factory=Processes)
    due: set[str] = field(default_factory=set)
    pacers: dict[str, _Pacer] = field(default_factory=dict)
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    notes: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take_all(self, lines: Lines) -> None:
        """Make rows of what the lines of a chunk say: where many in a row are plain, and of processes that are known, at once."""
        for untold in lines.untold:
            self.note("message_without_text", untold.number, untold.text)
        if len(lines) < _FEW:
            self._take_each(lines, 0, len(lines))
            return
        plain = read_plain(lines)
        labels = plain.fronts.labels
        is_known = np.array([label in self.processes.latest for label in labels])[plain.fronts.label]
        at = 0
        for stop in np.flatnonzero(~(plain.is_read & is_known)).tolist():
            # A label may have become known since.
            if plain.is_read[stop] and labels[plain.fronts.label[stop]] in self.processes.latest:
                continue
            self._take_plain(lines, plain, at, stop)
            self._take_each(lines, stop, stop + 1)
            at = stop + 1
        self._take_plain(lines, plain, at, len(lines))

    def take_turned(self, turned: Turned) -> None:
        """Make rows of what lines say that were turned around."""
        if turned.lines:
            self.note("log_newest_first", turned.lines[-1].number, turned.lines[-1].text)
        for line in turned.lines:
            self.take(line)

    def _take_each(self, lines: Lines, start: int, stop: int) -> None:
        for row in range(start, stop):
            if (line := lines.line(row)) is not None:
                self.take(line)

    def _take_plain(self, lines: Lines, plain: Plain, start: int, stop: int) -> None:
        """Make rows of plain lines in a row, of labels that have a process."""
        if stop - start < _FEW or len(self.due) + len(plain.fronts.labels) > MOST_PROCESSES:
            self._take_each(lines, start, stop)
            return
        waits = {label: pacer.end is not _NO_END for label, pacer in self.pacers.items()}
        run = run_of(plain, start, stop, processes=self.processes, due=self.due, waits=waits)
        if run is None:
            self._take_each(lines, start, stop)
            return
        self._pace_all(lines, run)
        for name, made in columns(run, lines.number).items():
            if len(made[0]):
                self.parts[name] += _part_of(self.rows, name)
                self.parts[name].append([pa.array(np.full(len(made[0]), self.index)), *made])
        for kind, found in plain.fronts.odd(start, stop):
            text = lines.chunk[lines.start[found[0]] : lines.end[found[0]]]
            self.note(kind, int(lines.number[found[0]]), text, count=len(found))

    def _pace_all(self, lines: Lines, run: Run) -> None:
        """What the pacer said before these lines and still waits, and what waits behind them."""
        for label, row, cycle, process in run.ended:
            if row is not None:
                self._pace_row(lines, row)
            self._flush(label, cycle, process)
        for row in run.waiting:
            self._pace_row(lines, row)

    def _pace_row(self, lines: Lines, row: int) -> None:
        line = lines.line(row)
        assert line is not None
        for reading in read_line(line):
            self._pace(line.number, reading, self.processes.label_of(reading))

    def take(self, line: Line) -> None:
        """Make rows of what a line says."""
        for reading in read_line(line):
            if reading.oddity:
                self.note(reading.oddity, line.number, reading.text)
            if reading.told is None:
                continue
            if reading.stamp.oddity:
                self.note(reading.stamp.oddity, line.number, line.text)
            self._keep(line.number, reading)

    def _keep(self, line: int, reading: Reading) -> None:
        told = reading.told
        assert told is not None
        label = self.processes.label_of(reading)
        if told.kind == "forced":
            # It may stand before the first line of a process.
            if len(self.due) < MOST_PROCESSES:
                self.due.add(label)
        elif told.kind in ("start", "end"):
            self._pace(line, reading, label)
        elif told.kind:
            process = self.processes.of(label, reading)
            if process is None:
                self.note("too_many_processes", line, label.encode())
            elif told.kind == "cycle":
                self._flush(label, told.cycle)
                is_periodic = label in self.due and told.values[-2] is False
                self.due.discard(label)
                values = (reading.stamp.at_us, *told.values, is_periodic)
                self.rows["gctrace_cycle"].append((self.index, process.number, line, *values))
            else:
                logged = process.cycle if told.kind == "scan" else reading.stamp.at_us
                self._add(_TABLE_OF[told.kind], process.number, line, (None if logged == -1 else logged, *told.values))

    def _pace(self, line: int, reading: Reading, label: str) -> None:
        """Put what is said as marking begins together with what is said as it ends."""
        told = reading.told
        assert told is not None
        pacer = self.pacers.get(label)
        if pacer is None or told.kind == "start" or pacer.end is not _NO_END:
            self._flush(label, None)
            pacer = self.pacers[label] = _Pacer(line, reading.stamp.at_us)
            if self.processes.of(label, reading) is None:
                del self.pacers[label]
                self.note("too_many_processes", line, label.encode())
        if told.kind == "start":
            pacer.start = told.values
        else:
            pacer.end = told.values

    def _flush(self, label: str, cycle: int | None, process: int | None = None) -> None:
        """Make a row of what the pacer said last, which is of the cycle whose line comes next, and of its process."""
        if (pacer := self.pacers.pop(label, None)) is not None:
            values = (cycle, pacer.logged_us, *pacer.start, *pacer.end)
            process = self.processes.latest[label].number if process is None else process
            self._add("gctrace_pacer", process, pacer.line, values)

    def _add(self, table: str, process: int, line: int, values: Row) -> None:
        if self.lines.get((table, process)) == line:
            self.note("unreadable_line", line, b"several of one process on one line")
            return
        self.lines[table, process] = line
        self.rows[table].append((self.index, process, line, *values))

    def end(self) -> None:
        """Make rows of what waits, and of the processes."""
        for label in list(self.pacers):
            self._flush(label, None)
        for one in self.processes.told:
            started = (one.started_us, None if one.started_us is None else "stamp")
            self.rows["process"].append((self.index, one.number, one.label, *started))

    def note(self, kind: str, line: int, text: bytes, *, count: int = 1) -> None:
        """Count an oddity; a line may be long, and odd in many places."""
        before, example = self.notes.get(kind, (0, ""))
        self.notes[kind] = (
            before + count,
            example or f"line {line}: {text[:_EXAMPLE_BYTES].decode('utf-8', 'replace')}",
        )


def _part_of(rows: Rows, name: str) -> list[list[pa.Array]]:
    """The rows of a table so far as columns, if there are any; leaves none."""
    if not rows[name]:
        return []
    by_column = zip(*rows[name], strict=True)
    made = [pa.array(values, kind) for kind, values in zip(TABLES[name].values(), by_column, strict=True)]
    rows[name].clear()
    return [made]


def _decoded(rows: Rows, parts: Parts, notes: Sequence[Note]) -> Decoded:
    """The rows so far as columns, in the order in which they were read; leaves none."""
    columns: dict[str, dict[str, Column]] = {}
    for name, kinds in TABLES.items():
        made = [*parts[name], *_part_of(rows, name)] or [[pa.array([], kind) for kind in kinds.values()]]
        columns[name] = dict(zip(kinds, map(pa.concat_arrays, zip(*made, strict=True)), strict=True))
        parts[name].clear()
    return Decoded(columns, notes=notes)
