"""The growth of one series as text: a headline, then a line per site and how much is explained, per own line, or per module."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.outputs.aligned import aligned
from pipeline.outputs.elsewhere import elsewhere
from pipeline.outputs.units import byte_rate, readable, share, signed
from pipeline.outputs.wording import build_name, program_name, short_path
from pipeline.text import printable

Row = Mapping[str, Any]

_LEVELS = "▁▂▃▄▅▆▇█"
_TREND_WIDTH = 16
_GOOD_PART = 0.1


def text(
    series: Row,
    sites: Sequence[Row],
    coverage: Sequence[Row],
    modules: Sequence[Row],
    misfits: Sequence[Row] = (),
    *,
    left_out: int = 0,
) -> str:
    """What the main job prints for a series.

    series    a row of heap.series
    sites     rows of attribution.growth_by_site, in the order to print
    coverage  rows of attribution.coverage
    modules   rows of attribution.growth_by_module
    misfits   kind, uri, reason: files with its labels that are of another build
    left_out  sites that are not printed
    """
    head = ("growth", "share", "±", "rose", "trend", "site", "why it is on the heap")
    table = aligned([head, *map(_cells, sites)], right=range(4))
    end = [_coverage(coverage), *_unreported(coverage), *_elsewhere(modules)]
    end += [printable(f"{row['kind']}: {row['uri']} {row['reason']}") for row in misfits]
    return _page(series, table, "site", left_out, end)


def text_by_own_code(series: Row, lines: Sequence[Row], *, left_out: int = 0) -> str:
    """The growth by the nearest line of the program's own; `lines` are rows of attribution.growth_by_own_code."""
    cells = [
        (
            *_figures(line),
            signed(line["flat_growth_bytes"], unit="bytes"),
            _place(line) if line["function"] else "",
            line["function"] or "no code of the program's own is on the stack",
        )
        for line in lines
    ]
    head = ("growth", "share", "of it here", "own code", "function")
    return _page(series, aligned([head, *cells], right=range(3)), "line", left_out, [])


def text_by_module(series: Row, modules: Sequence[Row], *, left_out: int = 0) -> str:
    """The growth by the module that allocated; `modules` are rows of attribution.growth_by_module."""
    cells = [
        (*_figures(row), "yes" if row["is_own"] else "", row["module"] or "<unknown>", row["version"] or "")
        for row in modules
    ]
    return _page(
        series,
        aligned([("growth", "share", "own", "module", "version"), *cells], right=range(2)),
        "module",
        left_out,
        [],
    )


def trend(values: Sequence[int]) -> str:
    """A series as a row of bars, from zero to its highest; at most 16, evenly thinned."""
    highest = max(values, default=0)
    if len(values) > _TREND_WIDTH:
        values = [values[round(place * (len(values) - 1) / (_TREND_WIDTH - 1))] for place in range(_TREND_WIDTH)]
    return "".join(_LEVELS[round(max(value, 0) / max(highest, 1) * (len(_LEVELS) - 1))] for value in values)


def _headline(series: Row) -> str:
    name = " · ".join(
        part
        for part in (
            series["service"] or ", ".join(filter(None, [program_name(series), "no service label"])),
            series["instance"] and f"instance {series['instance']}",
            build_name(series),
            series["kind"] if series["kind"] != "heap" else None,
        )
        if part
    )
    # Profiles as text do not say when they were taken.
    seconds = (series["last_at"] - series["first_at"]).total_seconds()
    span = f" over {readable(seconds * 1e9, unit='nanoseconds')}" if seconds else ""
    trend = "" if series["slope_bytes_per_s"] is None else f", {byte_rate(series['slope_bytes_per_s'])}"
    fit = "" if series["r2"] is None else f", R² {series['r2']:.2f}"
    return (
        f"{name} · live heap {readable(series['first_bytes'], unit='bytes')} → {readable(series['last_bytes'], unit='bytes')}"
        f"{span}, {series['profiles']} profiles: {signed(series['growth_bytes'], unit='bytes')}{trend}{fit}"
    )


def _page(series: Row, table: Sequence[str], thing: str, left_out: int, end: Sequence[str]) -> str:
    lines = [printable(_headline(series)), "", *table]
    if left_out:
        lines.append(f"and {left_out} {thing}{'s' if left_out != 1 else ''} that grew less, or not at all")
    return "\n".join([*lines, *(["", *end] if end else []), ""])


def _figures(row: Row) -> tuple[str, str]:
    grown = row["growth_share"]
    return signed(row["growth_bytes"], unit="bytes"), "" if grown is None else share(grown)


def _cells(site: Row) -> tuple[str, ...]:
    history = site["history"] or []
    rises = sum(later > earlier for earlier, later in pairwise(history))
    return (
        *_figures(site),
        "" if site["relative_error"] is None else share(site["relative_error"]),
        f"{rises}/{max(len(history) - 1, 0)}",
        trend(history),
        _place(site),
        _reason(site),
    )


def _place(site: Row) -> str:
    if site["file"] is None:
        return str(site["function"])
    return f"{short_path(site['file'].lstrip('/'))}:{site['line']}"


def _reason(site: Row) -> str:
    inner = f" (inlined, {os.path.basename(site['inner_file'])}:{site['inner_line']})" if site["inner_file"] else ""
    return (
        f"{site['reason']}{inner}"
        if site["attribution"] in ("escape", "ambiguous")
        else f"{site['attribution']}: {site['reason']}"
    )


def _coverage(coverage: Sequence[Row]) -> str:
    explained = [f"{row['attribution']} {share(row['share'])}" for row in coverage if row["share"] is not None]
    return "explained: " + (" · ".join(explained) + " of growth" if explained else "nothing grew")


def _unreported(coverage: Sequence[Row]) -> list[str]:
    """How to have the packages reported that a good part was allocated in."""
    missing = sum(row["share"] or 0 for row in coverage if row["attribution"] in ("caller", "unreported"))
    if missing < _GOOD_PART:
        return []
    return [
        f"no report: {share(missing)} of growth is of packages that have none: "
        "go build -gcflags=all=-m=2 reports dependencies and the standard library, too"
    ]


def _elsewhere(modules: Sequence[Row]) -> list[str]:
    """Where to look when code of other modules allocated a good part."""
    others = elsewhere(modules)
    if not others:
        return []
    most = max(others, key=lambda row: abs(row["growth_bytes"]))
    name = " ".join(part for part in (most["module"], most["version"]) if part)
    grown = signed(sum(row["growth_bytes"] for row in others), unit="bytes")
    return [
        printable(
            f"other modules: {grown} was allocated by code that is not the program's own, most by {name}: "
            "heapscape growth --by own tells which lines called it, --by module which modules"
        )
    ]
