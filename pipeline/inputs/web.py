"""What a service answers to GET, such as its /debug/pprof/heap. The only file that knows `httpx`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from pipeline import __version__
from pipeline.errors import DecodeError

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 10
# Until the next bytes come; a CPU profile or a trace of n seconds has none for n seconds.
_SILENCE_S = 60
_WHOLE_S = 900
_REDIRECTS = 5
_MOST_BYTES = 2 << 30
_SAID_BYTES = 200


def is_web(path: str) -> bool:
    """Whether a path is the URL of a service."""
    return path.startswith(("http://", "https://"))


def shown(url: str) -> str:
    """The URL as it may be written down: without a password, and without a query, which may be a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


async def fetch(url: str, write: Callable[[bytes], object], *, most_bytes: int = _MOST_BYTES) -> None:
    """Hand what is at a URL to `write`, a piece at a time; raises DecodeError for anything but all of it."""
    # Not above: who names no URL need not wait for them.
    import asyncio

    import httpx

    seconds = _seconds(url)
    timeout = httpx.Timeout(_SILENCE_S + seconds, connect=_CONNECT_S)
    # What Go serves is compressed already.
    headers = {"User-Agent": f"heapscape/{__version__}", "Accept-Encoding": "identity"}
    size = 0
    try:
        async with (
            asyncio.timeout(_WHOLE_S + seconds),
            httpx.AsyncClient(
                follow_redirects=True, max_redirects=_REDIRECTS, timeout=timeout, headers=headers
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise DecodeError(await _refusal(response))
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > most_bytes:
                    raise DecodeError(f"stopped after {most_bytes:,} bytes; download it to a file and give that")
                write(piece)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise DecodeError(f"cannot be fetched: {_reason(error)}; see whether `curl` gets it") from error


async def _refusal(response: httpx.Response) -> str:
    """What the server says instead."""
    said = b""
    async for piece in response.aiter_bytes(_SAID_BYTES):
        said = piece
        break
    line = said.decode(errors="replace").strip().partition("\n")[0]
    status = response.status_code
    return f"the server answers {status} {response.reason_phrase}{f': {line}' if line else ''}; {_advice(status)}"


def _advice(status: int) -> str:
    if status == 401:
        return "give the URL a name and a password, https://NAME:PASSWORD@host"
    return "try again" if status == 429 or status >= 500 else "check the URL"


def _reason(error: Exception) -> str:
    """What the system said of it, if it was the system, else the library's words."""
    numbers = [one.errno for one in _causes(error) if isinstance(one, OSError) and one.errno]
    if numbers and numbers[-1] > 0:
        return os.strerror(numbers[-1])
    words = type(error).__name__
    return f"{words}: {error}" if str(error) else words


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _seconds(url: str) -> float:
    """How long the answer takes by itself: Go's `seconds` parameter."""
    with suppress(ValueError, LookupError):
        return max(0.0, min(float(parse_qs(urlsplit(url).query)["seconds"][0]), 3600.0))
    return 0.0
