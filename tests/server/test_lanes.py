"""Threads for what may take long."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pipeline.server.lanes import CALLS, OTHERS, lanes
from tests.server.conftest import served

# Endless, and nothing that DuckDB could work out beforehand.
ENDLESS = "SELECT COUNT(*) FROM range(10_000_000) AS a (i), range(10_000_000) AS b (j) WHERE (a.i * b.j) % 7 = 3"


@pytest.mark.skipif(sys.platform != "linux", reason="a priority for every thread is Linux' own")
def test_queries_of_others_come_after_everything_else() -> None:
    threads = lanes()

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert threads[OTHERS].submit(priority).result() == min(priority() + 10, 19)
    assert threads[CALLS].submit(priority).result() == priority()


def test_endless_queries_leave_pages_and_calls_unharmed_and_end_with_the_server(database: Path) -> None:
    with ThreadPoolExecutor(8) as people, served(database) as asking:
        url = str(asking.base_url).rstrip("/")
        endless = [
            people.submit(httpx.get, f"{url}/query.json", params={"q": ENDLESS, "n": n}, timeout=60) for n in range(8)
        ]
        # They are on their way before anything else is asked.
        while not asking.get("/ready").is_success:
            pass
        pages = [asking.get(path).status_code for path in ("/", "/growth", "/flame", "/gc")]
        call = asking.post("/querier.v1.QuerierService/ProfileTypes", json={})
        were_running = not any(one.done() for one in endless)

    assert (pages, call.status_code, were_running) == ([200] * 4, 200, True)
    assert [one.result().status_code for one in endless if one.exception() is None and one.result().is_success] == []
