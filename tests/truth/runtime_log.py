"""What a log of the collector program must say, by a second reading of its text and by what the program itself counted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.formats.gctrace.logs import Read, read

# As the runtime's documentation spells it (runtime/extern.go), and apart from what reads logs in the product.
_CYCLE: Final = re.compile(
    r"gc (\d+) @([\d.]+)s (\d+)%( \(checking for goroutine leaks\))?: ([\d.]+)\+([\d.]+)\+([\d.]+) ms clock, "
    r"([\d.]+)\+([\d.]+)/([\d.]+)/([\d.]+)\+([\d.]+) ms cpu, (\d+)->(\d+)->(\d+) MB, (\d+) MB goal, (\d+) MB stacks, "
    r"(\d+) MB globals, (\d+) P( \(forced\))?$",
    re.MULTILINE,
)
_TIMES: Final = ("sweep_termination_ns", "mark_ns", "mark_termination_ns", "sweep_termination_cpu_ns", "assist_cpu_ns",
    "background_cpu_ns", "idle_cpu_ns", "mark_termination_cpu_ns")  # fmt: skip
_SIZES: Final = ("heap_start_bytes", "heap_end_bytes", "heap_live_bytes", "goal_bytes", "stack_bytes", "globals_bytes")
_NEAR_NS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A log, what was read of it, and what its program counted."""

    text: str
    found: Read
    truth: Mapping[str, Any]

    @property
    def cycles(self) -> dict[int, dict[str, Any]]:
        """The rows of cycles by number."""
        return {row["cycle"]: row for row in self.found.tables["gctrace_cycle"]}

    @property
    def started(self) -> float:
        """When the program's own code began, in seconds since 1970."""
        return _instant(self.truth["started_at"])


def run_of(path: Path) -> Run:
    """A log of the collector and the truth beside it."""
    return Run(path.read_text(), read(path.read_bytes()), json.loads(path.with_name(f"{path.name}.json").read_text()))


def check(run: Run) -> None:
    """Raise AssertionError where the rows are not what the log says, or not what the program counted."""
    _check_fields(run)
    _check_cycles(run)
    _check_times(run)
    _check_pacer(run)
    _check_scans(run)
    assert {kind for _, kind, _ in run.found.notes} <= {"glued_line"}
    assert run.found.prefixes == [""]


def _check_fields(run: Run) -> None:
    """Each field, read by another pattern and other arithmetic."""
    again = [_fields(found) for found in _CYCLE.finditer(run.text)]
    names = again[0].keys()
    assert [{name: row[name] for name in names} for row in run.found.tables["gctrace_cycle"]] == again


def _fields(found: re.Match[str]) -> dict[str, Any]:
    number, at, percent, leaks, *rest = found.groups()
    times, sizes, (procs, forced) = rest[:8], rest[8:14], rest[14:]
    return {
        "cycle": int(number),
        "start_ns": int(Decimal(at) * 10**9),
        "cpu_percent": int(percent),
        **{name: int(Decimal(time) * 10**6) for name, time in zip(_TIMES, times, strict=True)},
        **{name: int(size) * 2**20 for name, size in zip(_SIZES, sizes, strict=True)},
        "goal_bytes": _goal(int(sizes[3]) * 2**20),
        "procs": int(procs),
        "is_forced": forced is not None,
        "finds_leaks": leaks is not None,
    }


def _check_cycles(run: Run) -> None:
    """Numbers, causes, sizes and shares, by MemStats, GCStats and runtime/metrics."""
    truth, cycles = run.truth, run.cycles
    assert list(cycles) == list(range(1, truth["num_gc"] + 1))
    assert sum(row["is_forced"] for row in cycles.values()) == truth["num_forced_gc"]
    assert {row["procs"] for row in cycles.values()} == {truth["procs"]}
    periodic = [number for number, row in cycles.items() if row["is_periodic"]]
    assert periodic == list(_of_phase(truth, "idle"))
    assert not any(cycles[number]["is_forced"] for name in ("heap", "limit") for number in _of_phase(truth, name))
    assert cycles[max(_of_phase(truth, "off"))]["goal_bytes"] is None
    for after in truth["forced"]:
        row, following = cycles[after["cycle"]], cycles[after["cycle"] + 1]
        assert row["heap_live_bytes"] == _whole(after["live_bytes"])
        assert (row["stack_bytes"], row["globals_bytes"]) == (
            _whole(after["stack_bytes"]),
            _whole(after["globals_bytes"]),
        )
        assert row["cpu_percent"] == int(after["cpu_fraction"] * 100)
        if following["is_forced"] and after["next_gc"] < 2**62 and following["goal_bytes"] is not None:
            assert following["goal_bytes"] == _whole(after["next_gc"])


def _check_times(run: Run) -> None:
    """Pauses, and when cycles ended, by GCStats."""
    pauses, ends = run.truth["pauses"][::-1], [_instant(end) for end in run.truth["ends"][::-1]]
    rows = list(run.cycles.values())
    for row, pause in zip(rows, pauses, strict=True):
        printed = row["sweep_termination_ns"] + row["mark_termination_ns"]
        cut_off = _unit(row["sweep_termination_ns"]) + _unit(row["mark_termination_ns"])
        assert pause < printed + cut_off
        assert pause > printed - _NEAR_NS
    finished = [
        row["start_ns"] + row["sweep_termination_ns"] + row["mark_ns"] + row["mark_termination_ns"] for row in rows
    ]
    for end, done in zip(ends, finished, strict=True):
        assert abs((end - ends[0]) * 1e9 - (done - finished[0])) < _NEAR_NS


def _check_pacer(run: Run) -> None:
    """What the pacer says of a cycle's end is what its own line says."""
    cycles = run.cycles
    for row in run.found.tables["gctrace_pacer"]:
        if row["heap_end_bytes"] is not None:
            cycle = cycles[row["cycle"]]
            assert cycle["heap_end_bytes"] == _whole(row["heap_end_bytes"])
            assert cycle["goal_bytes"] == _goal(_whole(row["heap_end_bytes"] - row["over_goal_bytes"]))
            assert (cycle["stack_bytes"], cycle["globals_bytes"]) == (0, 0)


def _check_scans(run: Run) -> None:
    """Of each cycle the classes add up to the total."""
    rows = run.found.tables["gctrace_scan"]
    for total in (row for row in rows if row["size_bytes"] is None):
        classes = [row for row in rows if row["cycle"] == total["cycle"] and row["size_bytes"] is not None]
        assert sum(row["objects"] for row in classes) == total["objects"]


def _of_phase(truth: Mapping[str, Any], name: str) -> Iterator[int]:
    """The numbers of the cycles in a phase of the program."""
    last = 0
    for phase in truth["phases"]:
        if phase["name"] == name:
            yield from range(last + 1, phase["cycle"] + 1)
        last = phase["cycle"]


def _goal(size: int) -> int | None:
    """A goal; none where GOGC=off leaves the largest number there is, less some."""
    return size if size < 2**62 else None


def _whole(size: int) -> int:
    return size >> 20 << 20


def _unit(duration_ns: int) -> int:
    """One of the last digit that the runtime prints of a duration (runtime/mgc.go, fmtNSAsMS)."""
    if duration_ns >= 10_000_000:
        return 1_000_000
    return max(1_000, 10 ** (len(str(duration_ns)) - 2))


def _instant(text: str) -> float:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text).replace("Z", "+00:00")).timestamp()
