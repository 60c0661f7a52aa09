from __future__ import annotations

import pytest

from pipeline.formats import FORMATS
from pipeline.formats.legacy.recognise import header_line, looks_like_legacy, spelling
from tests.builders.legacy import EVERY_SPELLING
from tests.builders.profile import profile

ORDINARY = (
    b"",
    b"\n\n\n",
    b"hello\n",
    b"the heap profile: 12 MB are fine\n",
    b"heap profile: see above\n",
    b"# goroutine profile: total 12\n",
    b"a goroutine profile: total 12\n",
    b"--- a/main.go\n+++ b/main.go\n",
    b"--- contents:\n",
    b"---\ntitle: x\n---\n",
    b"--- Thread is stuck ---\n",
    bytes(64),
    b"\0\0\0\0\3\0\0\0" + bytes(64),
    profile("main.f 1"),
)


@pytest.mark.parametrize("name", EVERY_SPELLING)
def test_every_spelling_is_recognised_by_this_format_alone(name: str) -> None:
    assert [known.name for known in FORMATS if known.recognise(EVERY_SPELLING[name])] == ["legacy"]


@pytest.mark.parametrize("content", ORDINARY)
def test_other_bytes_are_none(content: bytes) -> None:
    assert not looks_like_legacy(content)


def test_a_mark_and_comments_may_come_first() -> None:
    assert spelling(b"\xef\xbb\xbf# of pod a\n\ngoroutine profile: total 1\n1 @ 0x1\n") == "count"


def test_contention_of_java_says_so_above_its_samples() -> None:
    assert spelling(EVERY_SPELLING["java_contention"]) == "java"
    assert spelling(b"--- contentionz 1 ---\n1 2 @ 0x1\nformat = java\n") == "contention"


def test_the_header_is_the_first_line_that_says_something() -> None:
    assert header_line(b"# x\n\n a b\r\nc") == (b" a b", 11)
    assert header_line(b"# x\n\n") == (b"", 5)
