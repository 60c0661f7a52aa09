"""How pages word a row of an answer: places, times, speeds, and what to say when something is not known."""

from __future__ import annotations

import datetime
import math
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.outputs.units import byte_rate, readable, share
from pipeline.values import Result

Row: TypeAlias = Mapping[str, object]


# In the module cache: goja@v0.0.0-20260917113740-793a2a65c13b.
_VERSION: Final = re.compile(r"@v[^@]*$")
_MAJOR: Final = re.compile(r"v[0-9]+")
# What `profile.taken_at` is when the file does not say.
_NEVER: Final = datetime.datetime(1970, 1, 1)
# Of an expression, in a name.
_BRIEF: Final = 32
# What stands before a log's lines may be long.
_PREFIX_CHARS: Final = 80


def series_name(row: Row) -> str:
    """Service, instance and build of a series, what its executable says in place of labels, or else its number."""
    named = [text(row, "service") or program_name(row), text(row, "instance"), build_name(row)]
    return " · ".join(part for part in named if part) or f"series {row.get('series_id', '')}"


def process_name(row: Row) -> str:
    """Service, instance and build of a process, the file that tells of it, what tells it apart there, and its number."""
    others = int(text(row, "files") or 1) - 1
    number_there = row.get("process")
    prefix = text(row, "prefix")
    named = [
        text(row, "service"),
        text(row, "instance") and f"instance {text(row, 'instance')}",
        text(row, "build") and f"build {text(row, 'build')}",
        os.path.basename(text(row, "uri")) + (f" and {others:,} more" if others else ""),
        prefix if len(prefix) <= _PREFIX_CHARS else f"{prefix[:_PREFIX_CHARS]}…",
        f"process {number_there}" if number_there else "",
    ]
    return " · ".join(part for part in named if part)


def program_name(row: Row) -> str:
    """The main package of a series, or how its executable is called; empty when neither is known."""
    return text(row, "main_package") or os.path.basename(text(row, "program"))


def build_name(row: Row) -> str:
    """The build of a series by its label, or by version or commit of its executable; empty when none is known."""
    if build := text(row, "build"):
        return f"build {build}"
    if version := text(row, "version"):
        return f"version {version}"
    commit, *dirty = text(row, "revision").split("-")
    # Of a commit as much as people type.
    return f"commit {'-'.join([commit[:12], *dirty])}" if commit else ""


def slope(row: Row) -> str:
    """The speed of growth, or `unknown`."""
    return byte_rate(number(row, "slope_bytes_per_s")) if is_known(row, "slope_bytes_per_s") else "unknown"


def fit(row: Row) -> str:
    """R² with two digits, or `unknown`."""
    return f"{number(row, 'r2'):.2f}" if is_known(row, "r2") else "unknown"


def error(row: Row) -> str:
    """The relative error in per cent, empty when unknown."""
    return share(number(row, "relative_error")) if is_known(row, "relative_error") else ""


def rose(row: Row, profiles: int) -> str:
    """`9/12`: in how many intervals between profiles the site grew."""
    intervals = profiles - 1
    if intervals < 1 or not is_known(row, "rising_share"):
        return ""
    return f"{round(number(row, 'rising_share') * intervals)}/{intervals}"


def habit(row: Row, *, profiles: int) -> str:
    """How a site grows, as a sentence: how fast, and in how many intervals."""
    rises, _, intervals = rose(row, profiles=profiles).partition("/")
    said = [f"grows by {slope(row).removeprefix('+')}"] if is_known(row, "slope_bytes_per_s") else []
    if intervals:
        said.append("rose in every interval" if rises == intervals else f"rose in {rises} of {intervals} intervals")
    return f" It {' and '.join(said)}." if said else ""


def place(row: Row) -> str:
    """File and line of a site, or its function when it has no file."""
    file = text(row, "file") or text(row, "function") or "unknown place"
    line = int(number(row, "line"))
    return f"{file}:{line}" if line else file


def short_path(place: str) -> str:
    """A file with its folder, which is how people name it; of a module's folder without the version, of one `v2` with what it is of."""
    parts = [_VERSION.sub("", part) for part in place.split("/")]
    return "/".join(parts[-3 if len(parts) > 2 and _MAJOR.fullmatch(parts[-2]) else -2 :])


def site_names(rows: Sequence[Row]) -> list[str]:
    """Each site by file and line; those that share a line with what is allocated there."""
    places = [short_path(place(row)) for row in rows]
    often = Counter(places)
    told = (text(row, "expression") or text(row, "attribution") for row in rows)
    brief = (more if len(more) <= _BRIEF else f"{more[:_BRIEF]}…" for more in told)
    return [f"{name} {more}".rstrip() if often[name] > 1 else name for name, more in zip(places, brief, strict=True)]


def short_name(function: str | None) -> str:
    """A Go name without the folders of its import path: `store.(*Cache).Put`; type arguments keep theirs."""
    name, bracket, arguments = (function or "").partition("[")
    return name.rsplit("/", 1)[-1] + bracket + arguments


def history(row: Row) -> list[float]:
    """The site's live bytes per profile; empty when the row has none."""
    held = row.get("history")
    return [float(value or 0) for value in held] if isinstance(held, list) else []


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A series of live bytes as a small picture: its points, where it ends, and what it says."""

    line: str
    end: tuple[str, str]
    told: str


def sparkline(row: Row) -> Sparkline | None:
    """The picture of a site's history, from zero; None without two points."""
    values = history(row)
    if len(values) < 2:
        return None
    width, height, edge = 112.0, 24.0, 2.5
    highest = max(*values, 1.0)
    points = [
        (
            f"{edge + (width - 2 * edge) * place / (len(values) - 1):.1f}",
            f"{height - edge - (height - 2 * edge) * max(value, 0.0) / highest:.1f}",
        )
        for place, value in enumerate(values)
    ]
    told = f"live bytes from {readable(values[0], unit='bytes')} to {readable(values[-1], unit='bytes')}"
    return Sparkline(" ".join(map(",".join, points)), points[-1], told)


def between(row: Row) -> str:
    """The time a series covers, as the beginning of a sentence."""
    first, last = _moment_in(row, "first_at"), _moment_in(row, "last_at")
    if first is None or last is None:
        return "In the time covered"
    begun, ended = moments([first, last])
    day = begun[: len("2026-11-30 ")]
    if ended.startswith(day):
        return f"Between {begun.removeprefix(day).removesuffix(' UTC')} and {ended.removeprefix(day)} on {day.rstrip()}"
    return f"Between {begun} and {ended}"


def span(row: Row) -> str:
    """From when to when a series lasts, and how long that is."""
    first, last = _moment_in(row, "first_at"), _moment_in(row, "last_at")
    if first is None or last is None:
        return "times unknown"
    if first == last:
        return moment(first)
    begun, ended = moments([first, last])
    # A day that is over by its own midnight is named once.
    ended = ended.removeprefix(begun[: len("2026-11-30 ")])
    return f"{begun.removesuffix(' UTC')} → {ended} ({duration(last - first)})"


def _moment_in(row: Row, name: str) -> datetime.datetime | None:
    value = row.get(name)
    return value if isinstance(value, datetime.datetime) and value.replace(tzinfo=None) != _NEVER else None


def moment(at: datetime.datetime) -> str:
    """A time to the minute, UTC."""
    in_utc = at.astimezone(datetime.UTC) if at.tzinfo else at
    return f"{in_utc:%Y-%m-%d %H:%M} UTC"


def moments(times: Sequence[datetime.datetime | None]) -> list[str]:
    """Times in a row, as exactly as tells each from the others; the place of one that is not known."""
    said = [f"profile {place}" if at is None else moment(at) for place, at in enumerate(times, start=1)]
    for digits in (0, 3, 6):
        if len(set(said)) == len(said):
            break
        said = [text if at is None else _exactly(at, digits) for text, at in zip(said, times, strict=True)]
    return said


def _exactly(at: datetime.datetime, digits: int) -> str:
    in_utc = at.astimezone(datetime.UTC) if at.tzinfo else at
    fraction = f".{in_utc:%f}"[: digits + 1] if digits else ""
    return f"{in_utc:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def counted(taking: str, profiles: int, duration: datetime.timedelta) -> str:
    """How several profiles of a span of time make one flame graph."""
    if taking == "state":
        return f"the last of {profiles:,} profiles, for its values are of a moment"
    if taking == "total":
        return f"the last of {profiles:,} profiles less the first, for its values have grown since the process began"
    covered = f", which cover {readable(duration.total_seconds(), unit='seconds')}" if duration else ""
    return f"the sum of {profiles:,} profiles{covered}"


def duration(length: datetime.timedelta) -> str:
    """A length of time in its two largest units."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} m"
    if minutes:
        return f"{minutes} m {seconds:02d} s"
    return f"{seconds} s" if seconds or not length else readable(length.total_seconds(), unit="seconds")


def rows_of(result: Result) -> list[Row]:
    """The rows as dictionaries, times in microseconds because Python has no finer ones."""
    fields = [
        field.with_type(pa.timestamp("us")) if pa.types.is_timestamp(field.type) else field
        for field in result.table.schema
    ]
    return list(result.table.cast(pa.schema(fields), safe=False).to_pylist())


def rows_by(result: Result, name: str) -> dict[object, list[Row]]:
    """The rows by the value of one column."""
    grouped: dict[object, list[Row]] = {}
    for row in rows_of(result):
        grouped.setdefault(row.get(name), []).append(row)
    return grouped


def tree_of(tree: Result, series_id: object) -> Result:
    """The rows of one series' flame graph; all when the tree has no series."""
    if "series_id" not in tree.table.schema.names:
        return tree
    column = tree.table.column("series_id")
    return Result(tree.name, tree.columns, tree.table.filter(pc.equal(column, pa.scalar(series_id, column.type))))


def text(row: Row, name: str) -> str:
    """A value as text, empty for NULL."""
    value = row.get(name)
    return "" if value is None else str(value)


def number(row: Row, name: str) -> float:
    """The value of a numeric column, 0 where it is not known."""
    return float(str(row[name])) if is_known(row, name) else 0.0


def is_known(row: Row, name: str) -> bool:
    """There is a value, and it is a finite number."""
    value = row.get(name)
    return value is not None and math.isfinite(float(str(value)))
