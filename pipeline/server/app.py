"""The routes, and what every answer has in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from pipeline.errors import PipelineError
from pipeline.server import (
    dashboards,
    data,
    escape_pages,
    flame_pages,
    gc_pages,
    goroutine_pages,
    metrics,
    pages,
    timeline_pages,
)
from pipeline.server.ahead import make_ahead
from pipeline.server.guard import LOOPBACK, Guard
from pipeline.server.kept import Kept
from pipeline.server.lanes import PAGES, lanes
from pipeline.server.pyroscope import calls, render
from pipeline.server.timelines import Timelines
from pipeline.source_code import Places
from pipeline.text import printable
from pipeline.warehouse.serving import Serving


def application(
    serving: Serving, *, hosts: Collection[str] = LOOPBACK, token: str = "", sources: Places | None = None
) -> Starlette:
    """The web application over a database.

    hosts  names that requests may call it by; any when empty
    token  what every request has to say; none when empty
    sources  where lines of source are read, and nowhere else; None for none
    """

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = PAGES
        ahead = asyncio.create_task(make_ahead(app, app.state.kept, serving))
        yield
        ahead.cancel()
        for one in (serving, app.state.others):
            one.close()
        for lane in app.state.lanes.values():
            lane.threads.shutdown(wait=False, cancel_futures=True)

    def keeping(inner: ASGIApp) -> Kept:
        app.state.kept = Kept(inner, serving.identity)
        return app.state.kept

    app = Starlette(
        routes=_routes(),
        middleware=[
            Middleware(partial(Guard, hosts=hosts, token=token)),
            Middleware(keeping),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=1),
        ],
        exception_handlers={PipelineError: _failed, HTTPException: _refused},
        lifespan=running,
    )
    app.state.serving = serving
    app.state.sources = sources
    app.state.timelines = Timelines()
    app.state.others = serving.beside()
    app.state.lanes = lanes()
    return app


def _routes() -> list[Route]:
    return [
        Route("/ready", _ready),
        *pages.routes(),
        *flame_pages.routes(),
        *escape_pages.routes(),
        *gc_pages.routes(),
        *goroutine_pages.routes(),
        *timeline_pages.routes(),
        *data.routes(),
        *metrics.routes(),
        *dashboards.routes(),
        *render.routes(),
        *calls.routes(),
    ]


def _ready(request: Request) -> Response:
    return PlainTextResponse("ready\n")


def _failed(request: Request, error: Exception) -> Response:
    """What somebody asked that cannot be answered, in a sentence."""
    return _told(request, "That cannot be answered", str(error), 400)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _told(request, error.detail, f"{request.url.path}: {error.detail}", error.status_code)


def _told(request: Request, title: str, text: str, status: int) -> Response:
    """To a browser as a page, to programs as a line."""
    if "text/html" in request.headers.get("accept", ""):
        return pages.message(request, title, text, status=status)
    return PlainTextResponse(f"heapscape: {printable(text)}\n", status)
