"""The page on escapes: what the compiler's verdicts weigh, as a tree and as a list."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import QueryError
from pipeline.outputs import flamegraph, tabular
from pipeline.outputs.units import byte_rate, readable
from pipeline.server import question
from pipeline.server.pages import page
from pipeline.values import Result
from pipeline.warehouse import escape_questions

_WEIGHTS = (("growth", "growth"), ("live", "live bytes"), ("alloc", "allocated bytes"))
_VERDICTS = 200
_DIFFERENCES = 500


def routes() -> list[Route]:
    """The page."""
    return [Route("/escapes", _escapes)]


def _weighed(told: Result) -> tuple[list[tuple[str, bool]], list[list[str]]]:
    """Verdicts as a table for people, with what they weigh first."""
    head = [("live", True), ("allocated", True), ("package", False), ("place", False), ("expression", False), ("certainty", False), ("reason", False)]  # fmt: skip
    rows = []
    for row in told.table.to_pylist():
        live, rate = row["live_bytes"], row["alloc_bytes_per_s"]
        weights = ["" if live is None else readable(float(live), unit="bytes"), "" if rate is None else byte_rate(rate).removeprefix("+")]  # fmt: skip
        rows.append([*weights, *(str(row[name] or "") for name, _ in head[2:])])
    return head, rows


def _escapes(request: Request) -> Response:
    asked = request.query_params
    weight, build, service, before = (asked.get(name, "") for name in ("weight", "build", "service", "before"))
    if weight and weight not in dict(_WEIGHTS):
        raise QueryError(f"weight={weight[:200]}: expected {', '.join(dict(_WEIGHTS))}")
    weight = weight or "growth"
    owner = {"service": service or None, "build": build or None}
    with question(request) as connection:
        builds = escape_questions.builds(connection).table["build"].to_pylist()
        services = escape_questions.services(connection).table["service"].to_pylist()
        tree = escape_questions.tree(connection, weight, **owner, package=None)
        is_diff = bool(build and before)
        if is_diff:
            told = escape_questions.differences(
                connection, before, build, service=service or None, package=None, place=""
            ).first(_DIFFERENCES)
        else:
            told = escape_questions.verdicts(connection, **owner, limit=_VERDICTS)
    columns, rows = tabular.cells(told) if is_diff else _weighed(told)
    figure = flamegraph.figure(
        tree, identifier="flame", label="escapes", unit="bytes", sample_type=dict(_WEIGHTS)[weight]
    )
    return page(
        request,
        "escapes.html",
        scripts=(*flamegraph.SCRIPTS, "vendor/uPlot.iife.min.js", "app.js"),
        weights=_WEIGHTS,
        weight=weight,
        builds=[(one, one) for one in builds],
        build=build,
        before=before,
        is_diff=is_diff,
        is_cut=is_diff and len(rows) == _DIFFERENCES,
        services=[(one, one) for one in services],
        service=service,
        figure=figure,
        columns=columns,
        answer=rows,
    )
