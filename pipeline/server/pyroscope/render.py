"""The addresses under /pyroscope/ that Profiles Drilldown asks by GET: a flame graph with its figures over time, and a difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import PipelineError
from pipeline.server import question
from pipeline.server.pyroscope import graphs
from pipeline.server.pyroscope import request as asked
from pipeline.server.pyroscope.calls import difference
from pipeline.server.pyroscope.connect import Refusal, refused
from pipeline.warehouse import pyroscope_questions as questions

if TYPE_CHECKING:
    import duckdb

# Points of a graph: as many as a screen shows, and none closer than Go's profiles are taken.
_POINTS: Final = 1500
_LEAST_STEP_MS: Final = 15_000


def routes() -> list[Route]:
    """Both addresses."""
    return [
        Route("/pyroscope/render", _answered(_render), methods=["GET"]),
        Route("/pyroscope/render-diff", _answered(_render_diff), methods=["GET"]),
    ]


def _answered(answer: Callable[[Request], Mapping[str, object]]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(answer(request))
        except (Refusal, PipelineError) as error:
            return refused(error)

    return endpoint


def _render(request: Request) -> Mapping[str, object]:
    format = request.query_params.get("format", "json")
    if format != "json":
        raise Refusal("unimplemented", f"format {format[:100]}: only json is given")
    selection, nodes = _selection(request, "query", "from", "until"), _nodes(request)
    is_average = request.query_params.get("aggregation", "sum") == "avg"
    names = asked.labels(request.query_params.getlist("groupBy"))
    with question(request) as connection:
        bars = questions.flame_graph(connection, questions.weights(connection, selection), max_nodes=nodes)
        whole = _timelines(connection, selection, [], is_average=is_average)
        groups = _timelines(connection, selection, names, is_average=is_average) if names else None
    return {
        **graphs.flamebearer(graphs.single(bars), selection.profile_type),
        "timeline": next(iter(whole.values()), _timeline(selection, [], [])),
        "groups": groups,
        "heatmap": None,
    }


def _render_diff(request: Request) -> Mapping[str, object]:
    left = _selection(request, "leftQuery", "leftFrom", "leftUntil")
    right = _selection(request, "rightQuery", "rightFrom", "rightUntil")
    nodes = _nodes(request)
    with question(request) as connection:
        graph = difference(connection, left, right, nodes)
    return {
        **graphs.flamebearer(graph, left.profile_type),
        "timeline": None,
        "groups": None,
        "heatmap": None,
    }


def _selection(request: Request, query: str, begin: str, end: str) -> questions.Selection:
    text, now_ms = request.query_params.get(query, ""), time.time_ns() // 1_000_000
    start, until = (
        asked.at_ms(request.query_params.get(name, fallback), now_ms=now_ms)
        for name, fallback in ((begin, "now-1h"), (end, "now"))
    )
    return asked.selection(asked.typed_query(text), text, start, until)


def _nodes(request: Request) -> int:
    given = request.query_params.get("max-nodes") or request.query_params.get("maxNodes") or "0"
    return asked.nodes(asked.whole(given))


def _step_ms(selection: questions.Selection) -> int:
    """From point to point, in whole seconds."""
    wanted = (selection.during.end - selection.during.start) / _POINTS
    return max(_LEAST_STEP_MS, int(-(-wanted // 1000)) * 1000)


def _timelines(
    connection: duckdb.DuckDBPyConnection, selection: questions.Selection, names: list[str], *, is_average: bool
) -> Mapping[str, Any]:
    """Figures over time for each value of the first label."""
    rows = questions.points(
        connection, selection, step_ms=_step_ms(selection), group_by=names[:1], limit=0, is_average=is_average
    ).table.to_pylist()
    return {
        (row["labels"][0] if row["labels"] else "") or "*": _timeline(selection, row["at_ms"], row["value"])
        for row in rows
    }


def _timeline(selection: questions.Selection, at_ms: Iterable[int], values: Iterable[float]) -> Mapping[str, object]:
    """Points one step apart, zero where there is none."""
    step, during = _step_ms(selection), selection.during
    samples = [0] * ((during.end - during.start) // step + 1)
    for at, value in zip(at_ms, values, strict=True):
        samples[(at - during.start) // step] = int(value)
    return {
        "startTime": during.start // 1000,
        "samples": samples,
        "durationDelta": step // 1000,
        "watermarks": None,
    }
