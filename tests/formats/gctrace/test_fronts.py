"""What stands before many lines is what stands before each."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.formats.gctrace.front import front_of
from pipeline.formats.gctrace.fronts import ODDITIES, Fronts, fronts_of
from pipeline.kernels.text.spelled import NONE


def taken_apart(texts: list[str]) -> Fronts:
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    starts = ends - np.array([len(text) for text in encoded], np.int64)
    return fronts_of(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)


@pytest.mark.parametrize(
    "spelled",
    [
        "2024-{month:02d}-{day:02d}T10:{second:02d}:07.123456789Z ",
        "2024-{month:02d}-{day:02d} 10:11:{second:02d}+05:30 app | ",
        "{day:02d} web-{day}-1 | 2026/11/{day:02d} 10:{second:02d}:07 ",
        "1790000{day:03d}.{month:02d} host app[{day}]: ",
        "[  {day:02d}.{second:03d}] host app[7]: ",
        "[  {day:02d}.{second:03d} <    0.{month:03d} >] host app[7]: ",
        "@40000000661f{month:02d}{day:02d}12345678 ",
        "{month}:{second:02d}PM INF ",
        "INFO[00{day:02d}] ",
        "pod-{month}.log:2024-10-{day:02d}T10:00:00Z stderr F ",
        "Nov {day:2d} 10:00:00 host app[7]: ",
        "2024-{month:02d}-{day:02d}T10:00:00-0700 [2023-01-02T03:04:05Z] ",
        "{year}-02-28 23:59:59,5 UTC > ",
        "",
        "web-{day} | ",
    ],
)
def test_stamps_and_labels_are_those_of_each(spelled: str) -> None:
    places = range(400)
    texts = [spelled.format(month=1 + at % 13, day=1 + at % 33, second=at % 61, year=1960 + at) for at in places]

    found = taken_apart(texts)

    assert found.is_read.sum() > 250
    for row in np.flatnonzero(found.is_read).tolist():
        one = front_of(texts[row].encode())
        assert found.labels[found.label[row]] == one.label
        assert not one.is_glued
        assert (None if found.at_us[row] == NONE else found.at_us[row]) == one.stamp.at_us
        assert (found.unit_us[row], ODDITIES[found.oddity[row]]) == (one.stamp.unit_us, one.stamp.oddity)


def test_days_that_no_month_has_are_left_to_who_looks_at_each() -> None:
    texts = [f"{year}-02-{day:02d}T00:00:00Z " for year in (1999, 2000, 2024, 2100) for day in range(20, 30)]

    found = taken_apart(texts)

    left = {texts[row][:10] for row in np.flatnonzero(~found.is_read).tolist()}
    assert left == {"1999-02-29", "2100-02-29"}


def test_oddities_come_in_the_order_of_their_lines() -> None:
    found = taken_apart(["a | "] + ["2026/11/29 10:00:00 "] * 20 + ["10:00:00 "] * 2 + ["2026/11/29 10:00:01 "])

    odd = [(kind, rows.tolist()) for kind, rows in found.odd(1, 24)]
    assert odd == [("stamp_without_zone", [*range(1, 21), 23]), ("stamp_incomplete", [21, 22])]
    assert found.odd(0, 1) == []
