"""The page on goroutines: where those of profiles and dumps wait and how many more they become, and what those of a trace did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pyarrow.compute as pc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import goroutine_growth, goroutine_table, wording
from pipeline.server import once, question
from pipeline.server.pages import page
from pipeline.warehouse import goroutine_questions, questions, trace_questions

Row = Mapping[str, Any]

_PLACES = 40
# Series that are shown whole; the others are chosen by service.
_SERIES = 5


def routes() -> list[Route]:
    """The page."""
    return [Route("/goroutines", _goroutines)]


def _goroutines(request: Request) -> Response:
    service, wanted = request.query_params.get("service", ""), request.query_params.get("trace", "")
    with question(request) as connection:
        every = once(request, connection, goroutine_questions.series).table
        counted = every if not service else every.filter(pc.equal(every["service"], service))
        rows = goroutine_questions.growth(connection, of=counted.slice(0, _SERIES)).table.to_pylist()
        traces: list[Row] = questions.profiles(connection, questions.Selection(kind="trace")).table.to_pylist()
        trace = _chosen(traces, wanted)
        groups = trace_questions.goroutine_groups(connection, [trace["profile_id"]]).table.to_pylist() if trace else []
    series = [list(own) for _, own in groupby(rows, key=lambda row: (row["series_id"], row["source"]))]
    return page(
        request,
        "goroutines.html",
        scripts=("units.js", "vendor/uPlot.iife.min.js", "app.js"),
        services=[(name, name) for name in sorted(filter(None, pc.unique(every["service"]).to_pylist()))],
        service=service,
        series=[goroutine_growth.text(own, limit=_PLACES) for own in series],
        others=counted.num_rows - len(series),
        # The same beginnings of paths tell nobody which is which.
        traces=[(row["profile_id"], wording.process_name(row)) for row in traces],
        trace=trace["profile_id"] if trace else "",
        groups=goroutine_table.groups(trace, groups, limit=_PLACES) if trace and groups else "",
    )


def _chosen(traces: Sequence[Row], wanted: str) -> Row | None:
    """The trace that is asked for; the newest without."""
    if not wanted:
        return traces[-1] if traces else None
    found = next((row for row in traces if str(row["profile_id"]) == wanted), None)
    if found is None:
        raise QueryError(
            f"trace={wanted[:200]}: not among the {len(traces):,} that there are; see /goroutines without it"
        )
    return found
