"""Lines are found with their numbers, wherever blocks, chunks and pieces of a log end."""

from __future__ import annotations

import pytest

from pipeline.formats.gctrace.lines import LINE_BYTES, Line, candidates, chunks, lines_of
from pipeline.formats.gctrace.reading import holds_lines
from tests.formats.gctrace.logs import gc, large, lines

ORDINARY = "2026-11-28T10:00:00Z INFO handled GET /api/v1/items init gc scan: pacer SCHED in 12 ms clock"


def found(content: bytes) -> list[Line]:
    return [line for some in lines_of(large(content)) for line in some.each()]


def test_a_line_has_its_number_and_is_whole() -> None:
    content = lines(ORDINARY, gc(1), ORDINARY, f"web-1 | {gc(2)}").replace(b"\n", b"\r\n")

    assert list(candidates(content)) == [Line(2, gc(1).encode()), Line(4, f"web-1 | {gc(2)}".encode())]


def test_a_line_with_two_of_them_is_one() -> None:
    assert list(candidates(lines(f"{gc(1)}{gc(2)}"))) == [Line(1, f"{gc(1)}{gc(2)}".encode())]


def test_the_last_line_may_not_be_ended() -> None:
    content = lines(gc(1), gc(2))[:-1]

    assert [line.is_ended for line in candidates(content, is_ended=False)] == [True, False]


def test_lines_are_found_wherever_they_stand_in_blocks_and_chunks() -> None:
    wanted = [1, 2, 99, 5_000, 40_000, 120_000, 131_071, 200_000]
    texts = [ORDINARY] * 200_000
    for number in wanted:
        texts[number - 1] = gc(number)

    assert [(line.number, line.text) for line in found(lines(*texts))] == [(n, gc(n).encode()) for n in wanted]


def test_letters_of_other_languages_and_broken_ones_hide_nothing() -> None:
    content = "\n".join(["größer → 10 €"] * 600).encode() + b"\n\xff\xfe\x80\n" + lines(gc(1))

    assert [line.number for line in found(content)] == [602]


def test_colours_are_taken_off() -> None:
    assert [line.text for line in candidates(f"\x1b[36mweb-1 |\x1b[0m {gc(1)}\x1b[0m\n".encode())] == [
        f"web-1 | {gc(1)}".encode()
    ]


def test_what_powershell_wrote_is_read() -> None:
    assert [line.number for line in found(lines(ORDINARY, gc(1)).decode().encode("utf-16"))] == [2]


def test_a_line_without_an_end_is_not_held() -> None:
    pieces = [b"x" * (1 << 20)] * 20 + [b"\n" + lines(gc(1))]
    made = list(chunks(pieces))

    assert max(len(chunk) for chunk, _ in made) <= 2 * LINE_BYTES + len(gc(1)) + 2
    assert b"".join(chunk for chunk, _ in made) == b"".join(pieces)
    assert [line.number for line in found(b"".join(pieces))] == [2]


def test_a_million_ordinary_lines_are_none_of_them() -> None:
    content = lines(*[ORDINARY] * 1_000_000)

    assert not holds_lines(large(content))
    assert list(candidates(content[: 1 << 20])) == []


@pytest.mark.parametrize("text", ["GC forced", "pacer: sweep done at heap size 1MB", gc(1)[:50]])
def test_a_log_needs_a_line_that_becomes_a_row(text: str) -> None:
    assert not holds_lines(large(lines(text)))
    assert holds_lines(large(lines(text, gc(1))))


def test_a_line_in_an_object_makes_a_log_however_it_is_spelled() -> None:
    # Docker's own encoder writes `>` as an escape, and so does Go's.
    spelled = gc(1).replace(">", "\\u003e")

    assert holds_lines(large(lines(f'{{"log":"{spelled}\\n","stream":"stderr"}}')))
    assert not holds_lines(large(lines(f'{{"log":"{spelled[:80]}\\n","stream":"stderr"}}')))
