"""A listing as `source` makes it, with what the compiler said of each line beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from pipeline.outputs.pprof.nodes import clean
from pipeline.outputs.pprof.report import Report
from pipeline.outputs.pprof.source import Line, Routine, figures, heading, shown
from pipeline.source_code import split_list, trimmed
from pipeline.text import printable
from pipeline.values import Result, ResultColumn

Row = Mapping[str, Any]

_TAB: Final = 8
# Verdicts stand in one column, unless lines of source are longer than this.
_WIDEST: Final = 96
_BESIDE: Final = "  │ "


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the compiler said, by file as the report names it and line.

    owners  services and builds that there are reports of; with several, verdicts say whose they are
    """

    lines: Mapping[tuple[str, int], Sequence[Row]]
    owners: Sequence[tuple[str | None, str | None]]


def verdicts_of(report: Report, rows: Sequence[Row], *, owners: Sequence[tuple[str | None, str | None]]) -> Verdicts:
    """Rows of `escape.on_lines`, by the names that the report's options make of files."""
    settings = report.settings
    prefixes, folders = split_list(settings.trim_path), split_list(settings.source_path)
    lines: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        file = clean(trimmed(row["file"], prefixes=prefixes, folders=folders))
        lines.setdefault((file, row["line"]), []).append(row)
    return Verdicts(lines, owners)


def annotated(report: Report, routines: Sequence[Routine], verdicts: Verdicts, *, is_explained: bool) -> str:
    """The listing as text.

    is_explained  what is on the heap says why
    """
    lines = [f"Total: {report.written(report.total, report.settings.unit)}"]
    for routine in routines:
        lines += heading(report, routine)
        if routine.missing:
            lines.append(printable(f" Error: {routine.missing}"))
        lines += _beside(report, routine, verdicts, is_explained=is_explained)
    return "\n".join(lines)


def table(report: Report, routines: Sequence[Routine], verdicts: Verdicts) -> Result:
    """The same, a row a line."""
    rows = [
        {
            "function": routine.name,
            "file": routine.file,
            "line": line.number,
            "flat": line.flat,
            "cum": line.cum,
            "source": line.text,
            "verdicts": [_told(row) for row in verdicts.lines.get((routine.file, line.number), ())],
        }
        for routine in routines
        for line in all_lines(routine, verdicts)
    ]
    verdict = pa.struct(
        [(name, pa.string()) for name in ("service", "build", "kind", "expression", "message", "reason")]
    )
    verdict = pa.struct([*verdict, pa.field("column", pa.int32())])
    types = {
        "function": pa.string(),
        "file": pa.string(),
        "line": pa.int64(),
        "flat": pa.int64(),
        "cum": pa.int64(),
        "source": pa.string(),
        "verdicts": pa.list_(verdict),
    }
    docs = {
        "function": "Function.",
        "file": "Its file, as the profile names it.",
        "line": "Line.",
        "flat": f"{report.sample_type} of the line itself, {report.unit}.",
        "cum": f"{report.sample_type} of it and all it calls, {report.unit}.",
        "source": "The line; NULL where the source is not at hand.",
        "verdicts": "What the compiler said of it: the reports of the profiles' builds.",
    }
    columns = tuple(ResultColumn(name, doc) for name, doc in docs.items())
    return Result("list", columns, pa.Table.from_pylist(rows, pa.schema(list(types.items()))))


def all_lines(routine: Routine, verdicts: Verdicts) -> list[Line]:
    """The lines of a function: with source those that pprof lists, without it those with samples or a verdict."""
    lines = {line.number: line for line in (*routine.lines, *routine.beyond)}
    if routine.file:
        first, last = routine.span
        spoken_of = (number for file, number in verdicts.lines if file == routine.file and first <= number <= last)
        lines = {number: Line(number, 0, 0, None) for number in spoken_of} | lines
    return [lines[number] for number in sorted(lines)]


def _told(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("service", "build", "kind", "expression", "message", "reason", "column")}


def _beside(report: Report, routine: Routine, verdicts: Verdicts, *, is_explained: bool) -> Iterator[str]:
    rows = []
    for line in all_lines(routine, verdicts):
        source = _without_tabs(f"{figures(report, line)}:{shown(line.text or '')}")
        said = verdicts.lines.get((routine.file, line.number), ())
        rows.append((source, list(_sentences(said, verdicts.owners, is_explained=is_explained))))
    width = max((len(source) for source, sentences in rows if sentences), default=0)
    width = min(width, _WIDEST)
    for source, sentences in rows:
        if not sentences:
            yield source.rstrip()
            continue
        yield f"{source:<{width}}{_BESIDE}{sentences[0]}"
        yield from (f"{'':<{width}}{_BESIDE}{more}" for more in sentences[1:])


def _sentences(
    rows: Sequence[Row], owners: Sequence[tuple[str | None, str | None]], *, is_explained: bool
) -> Iterator[str]:
    """Each verdict once, with whose it is unless it is everybody's."""
    of_verdict: dict[str, list[tuple[str | None, str | None]]] = {}
    for row in sorted(rows, key=_place):
        text = row["reason"] if is_explained and row["reason"] else row["message"]
        of_verdict.setdefault(text, []).append((row["service"], row["build"]))
    for text, those in of_verdict.items():
        is_everybodys = set(owners) <= set(those)
        whose = "" if is_everybodys else f"{', '.join(owner_name(one) for one in dict.fromkeys(those))}: "
        yield printable(f"{whose}{text}")


def owner_name(owner: tuple[str | None, str | None]) -> str:
    """A service and a build, as far as they are known."""
    service, build = owner
    return " ".join(part for part in (service, build and f"build {build}") if part) or "without a build"


def _place(row: Row) -> tuple[int, str, str]:
    return row["column"], row["kind"], row["message"]


def _without_tabs(text: str) -> str:
    """Spaces for tabs, so that what stands beside can be aligned."""
    return text.expandtabs(_TAB)
