"""Connect's protocol for calls of one message each way: protobuf or JSON over POST, errors as JSON with a code.

https://connectrpc.com/docs/protocol; what its clients really send is a bare message, gzipped at most.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import Final

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError, Message
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import PipelineError, TimeLimit, UsageError
from pipeline.server.guard import MAX_BODY_BYTES
from pipeline.server.lanes import CALLS, run
from pipeline.text import printable

_PROTOBUF: Final = "application/proto"
_JSON: Final = "application/json"
_STATUS: Final = {
    "invalid_argument": 400,
    "not_found": 404,
    "deadline_exceeded": 504,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
}


class Refusal(Exception):
    """What a call ends with in place of an answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def call(
    asked: type[Message], answer: Callable[[Request, Message], Message]
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a call.

    asked   the type of its request
    answer  makes of a request its answer; runs in a thread
    """

    async def endpoint(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (_PROTOBUF, _JSON):
            return Response(status_code=415, headers={"accept-post": f"{_PROTOBUF}, {_JSON}"})
        body = await request.body()
        try:
            return await run(request, CALLS, _answered, request, body, kind)
        except HTTPException as error:
            return refused(Refusal("unavailable", error.detail))

    def _answered(request: Request, body: bytes, kind: str) -> Response:
        try:
            message = _message(asked(), _plain(body, request.headers.get("content-encoding", "identity")), kind)
            answered = answer(request, message)
            # The types say nothing more than what was asked: a charset makes clients refuse the answer.
            content = (
                answered.SerializeToString() if kind == _PROTOBUF else MessageToJson(answered, indent=None).encode()
            )
        except (Refusal, PipelineError) as error:
            return refused(error)
        return Response(content, headers={"content-type": kind})

    return endpoint


def refused(error: Refusal | PipelineError) -> Response:
    """An error as Grafana shows it: `code: message`."""
    code = error.code if isinstance(error, Refusal) else _code(error)
    return JSONResponse({"code": code, "message": printable(str(error))}, _STATUS[code])


def _code(error: PipelineError) -> str:
    if isinstance(error, UsageError):
        return "invalid_argument"
    return "deadline_exceeded" if isinstance(error, TimeLimit) else "internal"


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding in ("identity", ""):
        return body
    if encoding != "gzip":
        raise Refusal("unimplemented", f"{encoding}: not an encoding that is read here, only gzip and identity")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES)
    except zlib.error as error:
        raise Refusal("invalid_argument", f"the request is not gzip: {error}") from error
    if not unpacker.eof:
        raise Refusal("invalid_argument", f"the request is cut off, or has more than {MAX_BODY_BYTES:,} bytes unpacked")
    return plain


def _message(message: Message, body: bytes, kind: str) -> Message:
    try:
        if kind == _PROTOBUF:
            message.ParseFromString(body)
        else:
            Parse(body, message, ignore_unknown_fields=True)
    except (DecodeError, ParseError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal("invalid_argument", f"the request is not what the call takes: {error}") from error
    return message
