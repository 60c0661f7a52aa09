"""The application over the demo's database, as a real server that is asked as browsers and programs ask."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn

from pipeline.server.app import application
from pipeline.server.connections import Prompt
from pipeline.server.guard import LOOPBACK
from pipeline.source_code import Places
from pipeline.warehouse.serving import Serving


@contextmanager
def served(
    database: Path,
    *,
    hosts: Collection[str] = LOOPBACK,
    token: str = "",
    sources: Places | None = None,
    most: int | None = None,
) -> Iterator[httpx.Client]:
    """A client of a server that runs as long as the block."""
    app = application(Serving(str(database)), hosts=hosts, token=token, sources=sources)
    server = uvicorn.Server(
        uvicorn.Config(app, http=Prompt, log_level="warning", timeout_graceful_shutdown=2, limit_concurrency=most)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Thread(target=server.run, kwargs={"sockets": [listener]})
        running.start()
        while not server.started:
            time.sleep(0.01)
        try:
            with httpx.Client(base_url=f"http://localhost:{listener.getsockname()[1]}", timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            running.join()


@pytest.fixture(scope="session")
def database(demo: Path) -> Path:
    return demo


@pytest.fixture(scope="session")
def client(database: Path) -> Iterator[httpx.Client]:
    with served(database) as asking:
        yield asking
