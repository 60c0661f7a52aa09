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

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    from starlette.requests import Request

    from pipeline.warehouse.serving import Serving

T = TypeVar("T")


def question(request: Request) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection for what a request asks; see warehouse/serving.py."""
    return _asking(request, cast("Serving", request.app.state.serving))


def once(request: Request, connection: duckdb.DuckDBPyConnection, ask: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """The answer to what follows from the state of the database alone, asked by the first request; see warehouse/serving.py."""
    serving = cast("Serving", request.app.state.serving)
    return serving.once(connection, ask)


def question_of_others(request: Request) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection for a query that somebody wrote, or a view that somebody named: what it needs is taken from no page."""
    return _asking(request, cast("Serving", request.app.state.others))


@contextmanager
def _asking(request: Request, serving: Serving) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with serving.question() as connection:
            # Whoever learns that its client has gone away can end it.
            request.state.asks = connection
            yield connection
    except PipelineError as error:
        # Where the file is, is for who started the server.
        raise type(error)(str(error).replace(serving.path, Path(serving.path).name)) from error
