"""Threads for what may take long: questions of others wait for one another, and never for a page or a page for them."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

# Pages are answered in threads of the framework, so many at a time: DuckDB's threads are what is scarce.
PAGES: Final = 8
# Grafana's calls, each of which adds up a selection that people made.
CALLS: Final = "calls"
# Queries and views that people name.
OTHERS: Final = "others"
_AT_A_TIME: Final = {CALLS: 4, OTHERS: 2}
# How much later the threads of others come when there is something else to do.
_NICE: Final = 10


def lanes() -> dict[str, ThreadPoolExecutor]:
    """The threads, by what they are for."""
    return {
        CALLS: ThreadPoolExecutor(_AT_A_TIME[CALLS], CALLS),
        OTHERS: ThreadPoolExecutor(_AT_A_TIME[OTHERS], OTHERS, _step_back),
    }


def of_others(endpoint: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that asks what people name."""

    async def waiting(request: Request) -> Response:
        return await run(request, OTHERS, endpoint, request)

    return waiting


async def run(request: Request, lane: str, work: Callable[..., Response], *given: object) -> Response:
    """What may take long, in the threads that are for it."""
    threads: ThreadPoolExecutor = request.app.state.lanes[lane]
    return await asyncio.get_running_loop().run_in_executor(threads, partial(work, *given))


def _step_back() -> None:
    """Linux has a priority for every thread, others for a process alone."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
