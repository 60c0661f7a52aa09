"""Which bytes are a log of the runtime's, and which may be one further on."""

from __future__ import annotations

import pytest

from pipeline.errors import UnknownFormat
from pipeline.formats import escape, gctrace, goroutines, is_known, is_streamed, recognise
from pipeline.formats.gctrace.recognise import looks_like_log, may_be_log
from pipeline.values import Blob, Origin, Source
from tests.builders.dumps import MANY
from tests.formats.gctrace.logs import SCHED, gc, large, lines

LATE = lines(*["an ordinary line of no interest to anyone"] * 20_000)


def blob(content: bytes) -> Blob:
    return Blob(Source(0, Origin("log"), len(content), ""), content)


@pytest.mark.parametrize("line", [gc(1), SCHED, f"web-1  | {gc(1)}", f'{{"log":"{gc(1)}\\n"}}'])
def test_a_log_is_known_by_a_line_near_its_beginning(line: str) -> None:
    content = lines("hello", line, "world")

    assert looks_like_log(content)
    assert recognise(blob(content)) is gctrace.FORMAT


def test_a_log_is_known_by_a_line_far_down() -> None:
    content = LATE + lines(gc(1))

    assert not looks_like_log(content)
    assert recognise(blob(content)) is recognise(large(content)) is gctrace.FORMAT
    assert is_streamed(content[: 1 << 18])


def test_a_log_that_begins_with_a_dump_is_one_for_a_line_far_down() -> None:
    content = MANY + LATE + lines(gc(1))

    assert recognise(blob(content)) is recognise(large(content)) is gctrace.FORMAT


def test_a_dump_is_one_and_a_log_when_it_is_too_large_to_be_held() -> None:
    assert recognise(blob(MANY + LATE)) is goroutines.FORMAT
    assert recognise(large(MANY + LATE)) is gctrace.FORMAT
    assert is_streamed((MANY + LATE)[: 1 << 18])


def test_a_text_without_such_a_line_is_refused_as_any_unknown_file_is() -> None:
    for one in (blob(LATE), large(LATE), blob(lines("a note"))):
        with pytest.raises(UnknownFormat, match=r"^not a format heapscape knows; it begins with '[an]"):
            recognise(one)


def test_a_short_text_and_labels_are_not_searched() -> None:
    labels = b'{"service": "checkout"}\n'

    assert not may_be_log(labels)
    assert not is_known(labels)
    assert not is_streamed(labels)


@pytest.mark.parametrize("content", [bytes(1 << 17), bytes(range(256)) * 512, b"\x1f\x8b" + bytes(1 << 17)])
def test_binary_is_not_searched(content: bytes) -> None:
    assert not may_be_log(content)


@pytest.mark.parametrize("quoting", ["package gc // of mine", "```"])
def test_a_program_or_a_document_that_quotes_a_log_is_none(quoting: str) -> None:
    content = lines(quoting, gc(1))

    assert not looks_like_log(content)
    assert not may_be_log(content + LATE)


def test_a_build_log_with_both_is_a_report() -> None:
    content = lines("# example.com/p", "./a.go:6:2: moved to heap: x", gc(1))

    assert recognise(blob(content)) is escape.FORMAT
    assert recognise(blob(lines(gc(1)) + content)) is escape.FORMAT


def test_a_line_that_is_cut_off_makes_no_log() -> None:
    assert not looks_like_log(lines(gc(1))[:-20])
