"""Pairs of logfmt around lines, as Go's loggers quote them."""

from __future__ import annotations

import pytest

from pipeline.formats.gctrace.front import NO_STAMP, Stamp
from pipeline.formats.gctrace.logfmt import unwrap_logfmt
from pipeline.formats.gctrace.wire import OPENING
from pipeline.formats.gctrace.wrapped import Wrapped
from tests.formats.gctrace.logs import END, gc

TEN_US = 1_795_860_000_000_000
TEN = "2026-11-28T10:00:00Z"


def unwrapped(text: str) -> Wrapped | None:
    found = OPENING.search(text.encode())
    assert found is not None
    return unwrap_logfmt(text.encode(), found.start(), OPENING)


@pytest.mark.parametrize(
    "text",
    [
        f'time={TEN} level=INFO msg="{gc(1)}" service=shop pod=api-1 n=12',
        f'time="{TEN}" level=info msg="{gc(1)}" service=shop pod=api-1',
        f'ts={TEN} caller=main.go:99 pod=api-1 level=info service=shop msg="{gc(1)}"',
        f'request="a \\"b\\" c= d" ts={TEN} empty= service=shop pod="api-1" msg="{gc(1)}" n=12',
    ],
)
def test_a_loggers_pairs_say_what_when_and_of_whom(text: str) -> None:
    assert unwrapped(text) == Wrapped(b"", (gc(1).encode(),), Stamp(TEN_US, 1_000_000), "service=shop pod=api-1")


def test_what_stands_before_and_behind_the_pairs_is_of_others() -> None:
    found = unwrapped(f'web-1  | a=1 and msg="{gc(1)}" and pod=b')

    assert found == Wrapped(b"web-1  | a=1 and ", (gc(1).encode(),), NO_STAMP, "")


def test_what_go_escapes_is_what_it_was() -> None:
    found = unwrapped(f'msg="{gc(1)}\\n\\u2206\\x41\\U0001f600\\udc00\\t\\"\\\\\\q" pod=a')
    assert found is not None

    assert found.texts == (gc(1).encode(), '\u2206A\U0001f600\ufffd\t"\\\\q'.encode())
    assert (unwrapped(f'msg="{END}" pod=a') or found).texts == (END.encode(),)


@pytest.mark.parametrize(
    "text",
    [
        gc(1),
        f'"{gc(1)}" pod="a/b"',
        f'msg="{gc(1)}',
        f'msg="served {gc(1)}" pod=a',
        f'msg="{gc(1)}"and more',
        f'="{gc(1)}"',
    ],
)
def test_what_is_no_quoted_value_is_not_unwrapped(text: str) -> None:
    assert unwrapped(text) is None
