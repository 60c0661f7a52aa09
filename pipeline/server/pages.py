"""HTML for people: one function a page, each a few questions and a template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipeline.errors import PipelineError, QueryError
from pipeline.outputs import chart, excerpt, report, tabular, wording
from pipeline.outputs.elsewhere import elsewhere
from pipeline.outputs.web import Options, options, render
from pipeline.resources import asset
from pipeline.schema import tables
from pipeline.server import once, question, question_of_others
from pipeline.server.lanes import of_others
from pipeline.source_code import SourceReader
from pipeline.values import Answer, Result
from pipeline.warehouse import (
    flame_tree,
    growth_questions,
    leaf_modules,
    listing_questions,
    questions,
    report_questions,
    server_questions,
)
from pipeline.warehouse.modules import modules
from pipeline.warehouse.query import answer, named_rows, public_names

if TYPE_CHECKING:
    import duckdb

    from pipeline.source_code import Places

NAVIGATION: Final = (
    ("/", "Overview"),
    ("/growth", "Growth"),
    ("/flame", "Flame graph"),
    ("/escapes", "Escapes"),
    ("/gc", "GC and memory"),
    ("/goroutines", "Goroutines"),
    ("/timeline", "Timeline"),
    ("/views", "Tables and views"),
    ("/sql", "SQL"),
)
CHARTS: Final = ("units.js", "vendor/uPlot.iife.min.js", "app.js")
_SITES: Final = 25
_ROWS_SHOWN: Final = 500
_REFUSED: Final = 10
_ROWS_DRAWN: Final = 5_000
_MEDIA: Final = {"css": "text/css", "js": "text/javascript"}
_ASSET: Final = re.compile(r"(?:vendor/)?[A-Za-z][A-Za-z0-9.-]*\.(css|js)")


def routes() -> list[Route]:
    """Every page, and what pages are made of."""
    return [
        Route("/", _overview),
        Route("/growth", _growth),
        Route("/views", _views),
        Route("/views/{name}", of_others(_view)),
        Route("/sql", of_others(_sql)),
        Route("/assets/{name:path}", _asset),
    ]


def page(
    request: Request, template: str, /, *, status: int = 200, scripts: Sequence[str] = (), **values: object
) -> Response:
    """A page of the application."""
    html = render(template, here=request.url.path, navigation=NAVIGATION, scripts=scripts, **values)
    return HTMLResponse(html, status)


def message(request: Request, title: str, text: str, *, status: int) -> Response:
    """A page that says in a sentence why there is no other."""
    return page(request, "message.html", status=status, title=title, message=text)


def _overview(request: Request) -> Response:
    with question(request) as connection:
        services = wording.rows_of(server_questions.services(connection))
        inputs = wording.rows_of(server_questions.inputs_by_status(connection))
        top = wording.rows_of(server_questions.top_sites(connection))
        refused = wording.rows_of(questions.refused(connection))
        notes = wording.rows_of(questions.notes(connection))
    return page(
        request,
        "overview.html",
        services=services,
        inputs=inputs,
        top=top,
        refused=refused[:_REFUSED],
        others=len(refused[_REFUSED:]),
        notes=[report.note(row) for row in notes],
    )


def _growth(request: Request) -> Response:
    asked = request.query_params
    service = asked.get("service", "")
    with question(request) as connection:
        choices = once(request, connection, _grown)
        own = choices if not service else choices.of(service)
        chosen = chosen_row(own.every, "series_id", asked.get("series", ""))
        told, moments, window = [], [], None
        if chosen.table.num_rows:
            one = chosen.table.to_pylist()[0]
            heaps = report_questions.live_heap(connection, [one["series_id"]])
            moments, window = _moments(heaps), _window(heaps, asked.get("from", ""), asked.get("to", ""))
            if window:
                chosen = growth_questions.within(connection, _between(heaps, window))
                one = chosen.table.to_pylist()[0]
            names = once(request, connection, flame_tree.every_name)
            leaves = once(request, connection, leaf_modules.every_leaf_module)
            section = _section(connection, chosen, live=heaps, window=window, names=names, leaves=leaves)
            section = _with_source(request, connection, section, window)
            told = [section.with_window([key for key, _ in moments], window)]
    return page(
        request,
        "growth.html",
        scripts=report.SCRIPTS,
        service=service,
        services=choices.services,
        series=own.options,
        chosen=one["series_id"] if told else "",
        moments=moments,
        ends=(one["first_profile_id"], one["last_profile_id"]) if told else (),
        is_window=window is not None,
        query=growth_questions.BETWEEN.format(one["series_id"], *window) if window else "",
        told=told,
        nothing=report.NOTHING,
    )


def _section(
    connection: duckdb.DuckDBPyConnection,
    series: Result,
    *,
    live: Result,
    window: tuple[int, int] | None,
    names: flame_tree.Names | None,
    leaves: leaf_modules.LeafModules | None,
) -> report.Section:
    """What the report says of one series, asked as far as it is shown: of its sites a few, and not what was refused.

    live    of `report_questions.live_heap`
    window  from a profile to a later one; the whole series when None
    names   as in `flame_tree.tree`
    leaves  the module of each stack's leaf, where they are at hand
    """
    ids = series.table["series_id"].to_pylist()
    (one,) = series.table.select(["first_profile_id", "last_profile_id"]).to_pylist()
    ends = window or (one["first_profile_id"], one["last_profile_id"])
    profiles = live.table["profile_id"].to_pylist()
    layouts = names.layouts if names else None
    top = report_questions.top_sites(connection, ids[0], _SITES, profiles=profiles, window=window, layouts=layouts)
    explained = sorted({one for one in top.sites.table["escape_site_id"].to_pylist() if one is not None})
    weighed = flame_tree.weighed(connection, ends[:1], ends[1:], "inuse_space", layouts=layouts)
    modules = (
        leaf_modules.growth_by_module(leaves, weighed, ids[0])
        if leaves
        else growth_questions.growth_by_module(connection, ids, window=ends)
    )
    own = Result("growth by own code", (), modules.table.slice(0, 0))
    if elsewhere(modules.table.to_pylist()):
        own = growth_questions.growth_by_own_code(connection, ids, window=ends)
    nothing = Result("nothing", (), pa.table({}))
    data = report.ReportData(
        series=series,
        growth=top.sites,
        rest=top.rest,
        coverage=top.coverage,
        modules=modules,
        own=own,
        flow=questions.flows(connection, ids, explained) if explained else nothing,
        tree=flame_tree.folded(connection, weighed, names=names),
        live=live,
        refused=nothing,
        notes=nothing,
    )
    (section,) = report.sections(data, site_limit=_SITES)
    return section


def _with_source(
    request: Request, connection: duckdb.DuckDBPyConnection, section: report.Section, window: tuple[int, int] | None
) -> report.Section:
    """The sites with their source, as far as the server was told where it is."""
    places: Places | None = request.app.state.sources
    if places is None:
        return section
    # All of them: at the lines around one that is shown others may stand.
    series_id = int(wording.number(section.series, "series_id"))
    rows = report_questions.changed_sites(connection, [series_id], window=window).table.to_pylist()
    ends = window or [int(wording.number(section.series, f"{end}_profile_id")) for end in ("first", "last")]
    shown = "|".join(sorted({re.escape(wording.text(site, "function")) for site in section.sites}))
    verdicts = listing_questions.verdicts(connection, ends, f"^({shown})$").table.to_pylist()
    # Read anew for each page: who looks at it may have changed a line.
    read = SourceReader(places).lines
    return section.with_source(
        [excerpt.excerpt(site, sites=rows, verdicts=verdicts, read=read) for site in section.sites]
    )


def _views(request: Request) -> Response:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in public_names():
        groups.setdefault(name.rpartition(".")[0] or "tables of the lake", []).append((name, _meaning(name)[0]))
    return page(request, "views.html", scripts=CHARTS, groups=groups)


def _view(request: Request) -> Response:
    name = request.path_params["name"]
    with question_of_others(request) as connection:
        found = _first_of(named_rows(connection, name, where={}, order=(), limit=_ROWS_SHOWN + 1), _ROWS_SHOWN + 1)
    columns, rows, is_cut = _shown(found)
    summary, docs = _meaning(name)
    return page(
        request, "view.html", name=name, summary=summary, docs=docs, columns=columns, answer=rows, is_cut=is_cut
    )


def _sql(request: Request) -> Response:
    query, as_chart = request.query_params.get("q", ""), request.query_params.get("as") == "chart"
    columns: list[tuple[str, bool]] = []
    rows: list[list[str]] = []
    error, is_cut, drawn = "", False, None
    if query.strip():
        try:
            with question_of_others(request) as connection:
                found = _first_of(answer(connection, query), _ROWS_DRAWN if as_chart else _ROWS_SHOWN + 1)
            columns, rows, is_cut = _shown(found)
            drawn = chart.chart(found) if as_chart else None
        except PipelineError as refused:
            error = str(refused)
    return page(
        request,
        "sql.html",
        status=400 if error else 200,
        scripts=CHARTS,
        query=query,
        as_chart=as_chart,
        chart_data=drawn,
        error=error,
        columns=columns,
        answer=rows,
        is_cut=is_cut,
        names=public_names(),
    )


def _asset(request: Request) -> Response:
    found = _ASSET.fullmatch(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "there is no such asset")
    try:
        text = _text_of(found[0])
    except FileNotFoundError:
        raise HTTPException(404, "there is no such asset") from None
    return Response(text, media_type=_MEDIA[found[1]], headers={"cache-control": "max-age=300"})


@cache
def _text_of(name: str) -> str:
    return asset(name)


# ---- what is chosen


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Every series that can be chosen, their services, and what each is called; and the same as the choices of a page."""

    every: Result
    services: Sequence[tuple[str, str]]
    names: Sequence[str]
    options: Options

    @classmethod
    def among(cls, every: Result) -> Choices:
        """All of them."""
        named = named_series(every)
        # Made once: a thousand of them are a third of what a page takes.
        return cls(every, distinct(every, "service"), [name for _, name in named], options(named))

    def of(self, service: str) -> Choices:
        """Those of a service."""
        is_own = pc.equal(self.every.table["service"], service)
        return Choices.among(Result(self.every.name, self.every.columns, self.every.table.filter(is_own)))


def _grown(connection: duckdb.DuckDBPyConnection) -> Choices:
    return Choices.among(questions.series(connection, questions.Selection()))


def chosen_row(found: Result, column: str, wanted: str) -> Result:
    """The row that is asked for, the first without."""
    if not wanted:
        return found.first(1)
    place = [str(value) for value in found.table[column].to_pylist()]
    if wanted not in place:
        raise QueryError(f"series={wanted}: not among the {len(place):,} that there are; see /growth without it")
    return Result(found.name, found.columns, found.table.slice(place.index(wanted), 1))


def among(text: str, known: Sequence[int]) -> int | None:
    """A profile of the series; None when none is named."""
    if not text:
        return None
    if text not in map(str, known):
        raise QueryError(f"profile={text}: not one of the series, which has {', '.join(map(str, known[:20]))}")
    return int(text)


def distinct(found: Result, column: str) -> list[tuple[str, str]]:
    """The values of a column as choices, in order; none for NULL and for the empty text."""
    return [(value, value) for value in sorted({value for value in found.table[column].to_pylist() if value})]


def named_series(found: Result) -> list[tuple[object, str]]:
    """Each series by number and name, with what it gained where that is known."""
    return [
        (row["series_id"], " · ".join(filter(None, (wording.series_name(row), wording.text(row, "kind")))))
        for row in wording.rows_of(found)
    ]


def _moments(heaps: Result) -> list[tuple[int, str]]:
    """Each profile of a series and when it was taken; its place in the series where that is not known."""
    return list(
        zip(heaps.table["profile_id"].to_pylist(), wording.moments(heaps.table["taken_at"].to_pylist()), strict=True)
    )


def _window(heaps: Result, first: str, last: str) -> tuple[int, int] | None:
    """The profiles that growth is asked of, the earlier one first; None for the first and the last, which is the whole series."""
    ids = heaps.table["profile_id"].to_pylist()
    places = [ids.index(among(text, ids) or ids[end]) for text, end in ((first, 0), (last, -1))]
    if places[0] >= places[1]:
        raise QueryError(f"from={first[:200]} to={last[:200]}: growth is from a profile to a later one")
    return None if places == [0, len(ids) - 1] else (ids[places[0]], ids[places[1]])


def _between(heaps: Result, window: tuple[int, int]) -> list[int]:
    """The profiles of a series from one to a later one."""
    ids: list[int] = heaps.table["profile_id"].to_pylist()
    return ids[ids.index(window[0]) : ids.index(window[1]) + 1]


def _first_of(found: Answer, limit: int) -> Result:
    """No more rows than that; the others are not asked for."""
    batches, rows = [], 0
    for batch in found.batches:
        batches.append(batch)
        rows += batch.num_rows
        if rows >= limit:
            break
    return Result(found.name, found.columns, pa.Table.from_batches(batches, schema=found.schema)).first(limit)


def _shown(found: Result) -> tuple[list[tuple[str, bool]], list[list[str]], bool]:
    """As many rows as a page shows, and whether there are more."""
    columns, texts = tabular.cells(found.first(_ROWS_SHOWN))
    return columns, texts, found.table.num_rows > _ROWS_SHOWN


def _meaning(name: str) -> tuple[str, list[tuple[str, str]]]:
    """What a table or view is, and each of its columns."""
    if "." in name:
        view = modules()[name]
        return view.summary, [(item.name, item.doc) for item in view.items]
    table = tables()[name]
    return table.summary, [(column.name, column.doc) for column in table.columns]
