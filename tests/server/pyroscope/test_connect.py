"""The Connect protocol, around a call that answers what it is asked."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
from google.protobuf.message import Message
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import PipelineError, QueryError, TimeLimit, UsageError
from pipeline.generated.querier_pb2 import LabelValuesRequest, LabelValuesResponse
from pipeline.server.guard import MAX_BODY_BYTES
from pipeline.server.lanes import lanes
from pipeline.server.pyroscope.connect import Refusal, call


def echo(_: Request, asked: Message) -> Message:
    assert isinstance(asked, LabelValuesRequest)
    errors: dict[str, Exception] = {
        "refused": Refusal("not_found", "nothing \u202e here"),
        "usage": UsageError("wrong"),
        "late": TimeLimit("too long"),
        "query": QueryError("a column that was ended"),
        "other": PipelineError("broken"),
    }
    if asked.name in errors:
        raise errors[asked.name]
    return LabelValuesResponse(names=[asked.name])


def answered(body: bytes, kind: str, **headers: str) -> Response:
    sent = {"content-type": kind, **{name.replace("_", "-"): text for name, text in headers.items()}}
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(name.encode(), text.encode()) for name, text in sent.items()],
        "app": Starlette(),
    }
    scope["app"].state.lanes = lanes()

    sent_once = iter([{"type": "http.request", "body": body}])

    async def receive() -> dict[str, Any]:
        for message in sent_once:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def asked() -> Response:
        return await call(LabelValuesRequest, echo)(Request(scope, receive))

    return asyncio.run(asked())


def test_the_answer_has_the_type_of_the_request_and_nothing_more() -> None:
    plain = answered(LabelValuesRequest(name="a").SerializeToString(), "application/proto")
    text = answered(b'{"name": "a", "unknown": {"x": 1}, "start": "5"}', "application/json; charset=utf-8")

    assert plain.headers["content-type"] == "application/proto"
    assert LabelValuesResponse.FromString(bytes(plain.body)).names == ["a"]
    assert (text.headers["content-type"], json.loads(bytes(text.body))) == ("application/json", {"names": ["a"]})


def test_an_empty_protobuf_is_all_defaults_and_an_empty_json_is_none() -> None:
    assert answered(b"", "application/proto").status_code == 200
    assert answered(b"", "application/json").status_code == 400


def test_another_type_is_told_what_is_taken() -> None:
    for kind in ("application/x-protobuf", "text/html", ""):
        answer = answered(b"{}", kind)
        assert (answer.status_code, answer.headers["accept-post"]) == (415, "application/proto, application/json")


def test_gzip_is_unpacked_within_limits() -> None:
    body = b'{"name": "a"}'
    bomb = gzip.compress(body + b" " * MAX_BODY_BYTES)

    assert answered(gzip.compress(body), "application/json", content_encoding="gzip").status_code == 200
    for wrong in (body, gzip.compress(body)[:-9], bomb, zlib.compress(body), b""):
        assert answered(wrong, "application/json", content_encoding="gzip").status_code == 400, wrong[:20]
    assert answered(body, "application/json", content_encoding="br").status_code == 501


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("refused", 404, "not_found"),
        ("usage", 400, "invalid_argument"),
        ("late", 504, "deadline_exceeded"),
        ("query", 500, "internal"),
        ("other", 500, "internal"),
    ],
)
def test_an_error_has_a_code_and_a_sentence(name: str, status: int, code: str) -> None:
    answer = answered(LabelValuesRequest(name=name).SerializeToString(), "application/proto")

    told = json.loads(bytes(answer.body))
    assert (answer.status_code, answer.headers["content-type"], told["code"]) == (status, "application/json", code)
    assert "\u202e" not in told["message"]


def test_bytes_that_are_no_message_are_refused() -> None:
    for body, kind in (
        (b"\xff\xff", "application/proto"),
        (b"[1]", "application/json"),
        (b'{"name": "\xff"}', "application/json"),
        (b"[" * 100_000, "application/json"),
    ):
        assert answered(body, kind).status_code == 400, body[:10]
