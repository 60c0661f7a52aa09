"""The heap-growth report: per series what grew, where it was allocated, and why that is on the heap."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pipeline.notes import NOTE_KINDS
from pipeline.outputs import charts, excerpt, flamegraph, gc_text, memory_text, wording
from pipeline.outputs.chart import Chart
from pipeline.outputs.document import document
from pipeline.outputs.elsewhere import elsewhere
from pipeline.outputs.units import readable, share
from pipeline.outputs.wording import Row
from pipeline.values import Result

SCRIPTS: Final = (*flamegraph.SCRIPTS, "vendor/uPlot.iife.min.js", "app.js", "report.js")
STYLES: Final = ("page.css", "vendor/uPlot.min.css", "app.css")
NOTHING: Final = "No service has two heap profiles with a time, so there is no growth to tell."

# What each class of growth means, in the order of the bar: from explained to unknown.
CLASSES: Final[Mapping[str, str]] = {
    "escape": "one escape the compiler reported at this line explains it",
    "ambiguous": "several escapes stand on this line and the samples cannot tell them apart; all are listed",
    "implicit": "the language always allocates here and the compiler reports nothing: channels, maps, strings, append",
    "caller": "the allocating package has no escape report, which -gcflags=all=-m=2 gives it; the nearest caller with one is shown",
    "unmatched": "the package has a report, but this line is not in it: another build, or generated code",
    "unreported": "no package on the stack has an escape report; build with -gcflags=all=-m=2 and ingest the output",
}
# Modules and own lines that are told one by one.
_RANKED: Final = 8


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything the report shows, as the warehouse answers it.

    series    series_id, service, instance, build, first_at, last_at, profiles, first_bytes, last_bytes,
              growth_bytes, slope_bytes_per_s, r2
    growth    attribution.growth_by_site with `history` list<int64>, the site's live bytes per profile; a column
              `candidates` list<string> names what an ambiguous site could be
    coverage  attribution.coverage: series_id, attribution, growth_bytes, share
    modules   attribution.growth_by_module
    own       attribution.growth_by_own_code
    flow      escape.flow: escape_site_id, step, from, to, expression, operation, file, line
    tree      series_id and the columns of flame.tree or flame.diff
    live      series_id, taken_s and inuse_bytes of every profile, oldest first
    refused   uri, reason
    notes     kind, count; severity, uri or example where known
    collectors  of processes a row of gc.summary, its cycles and its pauses
    memories  of processes a row of mem.summary, and what memory was used for over time
    rest      sites that growth is without, added up by series_id: sites, growth_bytes, growth_share; None where it has all
    """

    series: Result
    growth: Result
    coverage: Result
    modules: Result
    own: Result
    flow: Result
    tree: Result
    live: Result
    refused: Result
    notes: Result
    collectors: Sequence[tuple[Result, Result, Result]] = ()
    memories: Sequence[tuple[Result, Result]] = ()
    rest: Result | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What is told of one series, in the order it is told; rows have what templates need beside what was answered.

    verdict   the answer in a sentence or two, in pieces that are a `size`, a `place` or words
    sites     the most growth first, each with the `flow`, `css` and `meaning` of its class
    rest      the sites that are not listed, added up; None without any
    modules   names with growth and share, the last one for all others; empty where it is all the program's own
    """

    number: int
    series: Row
    verdict: tuple[tuple[str, str], ...]
    sites: Sequence[Row]
    rest: Row | None
    coverage: Sequence[Row]
    modules: Sequence[tuple[str, float, float]]
    own: Sequence[tuple[str, float, float]]
    live: Chart | None
    flame: flamegraph.Figure

    def with_window(self, ids: Sequence[int], window: tuple[int, int] | None) -> Section:
        """The same with a chart in which a window of these profiles can be chosen, and is shown where there is one."""
        live: Chart | None = self.live and {**self.live, "ids": ids, "window": window}
        return replace(self, live=live)

    def with_source(self, excerpts: Sequence[Sequence[excerpt.Line]]) -> Section:
        """The same with lines of source for each site, none where they are not at hand."""
        pairs = zip(self.sites, excerpts, strict=True)
        return replace(self, sites=[{**row, "source": lines} for row, lines in pairs])

    @property
    def told_coverage(self) -> str:
        """Classes with their shares, as a sentence."""
        return ", ".join(f"{row['name']} {share(wording.number(row, 'share'))}" for row in self.coverage)


@dataclass(frozen=True, slots=True)
class Process:
    """What is told of a process: a text, and charts with their names and labels."""

    number: int
    text: str
    charts: Sequence[charts.Named] = field(default=())


def page(
    data: ReportData, *, title: str = "Heap growth", made_at: datetime.datetime | None = None, site_limit: int = 25
) -> str:
    """The report as one HTML file.

    made_at     printed when given; without it the same data make the same bytes
    site_limit  rows per growth table; the rest is one row with its sum, so nothing goes missing
    """
    told = sections(data, site_limit=site_limit)
    profiles = int(sum(wording.number(one.series, "profiles") for one in told))
    about = [f"{len(told):,} series", f"{profiles:,} heap profiles"]
    if made_at:
        about.append(f"made {wording.moment(made_at)}")
    return document(
        "report.html",
        scripts=SCRIPTS,
        styles=STYLES,
        title=title,
        about=about,
        sections=told,
        nothing=NOTHING,
        processes=processes(data),
        refused=wording.rows_of(data.refused),
        notes=[note(row) for row in wording.rows_of(data.notes)],
    )


def sections(data: ReportData, *, site_limit: int = 25) -> list[Section]:
    """What is told of each series, those that grew most first."""
    growth = wording.rows_by(data.growth, "series_id")
    coverage = wording.rows_by(data.coverage, "series_id")
    modules, own = wording.rows_by(data.modules, "series_id"), wording.rows_by(data.own, "series_id")
    flow, live = wording.rows_by(data.flow, "escape_site_id"), wording.rows_by(data.live, "series_id")
    rest = wording.rows_by(data.rest, "series_id") if data.rest else {}
    told = []
    for number, one in enumerate(wording.rows_of(data.series), start=1):
        key = one.get("series_id")
        sites = sorted(growth.get(key, ()), key=lambda row: (-wording.number(row, "growth_bytes"), wording.place(row)))
        is_elsewhere = bool(elsewhere(modules.get(key, ())))
        told.append(
            Section(
                number=number,
                series=one,
                verdict=verdict(one, sites),
                sites=[_site(row, flow.get(row.get("escape_site_id"), ())) for row in sites[:site_limit]],
                rest=_rest(sites[site_limit:], rest.get(key, ())),
                coverage=_coverage(coverage.get(key, ())),
                modules=_ranking([(_module(row), row) for row in modules.get(key, ())]) if is_elsewhere else (),
                own=_ranking([(_own(row), row) for row in own.get(key, ())]) if is_elsewhere else (),
                live=charts.live_heap(live.get(key, ()), sites),
                flame=flamegraph.figure(
                    wording.tree_of(data.tree, key),
                    identifier=f"flame-{number}",
                    label=f"Growth of {wording.series_name(one)}",
                    unit="bytes",
                ),
            )
        )
    return told


def verdict(series: Row, sites: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """What grew, and why; the places and sizes apart from the words around them."""
    grown = wording.number(series, "growth_bytes")
    said = [
        (f"{wording.between(series)} the live heap {'grew' if grown >= 0 else 'shrank'} by ", ""),
        (readable(abs(grown), unit="bytes"), "size"),
        (".", ""),
    ]
    top = sites[0] if sites else {}
    if grown <= 0 or wording.number(top, "growth_bytes") <= 0:
        return tuple(said)
    error, reason = wording.error(top), wording.text(top, "reason")
    part = f"{share(wording.number(top, 'growth_share'))}{', ±' + error if error else ''}"
    habit = wording.habit(top, profiles=int(wording.number(series, "profiles")))
    return (
        *said,
        (" ", ""),
        (readable(wording.number(top, "growth_bytes"), unit="bytes"), "size"),
        (f" of it ({part}) was allocated at ", ""),
        (wording.place(top), "place"),
        (": " if reason else "", ""),
        (reason, "reason"),
        (f".{habit}", ""),
    )


def processes(data: ReportData) -> list[Process]:
    """What is told of the collector and of memory, each process with its charts."""
    texts: list[tuple[str, Sequence[charts.Named]]] = [
        *((gc_text.text(_one(told)), charts.collector(cycles, pauses)) for told, cycles, pauses in data.collectors),
        *((memory_text.text(_one(told)), charts.memory(moments)) for told, moments in data.memories),
    ]
    return [Process(number, *told) for number, told in enumerate(texts, start=1)]


def _one(told: Result) -> Row:
    return wording.rows_of(told)[0]


# ---- what templates need beside what was answered


def _site(row: Row, steps: Sequence[Row]) -> Row:
    kind = wording.text(row, "attribution")
    ordered = sorted(steps, key=lambda step: wording.number(step, "step"))
    return {**row, **_class(kind), "flow": ordered, "source": ()}


def _class(name: str) -> dict[str, str]:
    return {"css": name if name in CLASSES else "unreported", "meaning": CLASSES.get(name, "")}


def _rest(sites: Sequence[Row], added: Sequence[Row]) -> dict[str, Any] | None:
    """Sites that are not listed, and what others are already added up to."""
    told = [*({**row, "sites": 1} for row in sites), *added]
    sums = {name: sum(wording.number(row, name) for row in told) for name in ("growth_bytes", "growth_share")}
    count = int(sum(wording.number(row, "sites") for row in told))
    return {"sites": count, **sums} if count else None


def _coverage(rows: Sequence[Row]) -> list[Row]:
    by_class = {wording.text(row, "attribution"): row for row in rows}
    ordered = [name for name in CLASSES if name in by_class] + sorted(set(by_class) - set(CLASSES))
    return [{**by_class[name], **_class(name), "name": name} for name in ordered]


def _module(row: Row) -> str:
    return " ".join(filter(None, (wording.text(row, "module"), wording.text(row, "version")))) or "unknown"


def _own(row: Row) -> str:
    return wording.place(row) if wording.text(row, "function") else "no code of the program’s own on the stack"


def _ranking(named: Sequence[tuple[str, Row]]) -> list[tuple[str, float, float]]:
    """The few that grew most, and the others as one row, so that nothing goes missing."""
    ordered = sorted(
        ((name, wording.number(row, "growth_bytes"), wording.number(row, "growth_share")) for name, row in named),
        key=lambda one: (-one[1], one[0]),
    )
    few, others = ordered[:_RANKED], ordered[_RANKED:]
    if others:
        few.append((f"{len(others):,} more together", sum(one[1] for one in others), sum(one[2] for one in others)))
    return few


def note(row: Row) -> dict[str, Any]:
    """A kind of note with what it means."""
    declared = NOTE_KINDS.get(wording.text(row, "kind"))
    return {
        "kind": wording.text(row, "kind"),
        "count": wording.number(row, "count"),
        "severity": wording.text(row, "severity") or (declared.severity if declared else ""),
        "advice": declared.advice if declared else "",
        "where": wording.text(row, "uri") or wording.text(row, "example"),
    }
