"""Who is answered, and what an answer may do in a browser.

A page of another site can make a browser ask a server on this machine. What it cannot do is change the Host header, which is
how a name of its own that leads here is told (DNS rebinding), or leave out the Origin of what it posts.
"""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
COOKIE: Final = "heapscape"
# A query that people write is some kilobytes; Grafana's calls are smaller.
MAX_BODY_BYTES: Final = 1 << 20
_BODY_WITHIN_S: Final = 10.0
_MAX_URL_BYTES: Final = 1 << 14

# Scripts and styles come from here alone, and no page of anybody else's may show ours in a frame.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets through what may be answered.

    hosts  names that a request may call this server by, without port; any when empty, which wants a token
    token  what has to be told, unless it is empty
    """

    app: ASGIApp
    hosts: Collection[str]
    token: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        body, answer = _Body(receive), _Answer(send)
        if refusal is None:
            try:
                await self.app(scope, body, answer)
            except ClientDisconnect:
                # Who has gone away waits for no answer.
                refusal = body.refusal
            except asyncio.CancelledError:
                # Of what takes longer than is waited for at the end.
                refusal = _refused("the server was ended", 503)
        if refusal is not None and not answer.has_begun:
            await refusal(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self.hosts and _name(host) not in self.hosts:
            return _refused(
                f"this server is not called {host or 'nothing'}: it answers to {', '.join(self.hosts)}; name others with --hostname",
                421,
            )
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return _refused("pages of other sites are not answered", 403)
        if len(scope["query_string"]) > _MAX_URL_BYTES:
            return _refused(f"the address is longer than {_MAX_URL_BYTES} bytes; send the query with POST", 414)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 18 or int(length) > MAX_BODY_BYTES:
            return _refused(f"a request may have {MAX_BODY_BYTES} bytes", 413)
        return self._unknown(scope, headers) if self.token else None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """What one is told who does not say the token; None for who does."""
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get("token")
        if given is not None and self._is_token(given) and scope["method"] == "GET":
            # Out of the address, which is shown, kept and copied.
            rest = urlencode([(name, value) for name, value in asked if name != "token"])
            # A path of two slashes would be another site's name.
            path = f"/{scope['path'].lstrip('/')}"
            answer = RedirectResponse(f"{path}{'?' if rest else ''}{rest}", 303)
            # Not strict: who follows a link that somebody sent comes from another site, and is told the page all the same.
            answer.set_cookie(COOKIE, _kept(self.token), httponly=True, samesite="lax")
            return answer
        if self._is_token(_told(headers)) or hmac.compare_digest(_cookie(headers).encode(), _kept(self.token).encode()):
            return None
        return _refused(
            "say the token: open /?token=..., or send Authorization: Bearer ..., or it as the password of any user",
            401,
            {"www-authenticate": 'Basic realm="heapscape"'},
        )

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _told(headers: Headers) -> str:
    """The token that a program says."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        # Header bytes come as Latin-1.
        return value.strip().encode("latin-1").decode("utf-8", "replace")
    if scheme.lower() == "basic":
        with suppress(ValueError):
            return b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]
    return ""


def _cookie(headers: Headers) -> str:
    with suppress(CookieError):
        if cookie := SimpleCookie(headers.get("cookie", "")).get(COOKIE):
            return cookie.value
    return ""


def _kept(token: str) -> str:
    """What a browser keeps in place of the token."""
    return sha256(f"heapscape {token}".encode()).hexdigest()


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() else host.lower()


def _refused(why: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(f"heapscape: {why}\n", status, headers=dict(headers or {}))


class _Answer:
    """What a client is told, with the headers that keep a page to itself."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((name.encode(), text.encode()) for name, text in _HEADERS.items() if name.encode() not in present),
            ]
        await self._send(message)


class _Body:
    """What a client sends: not more than it may, and not slower than it must."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._until = 0.0
        # What a client is told whose body is read no further.
        self.refusal: Response | None = None
        self._is_read = False

    async def __call__(self) -> Message:
        if self._is_read:
            # Waits until the client goes away.
            return await self._receive()
        try:
            # From when somebody reads it, which may be after an answer was worked out.
            self._until = self._until or asyncio.get_running_loop().time() + _BODY_WITHIN_S
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refusal = _refused(f"what is sent has to come within {_BODY_WITHIN_S:g} s", 408)
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            self._is_read = not message.get("more_body", False)
        if self._bytes > MAX_BODY_BYTES:
            self.refusal = _refused(f"a request may have {MAX_BODY_BYTES} bytes", 413)
            return {"type": "http.disconnect"}
        return message
