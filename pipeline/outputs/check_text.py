"""What a gate found, as text: a line per check, those that fail first; and the words that its other formats share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipeline.outputs.aligned import aligned
from pipeline.outputs.units import readable, share, signed
from pipeline.outputs.wording import process_name, series_name, short_path
from pipeline.text import printable

Row = Mapping[str, Any]

# What each check is called.
NAMES: Final = {
    "growth": "heap growth",
    "growth_share": "heap growth, as a share",
    "slope": "slope of the heap",
    "site_growth": "growth of one site",
    "headroom": "memory left",
    "headroom_time": "time until the limit",
    "goroutines": "goroutines",
    "goroutine_growth": "growth of goroutines",
    "pause": "longest GC pause",
    "pause_p99": "99 % of GC pauses",
    "new_escapes": "new escape",
}
_OF_SERIES: Final = frozenset({"growth", "growth_share", "slope", "site_growth", "goroutines", "goroutine_growth"})
_DAY_S: Final = 86_400


def text(rows: Sequence[Row], *, limit: int) -> str:
    """A table of checks, and below it where to look for what fails.

    rows   of check_questions, each with the `option` that asked for it and `sites` to look at
    limit  rows of it; those that are left out are counted
    """
    head = ("verdict", "check", "measured", "95 % interval", "threshold", "of")
    cells = [(row["verdict"], NAMES[row["checked"]], measured(row), interval(row), row["option"], " · ".join(_owner(row))) for row in rows]  # fmt: skip
    lines = aligned([head, *cells[:limit]])
    if cells[limit:]:
        lines.append(f"and {len(cells) - limit:,} more: --limit {len(cells)}")
    for name, sites in _to_look_at(rows).items():
        lines += ["", f"{name}: look at", *aligned(sites)]
    return "\n".join(lines)


def summary(rows: Sequence[Row]) -> str:
    """How many checks came to what."""
    counts = [(sum(row["verdict"] == verdict for row in rows), verdict) for verdict in ("breach", "uncertain", "ok")]
    (breaches, _), (uncertain, _), (fine, _) = counts
    return f"{breaches:,} breach{'' if breaches == 1 else 'es'}, {uncertain:,} uncertain, {fine:,} ok"


def subject(row: Row) -> str:
    """Whose it is that was measured."""
    if row["checked"] == "new_escapes":
        return printable(" · ".join(filter(None, [row["service"], f"build {row['build']}"])))
    named = series_name(row) if row["checked"] in _OF_SERIES else process_name(row)
    return printable(" · ".join(filter(None, [named, row.get("source")])))


def measured(row: Row) -> str:
    """The measure with its unit; of a slope what it comes to in a day, too."""
    if row["value"] is None:
        return "cost not known" if row["checked"] == "new_escapes" else "no end in sight"
    told = _figure(row, row["value"])
    is_slope = row["checked"] == "slope"
    return f"{told}, {signed(row['value'] * _DAY_S, unit='bytes')} a day" if is_slope else told


def interval(row: Row) -> str:
    """Where the measure may be; empty where it is exact."""
    low, high = row["low"], row["high"]
    if row["value"] is None or low == high:
        return "" if low is not None or row["value"] is None else "not known"
    if low is None:
        return f"up to {_figure(row, high)}"
    return f"from {_figure(row, low)}" if high is None else f"{_figure(row, low)} to {_figure(row, high)}"


def sentence(row: Row) -> str:
    """What was found, in one sentence."""
    told = f"{NAMES[row['checked']]} of {subject(row)}: {measured(row)}"
    if between := interval(row):
        told += f" (95 %: {between})"
    ends = {
        "breach": f"beyond {row['option']}",
        "uncertain": f"beyond {row['option']}, but noise may account for that",
        "ok": f"within {row['option']}",
    }
    if row["checked"] == "new_escapes":
        ends |= {"uncertain": f"no heap profile tells whether it is beyond {row['option']}"}
    why = f"; {row['reason']}" if row.get("reason") else ""
    return printable(f"{told}, {ends[row['verdict']]}{why}")


def places(row: Row) -> list[Row]:
    """Where to look, the first place first: of the row itself, then its sites; each with a file."""
    return [place for place in (row, *row["sites"]) if place.get("file")]


def short_place(place: Row) -> str:
    """A file with its folder, and the line."""
    return f"{short_path(place['file'].lstrip('/'))}:{place['line']}" if place.get("file") else str(place["function"])


def _owner(row: Row) -> list[str]:
    """Whose it is, and where that is one place, at which."""
    return [subject(row), *([short_place(row)] if row.get("file") else [])]


def _to_look_at(rows: Sequence[Row]) -> dict[str, list[tuple[str, str, str]]]:
    """Places of what does not keep to its threshold, by whose it is: those of a series once, whatever it fails."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        if row["verdict"] != "ok" and (told := [_site(place) for place in places(row)]):
            name = subject(row)
            found[name] = list(dict.fromkeys([*found.get(name, []), *told]))
    return found


def _site(site: Row) -> tuple[str, str, str]:
    grown = site.get("growth_bytes")
    if site.get("checked") in ("site_growth", "goroutine_growth", "goroutines"):
        return f"  {measured(site)}", short_place(site), site.get("reason") or site.get("function") or ""
    return f"  {'' if grown is None else signed(grown, unit='bytes')}", short_place(site), site.get("reason") or ""


def _figure(row: Row, value: float) -> str:
    unit, is_room = row["unit"], row["checked"] in ("headroom", "new_escapes")
    if unit == "bytes":
        return readable(value, unit="bytes") if is_room else signed(value, unit="bytes")
    if unit == "bytes/s":
        return f"{signed(value * 3600, unit='bytes')}/h"
    if unit == "share":
        return f"{'+' if value > 0 else ''}{share(value)}"
    if unit == "goroutines":
        return signed(value, unit="") if row["checked"] == "goroutine_growth" else readable(value, unit="")
    return readable(value, unit={"ns": "nanoseconds", "s": "seconds"}[unit])
