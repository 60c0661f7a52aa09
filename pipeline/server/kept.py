"""Answers that are kept in memory, so that what many ask is worked out once.

An answer follows from the state of the database and the address alone. These two are its ETag, so who has it already is told so without
a question; and who asks what somebody else just asks waits for that answer.
"""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import PipelineError

MOST_BYTES: Final = 192 << 20
# So much of it is for what nobody has asked for yet.
_AHEAD_BYTES: Final = MOST_BYTES * 2 // 3
# A larger answer goes out as it is made.
LARGEST_BYTES: Final = 4 << 20
# What a kept answer takes besides its body.
_OVERHEAD_BYTES: Final = 2048
# What depends on the time that it is, or on nothing that takes time.
_NEVER: Final = ("/ready", "/pyroscope/")
_Messages = list[Message]


@dataclass(slots=True)
class Kept:
    """Answers to GET, those not asked for the longest time forgotten first.

    state  what tells the present state of the database from all others
    """

    app: ASGIApp
    state: Callable[[], str]
    # Another run of the server may be of another release, whose pages are others.
    _run: str = field(default_factory=lambda: os.urandom(8).hex())
    _answers: OrderedDict[str, _Messages] = field(default_factory=OrderedDict)
    _bytes: int = 0
    # The state that they are of.
    _of: str = ""
    _asked: dict[str, asyncio.Future[_Messages | None]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        tag = f'W/"{key}"'
        if tag in {one.strip() for one in Headers(scope=scope).get("if-none-match", "").split(",")}:
            await Response(status_code=304, headers=_kept_for(tag))(scope, receive, send)
            return
        answer = self._answers.get(key)
        while answer is None and (asked := self._asked.get(key)) is not None:
            answer = await asked
        if answer is None:
            await self._work_out(key, tag, scope, receive, send)
            return
        if key in self._answers:
            self._answers.move_to_end(key)
        for message in answer:
            # Who is behind here adds headers of their own.
            await send({**message})

    def is_at_rest(self) -> bool:
        """Whether nobody waits for an answer that is worked out."""
        return not self._asked

    def has_room(self) -> bool:
        """Whether there is room for an answer that nobody has asked for yet."""
        return self._bytes < _AHEAD_BYTES

    def _key(self, scope: Scope) -> str | None:
        """What an answer follows from; None where it is not kept."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(_NEVER):
            return None
        headers = Headers(scope=scope)
        # Errors are pages to browsers alone.
        told = ("gzip" in headers.get("accept-encoding", ""), "text/html" in headers.get("accept", ""))
        with suppress(PipelineError):
            parts = (self._run, self._present(), scope["path"], scope["query_string"], told)
            return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return None

    def _present(self) -> str:
        """The state of the database; nobody asks for answers of another one any more."""
        state = self.state()
        if state != self._of:
            self._of = state
            self._answers.clear()
            self._bytes = 0
        return state

    async def _work_out(self, key: str, tag: str, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        answer = _Answer(send, tag, self._release(key, asked))
        try:
            await self.app(scope, receive, answer)
        finally:
            # Those that wait are told before the answer is sent: who asked first may read slowly, or be gone.
            whole = answer.messages if answer.is_whole else None
            self._release(key, asked)(whole)
        if whole is not None:
            self._keep(key, whole)
            for message in whole:
                await send({**message})

    def _release(self, key: str, asked: asyncio.Future[_Messages | None]) -> Callable[[_Messages | None], None]:
        def release(answer: _Messages | None) -> None:
            if not asked.done():
                del self._asked[key]
                asked.set_result(answer)

        return release

    def _keep(self, key: str, answer: _Messages) -> None:
        if answer[0]["status"] != 200:
            return
        self._answers[key] = answer
        self._bytes += _size(answer)
        while self._bytes > MOST_BYTES:
            self._bytes -= _size(self._answers.popitem(last=False)[1])


@dataclass(slots=True)
class _Answer:
    """What the application says, held back until it has said all of it or too much."""

    send: Send
    tag: str
    give_up: Callable[[None], None]
    messages: _Messages = field(default_factory=list)
    is_whole: bool = False
    _bytes: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            for name, value in _kept_for(self.tag).items():
                MutableHeaders(scope=message).setdefault(name, value)
        if self._bytes > LARGEST_BYTES:
            await self.send(message)
            return
        self.messages.append(message)
        self._bytes += len(message.get("body", b""))
        self.is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        if self._bytes > LARGEST_BYTES:
            self.is_whole = False
            self.give_up(None)
            held, self.messages = self.messages, []
            for one in held:
                await self.send(one)


def _kept_for(tag: str) -> dict[str, str]:
    """A browser may keep an answer, but asks each time whether it still holds."""
    return {"etag": tag, "cache-control": "private, no-cache"}


def _size(answer: _Messages) -> int:
    return _OVERHEAD_BYTES + sum(len(message.get("body", b"")) for message in answer)
