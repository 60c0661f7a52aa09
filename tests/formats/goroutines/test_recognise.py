from __future__ import annotations

import pytest

from pipeline.formats import FORMATS
from pipeline.formats.goroutines.recognise import has_dump, next_header
from tests.builders.dumps import MANY

ORDINARY = (
    b"",
    b"goroutine 1 [running]:\n",
    b"goroutine 1 [running]:\nsee above\n",
    b"a goroutine 1 [running]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"goroutine one [running]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"every goroutine [of it]:\nmain.f()\n\tmain.go:3 +0x1\n",
    b"goroutine profile: total 1\n1 @ 0x1\n",
    b"\0\0" + MANY,
)


def test_a_dump_is_recognised_by_this_format_alone_wherever_it_stands() -> None:
    for content in (MANY, b"2026/01/02 started\n" * 20_000 + MANY + b"exit status 2\n", MANY.replace(b"\n", b"\r\n")):
        assert [known.name for known in FORMATS if known.recognise(content)] == ["goroutines"]


@pytest.mark.parametrize("content", ORDINARY)
def test_other_bytes_are_none(content: bytes) -> None:
    assert not has_dump(content)


def test_a_stack_that_could_not_be_had_is_a_goroutine_too() -> None:
    assert has_dump(b"goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n")


def test_the_next_header_is_looked_for_from_a_place_on() -> None:
    first = next_header(MANY, 0)

    assert first is not None
    second = next_header(MANY, first.end())
    assert second is not None
    assert (first["id"], second["id"]) == (b"1", b"18")
