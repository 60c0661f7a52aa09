"""Who is answered."""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from pipeline.server import guard
from pipeline.server.guard import COOKIE, MAX_BODY_BYTES, Guard
from tests.server.conftest import served

TOKEN = "a secret, of any characters: ü"


@pytest.fixture(scope="module")
def secured(database: Path) -> Iterator[str]:
    with served(database, hosts=(), token=TOKEN) as asking:
        yield str(asking.base_url)


@pytest.fixture
def secret(secured: str) -> Iterator[httpx.Client]:
    """A client that has been told nothing yet."""
    with httpx.Client(base_url=secured, headers={"host": "profiles.example"}) as asking:
        yield asking


@pytest.mark.parametrize("host", ["localhost", "localhost:7070", "127.0.0.1:7070", "[::1]:7070", "LOCALHOST"])
def test_names_of_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/ready", headers={"host": host}).text == "ready\n"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:7070", "", "localhost:7070:80", "::1", "127.0.0.2"]
)
def test_another_name_that_leads_here_is_not_answered(client: httpx.Client, host: str) -> None:
    answer = client.get("/data/profile.json", headers={"host": host})

    assert answer.status_code == 421
    assert "--hostname" in answer.text


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://[", "localhost", "http://localhost:1234", "https://localhost.evil.example"],
)
def test_what_another_site_posts_is_not_answered(client: httpx.Client, origin: str) -> None:
    answer = client.post("/query.json", content="FROM profile", headers={"origin": origin})

    assert (answer.status_code, answer.text) == (403, "heapscape: pages of other sites are not answered\n")


def test_what_its_own_page_posts_is(client: httpx.Client) -> None:
    origin = f"http://localhost:{client.base_url.port}"

    assert client.post("/query.json", content="SELECT 1 AS a", headers={"origin": origin}).json() == [{"a": 1}]


def test_a_page_may_run_no_script_but_ours_and_stands_in_no_frame(client: httpx.Client) -> None:
    for path in ("/", "/nothing", "/data/nothing.json"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy


def test_without_the_token_there_is_nothing(secret: httpx.Client) -> None:
    wrong = (
        {"authorization": "Bearer no"},
        {"authorization": "Basic !"},
        {"authorization": ""},
        {"cookie": f"{COOKIE}=no"},
        {"cookie": f"{COOKIE}={TOKEN}".encode()},
    )
    for headers in ({}, *wrong, {"cookie": "\x01=;;"}):
        for path in ("/", "/ready", "/data/profile.json", "/assets/page.css", "/?token=no", "/?token="):
            assert secret.get(path, headers=headers).status_code == 401, (headers, path)


def test_the_token_is_told_as_a_program_tells_it(secret: httpx.Client) -> None:
    basic = b"Basic " + b64encode(f"anyone:{TOKEN}".encode())

    assert secret.get("/ready", headers={"authorization": f"Bearer {TOKEN}".encode()}).status_code == 200
    assert secret.get("/ready", headers={"authorization": basic}).status_code == 200


def test_a_browser_is_told_it_once_in_the_address(secret: httpx.Client) -> None:
    first = secret.get("/growth", params={"token": TOKEN, "series": "7"})

    assert (first.status_code, first.headers["location"]) == (303, "/growth?series=7")
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "samesite=lax" in first.headers["set-cookie"].lower()
    assert secret.get("/ready").status_code == 200


def test_a_token_with_a_path_that_names_another_site_leads_nowhere_else(secured: str) -> None:
    answer = httpx.get(f"{secured}//evil.example/", params={"token": TOKEN})

    assert not re.match("(?:https?:)?//", answer.headers.get("location", ""))


@pytest.mark.parametrize("length", [str(MAX_BODY_BYTES + 1), "9" * 30, "-1", "x"])
def test_a_body_that_says_it_is_large_is_not_read(client: httpx.Client, length: str) -> None:
    with socket.create_connection(("localhost", client.base_url.port or 0)) as asking:
        asking.sendall(f"POST /query.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
        answer = asking.recv(1 << 16).decode()

    # What is no number ends at the parser.
    assert answer.split()[1] in ("413", "400"), answer


def test_an_address_that_is_too_long_is_not_read(client: httpx.Client) -> None:
    assert client.get("/query.json", params={"q": f"SELECT {'1,' * 9_000}1"}).status_code == 414


async def _asked(messages: list[Message], *, delay_s: float = 0) -> tuple[list[Message], int]:
    """What an application reads through the guard, and the status of the answer."""
    read: list[Message] = []
    sent: list[Message] = []

    async def app(scope: object, receive: object, send: object) -> None:
        while True:
            message = await receive()  # type: ignore[operator]
            read.append(message)
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    async def receive() -> Message:
        await asyncio.sleep(delay_s)
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    await Guard(app, hosts=("localhost",))(scope, receive, send)
    return read, len(sent)


def test_a_body_that_grows_too_large_ends_as_if_the_client_had_gone() -> None:
    piece: Message = {"type": "http.request", "body": b"x" * (MAX_BODY_BYTES // 2 + 1), "more_body": True}

    read, _ = asyncio.run(_asked([dict(piece), dict(piece), dict(piece)]))

    assert [message["type"] for message in read] == ["http.request", "http.disconnect"]


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_BODY_WITHIN_S", 0.05)

    read, _ = asyncio.run(_asked([{"type": "http.request", "body": b"", "more_body": True}], delay_s=5))

    assert [message["type"] for message in read] == ["http.disconnect"]


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_BODY_WITHIN_S", 0.2)
    drop: Message = {"type": "http.request", "body": b"x", "more_body": True}

    read, _ = asyncio.run(_asked([dict(drop) for _ in range(100)], delay_s=0.05))

    assert read[-1]["type"] == "http.disconnect"
    assert 2 < len(read) < 20


@pytest.mark.parametrize("path", ["/query.json", "/querier.v1.QuerierService/ProfileTypes"])
def test_slow_and_endless_senders_are_told_so_and_fill_no_log(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    monkeypatch.setattr(guard, "_BODY_WITHIN_S", 0.2)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    piece = b"20000\r\n" + b" " * 0x20000 + b"\r\n"

    assert answer_to(client, f"{head}Content-Length: 100\r\n\r\n".encode()) == "408"
    assert answer_to(client, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + 9 * piece) == "413"
    # One that goes away in the middle is told nothing.
    with socket.create_connection(("localhost", client.base_url.port or 0)) as leaving:
        leaving.sendall(f"{head}Content-Length: 100\r\n\r\nFROM".encode())
    assert client.get("/ready").text == "ready\n"
    assert capfd.readouterr().err == ""


def answer_to(client: httpx.Client, request: bytes) -> str:
    """The status of the answer to these bytes."""
    with socket.create_connection(("localhost", client.base_url.port or 0), timeout=10) as asking:
        asking.sendall(request)
        return asking.recv(1 << 16).decode().split()[1]
