"""Pages that people come to first, made before anybody asks: when the server starts, and when a load is published."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from pipeline.errors import PipelineError
from pipeline.warehouse import server_questions

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from pipeline.server.kept import Kept
    from pipeline.warehouse.serving import Serving

# Of the services that grew most.
_SERVICES: Final = 40
# Of the series that grew most, as far as there is room for their pages.
_SERIES: Final = 2_000
# Pages of everything, which the navigation leads to; the first are what people see first.
_FIRST: Final = ("/", "/growth", "/flame", "/escapes", "/gc", "/goroutines", "/timeline")
_METRICS: Final = "/metrics"
# Who starts the server is served first; a load that is published is seen so soon.
_REST_S: Final = 2.0
# How soon after people is gone on, and how long is waited for an end of them.
_STEP_BACK_S: Final = 0.05
_MOST_STEPS: Final = 100


async def make_ahead(app: Starlette, kept: Kept, serving: Serving) -> None:
    """Ask for them one by one, while nobody else waits for a page, and rest as long as each took."""
    made = ""
    while True:
        await asyncio.sleep(_REST_S)
        try:
            state = serving.identity()
            if state == made:
                continue
            for path, query in await run_in_threadpool(addresses, serving):
                for _ in range(_MOST_STEPS):
                    if kept.is_at_rest():
                        break
                    await asyncio.sleep(_STEP_BACK_S)
                if serving.identity() != state:
                    break
                if not kept.has_room():
                    made = state
                    break
                began = time.monotonic()
                await kept(_scope(app, path, query), _nothing, _unheard)
                await asyncio.sleep(time.monotonic() - began)
            else:
                made = state
        except PipelineError:
            # The file is not there, or no database: who asks is told so.
            continue


def addresses(serving: Serving) -> list[tuple[str, str]]:
    """Path and query of each, as links have them."""
    with serving.question() as connection:
        found = server_questions.services(connection).table["service"].to_pylist()
        series = server_questions.grown_most(connection, _SERIES).table["series_id"].to_pylist()
    services = [name for name in found if name][:_SERVICES]
    return [
        *((path, "") for path in _FIRST),
        (_METRICS, ""),
        *(("/escapes", f"weight={weight}") for weight in ("live", "alloc")),
        *((path, f"service={quote_plus(service)}") for service in services for path in ("/growth", "/flame")),
        *((path, f"series={one}") for one in series for path in ("/growth", "/flame")),
    ]


def _scope(app: Starlette, path: str, query: str) -> dict[str, object]:
    """A browser's request; metrics are asked for by a program."""
    accept = b"*/*" if path == _METRICS else b"text/html"
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"accept", accept), (b"accept-encoding", b"gzip")],
        "app": app,
    }


async def _nothing() -> Message:
    # Nothing is sent, and nobody goes away.
    await asyncio.Event().wait()
    raise AssertionError


async def _unheard(message: Message) -> None:
    pass
