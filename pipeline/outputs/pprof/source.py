"""The report -list: functions line by line, with the weight of each; google/pprof, internal/report/source.go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.errors import UsageError
from pipeline.outputs import units
from pipeline.outputs.pprof.graph import Graph, frames_of, whole
from pipeline.outputs.pprof.pattern import matching
from pipeline.outputs.pprof.report import Report
from pipeline.source_code import NoSource, Places, SourceReader, split_list
from pipeline.text import printable

# Lines before the first one and behind the last one with samples.
_MARGIN = 5

# The lines of a file as a profile names it; raises NoSource.
Read = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source, and what its samples weigh.

    text  None where there is none at hand
    """

    number: int
    flat: int
    cum: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Routine:
    """A function's part of a file.

    file     as the profile names it; empty when it names none
    span     the first and the last line that count as its own
    lines    of the span, as far as there is source; without any, those with samples
    beyond   lines with samples that the source at hand is too short for
    missing  why there is no source; empty when there is
    """

    name: str
    file: str
    flat: int = 0
    cum: int = 0
    span: tuple[int, int] = (0, 0)
    lines: tuple[Line, ...] = ()
    beyond: tuple[Line, ...] = ()
    missing: str = ""


def listing(report: Report) -> str:
    """report.printSource."""
    lines = [f"Total: {report.written(report.total, report.settings.unit)}"]
    for routine in routines(report, read=reader(report).lines):
        lines += heading(report, routine)
        if routine.missing:
            lines.append(printable(f" Error: {routine.missing}"))
        elif routine.file:
            lines += [f"{figures(report, line)}:{shown(line.text or '')}" for line in routine.lines]
    return "".join(f"{line}\n" for line in lines)


def reader(report: Report) -> SourceReader:
    """What reads source where the report's options say; without any, in the folder one is in."""
    settings = report.settings
    return SourceReader(Places(split_list(settings.source_path or str(Path.cwd())), split_list(settings.trim_path)))


def heading(report: Report, routine: Routine) -> list[str]:
    """What stands above a function's lines."""
    if not routine.file:
        return [printable(f"No source information for {routine.name}")]
    flat, cum = (report.written(value, report.settings.unit) for value in (routine.flat, routine.cum))
    share = units.percentage(routine.cum, report.total)
    return [
        printable(f"ROUTINE ======================== {routine.name} in {routine.file}"),
        f"{flat:>10} {cum:>10} (flat, cum) {share} of Total",
    ]


def figures(report: Report, line: Line) -> str:
    """Flat and cum of a line, dots for nothing, and its number."""
    unit = report.settings.unit
    flat, cum = (report.written(value, unit) if value else "." for value in (line.flat, line.cum))
    return f"{flat:>10} {cum:>10} {line.number:>6}"


def shown(text: str) -> str:
    """A line of source as a terminal may show it: what it would obey is spelled out, tabs stay."""
    return "\t".join(map(printable, text.split("\t")))


def routines(report: Report, *, read: Read) -> list[Routine]:
    """The functions that the report's pattern finds, by name and file; raises UsageError when it finds none."""
    graph = whole(frames_of(report), drops_negative=report.settings.drop_negative)
    present = np.flatnonzero(graph.present)
    found = present[matching([graph.infos[node].name for node in present.tolist()], report.pattern)]
    if not len(found):
        raise UsageError(f"no matches found for regexp: {report.pattern}")
    by_name: dict[str, dict[str, list[int]]] = {}
    for node in found.tolist():
        info = graph.infos[node]
        files = by_name.setdefault(info.name, {})
        if info.file:
            files.setdefault(info.file, []).append(node)
    of_file = partial(_of_file, graph, read=read)
    return [routine for name in sorted(by_name) for routine in _of_function(name, by_name[name], of_file)]


def _of_function(
    name: str, files: dict[str, list[int]], of_file: Callable[[str, str, list[int]], Routine]
) -> Iterator[Routine]:
    if not files:
        yield Routine(name, "")
    for file in sorted(files):
        yield of_file(name, file, files[file])


def _of_file(graph: Graph, name: str, file: str, nodes: list[int], *, read: Read) -> Routine:
    """getSourceFromFile. Sums are of the graph's plain weights, whatever they are means of (Nodes.Sum)."""
    infos = [graph.infos[node] for node in nodes]
    weights: dict[int, tuple[int, int]] = {}
    for node, info in zip(nodes, infos, strict=True):
        flat, cum = weights.get(info.line, (0, 0))
        weights[info.line] = flat + int(graph.flat[node]), cum + int(graph.cum[node])
    flat, cum = int(graph.flat[nodes].sum()), int(graph.cum[nodes].sum())
    first = max(1, min(info.start_line or info.line - _MARGIN for info in infos))
    span = first, max(weights) + _MARGIN
    weighed = {number: Line(number, *weights[number], None) for number in sorted(weights)}
    try:
        text = read(file)
    except NoSource as missing:
        return Routine(name, file, flat, cum, span, tuple(weighed.values()), missing=str(missing))
    there = range(first, min(span[1], len(text)) + 1)
    lines = tuple(Line(number, *weights.get(number, (0, 0)), text[number - 1]) for number in there)
    beyond = tuple(line for number, line in weighed.items() if number > len(text))
    return Routine(name, file, flat, cum, span, lines, beyond)
