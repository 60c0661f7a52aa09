"""Who holds a connection for nothing loses it, and nobody else does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from pipeline.server import connections
from tests.server.conftest import served

_GET = b"GET /ready HTTP/1.1\r\nHost: localhost\r\n"
# Of a body of twelve bytes not one.
_POST = b"POST /query.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n"


@pytest.fixture
def prompt(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(connections, "HEADERS_WITHIN_S", 0.5)
    monkeypatch.setattr(connections, "READ_WITHIN_S", 0.5)
    with served(database) as client:
        yield client


def connected(client: httpx.Client, *sent: bytes) -> socket.socket:
    made = socket.create_connection(("localhost", client.base_url.port or 0), timeout=20)
    for piece in sent:
        made.sendall(piece)
    return made


def is_ended(held: socket.socket) -> bool:
    """Whether the server ends a connection before long."""
    try:
        while held.recv(1 << 16):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("sent", [b"", b"G", _GET, _GET + b"X: y"])
def test_headers_that_do_not_come_are_not_waited_for(prompt: httpx.Client, sent: bytes) -> None:
    with connected(prompt, sent) as held:
        assert is_ended(held)


def test_nor_are_those_of_a_second_request(prompt: httpx.Client) -> None:
    with connected(prompt, _GET + b"\r\n") as held:
        assert held.recv(1 << 16).startswith(b"HTTP/1.1 200")
        held.sendall(_GET)

        assert is_ended(held)


def test_headers_without_an_end_are_not_waited_for(prompt: httpx.Client) -> None:
    began = time.monotonic()
    with connected(prompt, _GET) as held, suppress(OSError):
        while time.monotonic() - began < 20:
            held.sendall(b"X: y\r\n")
            time.sleep(0.05)

    assert time.monotonic() - began < 20


def test_who_waits_for_an_answer_is_waited_for(prompt: httpx.Client) -> None:
    # Longer than headers may take.
    query = "SELECT COUNT(*) AS n FROM range(200_000_000) AS a (i) WHERE i % 7 = 3 AND sqrt(i) > 1"

    assert prompt.post("/query.json", content=query).status_code == 200
    assert prompt.get("/ready").text == "ready\n"


def test_who_does_not_read_loses_the_connection(prompt: httpx.Client) -> None:
    query = b"SELECT repeat('x', 1000) AS a FROM range(100_000)"
    head = b"POST /query.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(query)
    with connected(prompt, head + query) as held:
        held.settimeout(60)
        # It is being sent.
        held.recv(1, socket.MSG_PEEK)
        time.sleep(3)
        read = 0
        with suppress(ConnectionResetError):
            while piece := held.recv(1 << 20):
                read += len(piece)

    assert read < 100_000_000


@pytest.mark.parametrize("sent", [_GET, _POST], ids=["headers", "body"])
def test_many_who_send_half_a_request_keep_nobody_out(
    database: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "MOST_AT_REST", 8)
    with served(database, most=16) as client, ExitStack() as held:
        for _ in range(60):
            held.enter_context(connected(client, sent))
        newest, oldest = connected(client, sent), held.pop_all()

        with newest, oldest:
            assert client.get("/ready").text == "ready\n"
            newest.sendall(b"\r\n" if sent is _GET else b"FROM profile")
            # Who came last was not the one to go.
            assert newest.recv(1 << 16).startswith(b"HTTP/1.1 200")
