"""Threads for what may take long: questions of others wait for one another, and never for a page or a page for them.

A connection is held by each that waits, and there are only so many: no more wait than leave room for everybody else, and
nobody who has gone away.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

# Pages are answered in threads of the framework, so many at a time: DuckDB's threads are what is scarce.
PAGES: Final = 8
# Grafana's calls, each of which adds up a selection that people made.
CALLS: Final = "calls"
# Queries and views that people name.
OTHERS: Final = "others"
_AT_A_TIME: Final = {CALLS: 4, OTHERS: 2}
# A quarter of the connections that there are.
MOST_ASKED: Final = 64
_END_S: Final = 0.05
# How much later the threads of others come when there is something else to do.
_NICE: Final = 10


@dataclass(slots=True)
class Lane:
    """Threads of their own, and how many have asked and have no answer yet."""

    threads: ThreadPoolExecutor
    asked: int = 0


def lanes() -> dict[str, Lane]:
    """The threads, by what they are for."""
    return {
        CALLS: Lane(ThreadPoolExecutor(_AT_A_TIME[CALLS], CALLS)),
        OTHERS: Lane(ThreadPoolExecutor(_AT_A_TIME[OTHERS], OTHERS, _step_back)),
    }


def of_others(endpoint: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that asks what people name."""

    async def waiting(request: Request) -> Response:
        return await run(request, OTHERS, endpoint, request)

    return waiting


async def run(request: Request, name: str, work: Callable[..., Response], *given: object) -> Response:
    """What may take long, in the threads that are for it."""
    lane: Lane = request.app.state.lanes[name]
    if lane.asked >= MOST_ASKED:
        raise HTTPException(503, f"{lane.asked} questions are waiting already; ask again later")
    lane.asked += 1
    gone = asyncio.create_task(_gone(request))
    job = lane.threads.submit(work, *given)
    answer = asyncio.wrap_future(job)
    try:
        await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        # What has not begun never does.
        answer.cancel()
        while not job.done():
            if asks := getattr(request.state, "asks", None):
                # Between two queries it ends neither.
                asks.interrupt()
            await asyncio.sleep(_END_S)
        raise ClientDisconnect
    finally:
        lane.asked -= 1
        gone.cancel()
        answer.cancel()


async def _gone(request: Request) -> None:
    """Comes back when the client has gone away; what it sends was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _step_back() -> None:
    """Linux has a priority for every thread, others for a process alone."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
