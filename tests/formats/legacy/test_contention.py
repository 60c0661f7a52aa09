from __future__ import annotations

import pytest

from pipeline.errors import DecodeError
from pipeline.formats.legacy.contention import read_contention_header
from tests.builders.legacy import text
from tests.formats.legacy.reading import read, refusal


def values(*lines: str, header: str = "--- mutex:") -> list[tuple[int, ...]]:
    return [values for _, values, _ in read(text(header, *lines)).samples]


def test_cycles_become_nanoseconds_of_all_contentions() -> None:
    assert values("cycles/second=2000000000", "sampling period=5", "1000 3 @ 0x1") == [(15, 2500)]


def test_without_cycles_per_second_the_delay_stays() -> None:
    assert values("sampling period=5", "1000 3 @ 0x1") == [(15, 1000)]


def test_without_attributes_records_follow_at_once() -> None:
    assert values("1000 3 @ 0x1", header="--- contention:") == [(3, 1000)]


def test_the_header_names_the_kind() -> None:
    kinds = [
        read_contention_header(first, [])[0].kind
        for first in (b"--- mutex:", b"--- contention:", b"--- contentionz 1 ---")
    ]

    assert kinds == ["mutex", "block", ""]


def test_a_time_since_the_reset_is_the_duration() -> None:
    header, _ = read_contention_header(
        b"--- contentionz 1 ---", [("ms since reset", "0x10"), ("discarded samples", "?")]
    )

    assert header.duration_ns == 16_000_000


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("cycles/second", "many", "cycles/second is 'many', which is no number"),
        ("sampling period", "9223372036854775808", "more than 64 bits"),
        ("ms since reset", "9223372036854775807", "more than 64 bits in nanoseconds"),
        ("resolution", "1", "'resolution' is no attribute"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(name: str, value: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        read_contention_header(b"--- mutex:", [(name, value)])


def test_what_would_not_fit_is_refused() -> None:
    assert "contentions take more than 64 bits" in refusal(
        text("--- mutex:", "sampling period=9", "1 9223372036854775807 @ 0x1")
    )
    assert "delay takes more than 64 bits" in refusal(
        text("--- mutex:", "cycles/second=1", "sampling period=9", "9223372036854775807 1 @ 0x1")
    )
