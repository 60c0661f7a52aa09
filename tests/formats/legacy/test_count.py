from __future__ import annotations

from pipeline.formats.legacy.count import read_count_header
from pipeline.formats.legacy.recognise import COUNT_HEADER
from tests.builders.legacy import text
from tests.formats.legacy.reading import read


def test_the_name_of_the_profile_is_what_is_counted() -> None:
    header, _ = read_count_header(b"example.com/files profile: total 11")

    assert (header.sample_types, header.period_type, header.period) == (
        (("example.com/files", "count"),),
        ("example.com/files", "count"),
        1,
    )


def test_a_sentence_about_a_profile_is_no_header() -> None:
    assert not COUNT_HEADER.match(b"the goroutine profile: total 12")
    assert not COUNT_HEADER.match(b"goroutine profile: total 12 of 13")


def test_counts_are_as_they_stand_there() -> None:
    found = read(text("threadcreate profile: total 9223372036854775807", "9223372036854775807 @ 0x1"))

    assert [values for _, values, _ in found.samples] == [(2**63 - 1,)]
