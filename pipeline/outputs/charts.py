"""The charts there are of growth, the collector, memory and goroutines: the same on pages, in reports and as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow.compute as pc

from pipeline.outputs import wording
from pipeline.outputs.chart import MAX_SERIES, Chart
from pipeline.outputs.units import readable
from pipeline.outputs.wording import Row
from pipeline.values import Result

_PARTS = ("objects", "unused", "free", "stack", "metadata", "other")
# Bars that a picture has room for.
_BARS = 20
# A line that is so many times lower than another looks like none.
_FLAT = 20


class Named(NamedTuple):
    """A chart, what it is called in a page, and what stands above it."""

    name: str
    label: str
    drawn: Chart


def live_heap(profiles: Sequence[Row], sites: Sequence[Row]) -> Chart | None:
    """Live bytes over time, with those of the sites that grew most; None for less than two profiles.

    profiles  taken_s and inuse_bytes, oldest first
    sites     the most growth first, each with the history of as many profiles
    """
    if len(profiles) < 2:
        return None
    has_time = len({row["taken_s"] for row in profiles}) == len(profiles)
    lines: list[tuple[str, list[float | None]]] = []
    for name, site in zip(wording.site_names(sites), sites, strict=True):
        history = wording.history(site)
        if len(history) == len(profiles) and len(lines) < MAX_SERIES - 1 and wording.number(site, "growth_bytes") > 0:
            lines.append((name, list(history)))
    lines.insert(0, _heap([float(str(row["inuse_bytes"])) for row in profiles], [line for _, line in lines]))
    return {
        "unit": "bytes",
        "time": has_time,
        "x": [_number(row["taken_s"]) if has_time else place for place, row in enumerate(profiles, start=1)],
        "across": "UTC" if has_time else "profile",
        "series": lines,
        "kind": "line",
    }


def _heap(heap: list[float], sites: Sequence[Sequence[float | None]]) -> tuple[str, list[float | None]]:
    """The line of the live heap: less what it always was, when nothing could be told apart below all of it."""
    least, most = min(heap), max((value or 0 for site in sites for value in site), default=0.0)
    if not 0 < most * _FLAT < least:
        return "live heap", [*heap]
    return f"live heap less {readable(int(least), unit='bytes')}", [value - least for value in heap]


def over_time(
    profiles: Result,
    *,
    unit: str,
    label: str,
    windows: Sequence[tuple[str, tuple[str, str], tuple[int, int] | None]],
) -> Chart:
    """What each profile of a series comes to, to choose spans of time in.

    profiles  profile_id, taken_s and value, oldest first
    windows   what is chosen in a window, the names of the fields that have its ends, and these; None where nothing is
    """
    times = profiles.table["taken_s"].to_pylist()
    has_time = None not in times and len(set(times)) == len(times)
    return {
        "unit": unit,
        "time": has_time,
        "x": times if has_time else list(range(1, len(times) + 1)),
        "across": "UTC" if has_time else "profile",
        "series": [(label, profiles.table["value"].to_pylist())],
        "kind": "line",
        "ids": profiles.table["profile_id"].to_pylist(),
        "windows": windows,
    }


def collector(cycles: Result, pauses: Result, pacer: Result | None = None) -> list[Named]:
    """What the GC of one process did: gc.trigger, gc.pause and gc.pacer in their order."""
    paced = {"goal": "goal_bytes", "heap as marking ended": "end_bytes", "found reachable": "marked_bytes"}
    heap = {"heap at the start": "heap_bytes", "goal": "goal_bytes"}
    drawn = [
        Named(
            "heap",
            "Heap and goal, cycle by cycle",
            _lines(cycles, x="cycle", across="GC cycle", unit="bytes", lines=heap),
        ),
        *(
            [
                Named(
                    "pacer",
                    "What the pacer aimed at, and what came of it",
                    _lines(pacer, x="cycle_index", across="GC cycle", unit="bytes", lines=paced),
                )
            ]
            if pacer
            else []
        ),
        Named(
            "pauses",
            "Pauses, one after the other",
            _lines(pauses, x="pause_index", across="pause", unit="nanoseconds", lines={"pause": "pause_ns"}),
        ),
    ]
    return [one for one in drawn if one.drawn["x"]]


def memory(moments: Result) -> list[Named]:
    """What the memory of one process is used for, moment by moment; of a single one its parts side by side."""
    untimed = moments.table.filter(pc.is_null(moments.table["taken_at"]))
    has_time = not untimed.num_rows
    moments = moments if has_time else Result(moments.name, moments.columns, untimed)
    parts = {part: f"{part}_bytes" for part in _PARTS}
    if moments.table.num_rows == 1:
        sizes = [(part, _number(moments.table[column][0].as_py())) for part, column in parts.items()]
        told = [(part, {"memory": size}) for part, size in sizes if size is not None]
        return [Named("memory", "What memory is used for", bars(told, unit="bytes"))] if told else []
    lines = {"used": "used_bytes", **parts, "goal": "goal_bytes", "limit": "limit_bytes"}
    x, across = ("taken_s", "UTC") if has_time else ("position", "moment")
    drawn = _lines(moments, x=x, across=across, unit="bytes", lines=lines, time=has_time)
    return [Named("memory", "What memory is used for", drawn)] if drawn["x"] else []


def bars(named: Sequence[tuple[str, Mapping[str, float]]], *, unit: str) -> Chart:
    """A bar for each name and column, the first of very many."""
    shown = named[:_BARS]
    columns = list(shown[0][1]) if shown else []
    return {
        "unit": unit,
        "time": False,
        "x": list(range(len(shown))),
        "series": [(column, [values[column] for _, values in shown]) for column in columns],
        "kind": "bars",
        "labels": [name for name, _ in shown],
    }


def _lines(found: Result, *, x: str, across: str, unit: str, lines: Mapping[str, str], time: bool = False) -> Chart:
    """Columns of an answer over another; one of nothing but NULL is left out."""
    series = [(label, found.table[column].to_pylist()) for label, column in lines.items()]
    return {
        "unit": unit,
        "time": time,
        "x": found.table[x].to_pylist(),
        "across": across,
        "series": [(label, values) for label, values in series if any(value is not None for value in values)],
        "kind": "line",
    }


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
