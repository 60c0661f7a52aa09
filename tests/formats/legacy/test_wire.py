from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from pipeline.formats.legacy.frames import FrameLines
from pipeline.formats.legacy.wire import memstats_trailer, pieces_of
from pipeline.values import Large
from tests.builders.profile import blob


def shown(text: bytes) -> list[tuple[int, bytes]]:
    """The records of a text, each with its line."""
    start, end, _, line = FrameLines().cut(np.frombuffer(text, np.uint8), is_ended=False).records.tolist()
    return [(number, text[first:last]) for first, last, number in zip(start, end, line, strict=True)]


@pytest.mark.parametrize("blanks", [1, 3, 8, 9, 40])
def test_lines_are_without_the_blanks_around_them(blanks: int) -> None:
    margin = b" \t" * blanks

    assert shown(margin + b"a b" + margin + b"\r\n" + margin + b"\n\nc") == [(0, b"a b"), (3, b"c")]


def test_a_text_may_end_anywhere() -> None:
    assert shown(b"") == []
    assert shown(b"\n") == []
    assert shown(b"a") == [(0, b"a")]
    assert shown(b"a\nb\n") == [(0, b"a"), (1, b"b")]


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("piece_bytes", range(1, 24))
def test_pieces_are_cut_before_records_and_are_the_whole_text(piece_bytes: int, is_large: bool) -> None:
    content = b"1 @ 0x1\n#\tx\n\n  2 @ 0x2\n#\ty\n3 @ 0x3\n"
    offered = blob(content)
    if is_large:
        offered = replace(offered, large=Large(len(content), 100, lambda: BytesIO(content).read))

    pieces = [piece.tobytes() for piece in pieces_of(offered, piece_bytes=piece_bytes)]

    assert b"".join(pieces) == content
    assert all(piece.lstrip()[:1] in (b"1", b"2", b"3") for piece in pieces)


def test_a_mark_of_the_encoding_is_left_out() -> None:
    assert [piece.tobytes() for piece in pieces_of(blob(b"\xef\xbb\xbf1 @ 0x1\n"))] == [b"1 @ 0x1\n"]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert [piece.tobytes() for piece in pieces_of(blob(b"a\xffb"))] == ["a\ufffdb".encode()]


def test_the_statistics_of_memory_are_the_last_comments() -> None:
    trailer = b"# runtime.MemStats\n# Alloc = 1\n# MaxRSS = 2\n"

    assert memstats_trailer(b"1 @ 0x1\n\n\n" + trailer) == trailer
    assert memstats_trailer(b"1 @ 0x1\n") == b""
