"""Threads for what may take long."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from pipeline.server import lanes as server_lanes
from pipeline.server.lanes import CALLS, OTHERS, lanes
from tests.server.conftest import served

# Endless, and nothing that DuckDB could work out beforehand.
ENDLESS = "SELECT COUNT(*) FROM range(10_000_000) AS a (i), range(10_000_000) AS b (j) WHERE (a.i * b.j) % 7 = 3"


@pytest.mark.skipif(sys.platform != "linux", reason="a priority for every thread is Linux' own")
def test_queries_of_others_come_after_everything_else() -> None:
    threads = lanes()

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert threads[OTHERS].threads.submit(priority).result() == min(priority() + 10, 19)
    assert threads[CALLS].threads.submit(priority).result() == priority()


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


def test_more_questions_than_can_wait_are_turned_away_and_who_goes_away_waits_no_more(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lanes, "MOST_ASKED", 4)
    head = f"POST /query.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(ENDLESS)}\r\n\r\n{ENDLESS}".encode()
    with served(database) as client, ExitStack() as held:
        for _ in range(4):
            one = held.enter_context(socket.create_connection(("localhost", client.base_url.port or 0)))
            one.sendall(head)
        assert client.get("/ready").is_success
        turned_away, page = client.post("/query.json", content="SELECT 1 AS a"), client.get("/growth")
        held.close()
        # Of those that are run an end takes a moment; they have half a minute.
        began = time.monotonic()
        while not (found := client.post("/query.json", content="SELECT 1 AS a")).is_success:
            time.sleep(0.01)

    assert (turned_away.status_code, page.status_code) == (503, 200)
    assert turned_away.text == "heapscape: /query.json: 4 questions are waiting already; ask again later\n"
    assert found.json() == [{"a": 1}]
    assert time.monotonic() - began < 20


def test_a_call_that_is_turned_away_is_told_so_as_grafana_shows_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_lanes, "MOST_ASKED", 0)
    with served(database) as client:
        answer = client.post("/querier.v1.QuerierService/ProfileTypes", json={})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
