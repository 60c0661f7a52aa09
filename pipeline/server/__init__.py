"""DOOR: a read-only web application over a database, for browsers, Grafana and scripts.

app.py         the routes, and what every answer has in common
guard.py       who is answered: Host, Origin, token, sizes; the headers that keep a page to itself
connections.py  no connection is held for nothing
kept.py        answers that are kept: ETag, 304, and one question for what many ask at once
ahead.py       pages that people come to first, made before anybody asks
lanes.py       threads for what may take long
pages.py       HTML for people; flame_pages.py, escape_pages.py, gc_pages.py, goroutine_pages.py and timeline_pages.py have one each
timelines.py   what of a trace is added up once for its timeline
data.py        every view and any query as JSON, CSV, Arrow and Parquet
metrics.py     OpenMetrics for alerts
pyroscope/     the calls that Grafana's Pyroscope data source makes
dashboards.py  dashboards for Grafana, from the JSON in dashboards/
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    from starlette.requests import Request

    from pipeline.warehouse.serving import Serving

T = TypeVar("T")


def question(request: Request) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection for what a request asks; see warehouse/serving.py."""
    serving = cast("Serving", request.app.state.serving)
    return serving.question()


def once(request: Request, connection: duckdb.DuckDBPyConnection, ask: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """The answer to what follows from the state of the database alone, asked by the first request; see warehouse/serving.py."""
    serving = cast("Serving", request.app.state.serving)
    return serving.once(connection, ask)


def question_of_others(request: Request) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection for a query that somebody wrote, or a view that somebody named: what it needs is taken from no page."""
    serving = cast("Serving", request.app.state.others)
    return serving.question()
