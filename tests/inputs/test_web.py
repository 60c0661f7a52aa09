"""What a service answers, from a real server."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler

import pytest

from pipeline.errors import DecodeError
from pipeline.inputs.web import fetch, shown
from tests.builders.web import Answer, content, serving


def fetched(answer: Answer, *, most_bytes: int = 1 << 20) -> bytes:
    gathered = bytearray()
    with serving({"/heap": answer, "/other": content(b"elsewhere")}) as url:
        asyncio.run(fetch(f"{url}/heap", gathered.extend, most_bytes=most_bytes))
    return bytes(gathered)


def test_what_is_served_is_fetched_byte_for_byte() -> None:
    assert fetched(content(bytes(range(256)) * 1000)) == bytes(range(256)) * 1000


def test_a_redirect_is_followed() -> None:
    assert fetched(content(b"", status=302, Location="/other")) == b"elsewhere"


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"only this")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (content(b"404 page not found\nx", status=404), "the server answers 404 Not Found: 404 page not found; check"),
        (content(b"", status=500), "the server answers 500 Internal Server Error; try again"),
        (content(b"who?", status=401), "the server answers 401 Unauthorized: who?; give the URL a name and a password"),
        (content(b"", status=302, Location="/heap"), "cannot be fetched: TooManyRedirects: "),
        (content(b"", status=302, Location="file:///etc/passwd"), "cannot be fetched: UnsupportedProtocol: "),
        (content(b"x" * 2000), "stopped after 1,000 bytes; download it"),
        (cut_off, "cannot be fetched: RemoteProtocolError: peer closed connection"),
    ],
)
def test_anything_but_all_of_it_is_an_error_that_says_so(answer: Answer, said: str) -> None:
    with pytest.raises(DecodeError) as caught:
        fetched(answer, most_bytes=1000)

    assert str(caught.value).startswith(said)


def test_where_nobody_listens_the_system_s_words_are_told() -> None:
    with serving({}) as url:
        pass

    with pytest.raises(DecodeError, match=r"cannot be fetched: Connection refused; see whether `curl` gets it"):
        asyncio.run(fetch(url, bytearray().extend))


def test_a_host_without_an_address_is_an_error() -> None:
    with pytest.raises(DecodeError, match=r"cannot be fetched: "):
        asyncio.run(fetch("http://host.invalid/heap", bytearray().extend))


def test_what_is_written_down_has_no_password_and_no_query() -> None:
    assert shown("https://me:secret@host:6060/debug/pprof/heap?token=secret") == "https://host:6060/debug/pprof/heap"
