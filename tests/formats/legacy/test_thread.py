from __future__ import annotations

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.thread import read_threads

FIRST = b"--- Thread 7f79 (name: main/1) stack: ---\n"
SECOND = b"--- Thread 7f80 (name: worker/2) stack: ---\n"
MAPS = b"--- Memory map: ---\n1000-2000 r-xp 0 8:1 1 /bin/a\n"


def read(text: bytes) -> tuple[list[int], list[int], list[int]]:
    """Addresses, where each stack begins, counts."""
    _, stacks, counts, _ = read_threads(text)
    return stacks.addresses.tolist(), stacks.offsets.tolist(), counts.tolist()


def test_each_thread_is_a_sample_and_equal_ones_are_counted() -> None:
    text = (
        b"--- threadz 1 ---\n\n"
        + FIRST
        + b"  0x101 0x202\n"
        + SECOND
        + b" [same as previous thread]\n"
        + FIRST
        + b"0x5\n"
    )

    assert read(text + MAPS) == ([0x101, 0x201, 0x5], [0, 2, 3], [2, 1])


def test_a_text_may_begin_with_its_first_thread() -> None:
    assert read(b"# of pod a\n" + FIRST + b"0x5\n" + MAPS) == ([5], [0, 1], [1])


def test_a_text_without_threads_is_empty() -> None:
    assert read(b"--- threadz 1 ---\n\n" + MAPS) == ([], [0], [])
    assert read(b"--- threadz 1 ---\n\n---- no stack trace for thread\n") == ([], [0], [])
    assert read(b"--- threadz 1 ---\n") == ([], [0], [])


def test_the_text_from_the_mappings_on_is_handed_back() -> None:
    assert read_threads(FIRST + b"0x5\n" + MAPS)[3] == MAPS
    assert read_threads(FIRST + b"0x5\n")[3] is None


def test_another_heading_is_refused() -> None:
    with pytest.raises(DecodeError, match="line 3: '--- Thred' is no thread"):
        read_threads(FIRST + b"0x5\n--- Thred\n" + MAPS)
