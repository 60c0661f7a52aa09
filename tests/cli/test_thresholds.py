"""Thresholds as people write them."""

from __future__ import annotations

import click
import pytest

from pipeline.cli.thresholds import DEFAULTS, LIMITS, Threshold, defaults, each_once
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("option", "written", "checked", "value"),
    [
        ("--max-growth", "50MiB", "growth", 52_428_800),
        ("--max-growth", "12.5%", "growth_share", 0.125),
        ("--max-slope", "36MB/h", "slope", 10_000),
        ("--max-slope", "86400B/d", "slope", 1),
        ("--min-headroom", "2h", "headroom_time", 7_200),
        ("--min-headroom", "1KiB", "headroom", 1_024),
        ("--max-goroutines", "+1000", "goroutine_growth", 1_000),
        ("--max-goroutines", "1000", "goroutines", 1_000),
        ("--max-pause", "10ms", "pause", 10_000_000),
        ("--max-pause-p99", "250us", "pause_p99", 250_000),
        ("--min-bytes", "1KiB/s", "rate", 1_024),
    ],
)
def test_the_unit_says_what_it_is_of(option: str, written: str, checked: str, value: float) -> None:
    found = LIMITS[option].convert(written, None, None)

    assert found == Threshold(checked, pytest.approx(value), f"{option} {written}")


@pytest.mark.parametrize(
    ("option", "written"),
    [
        *(("--max-growth", text) for text in ("", "50", "-1MiB", "nan", "1e9B", "50 acres", "%")),
        *(("--max-slope", text) for text in ("1MiB", "/h", "1MiB/acre", "1MiB/", "5/h", "1MiB/h/h")),
        *(("--max-goroutines", text) for text in ("-5", "+", "1.5", "++1")),
        *(("--max-pause", text) for text in ("10", "ms", "10MiB", "9" * 400 + "s")),
    ],
)
def test_anything_else_is_answered_with_an_example(option: str, written: str) -> None:
    with pytest.raises(click.BadParameter, match="write it like"):
        LIMITS[option].convert(written, None, None)


def test_two_of_one_thing_are_refused_and_two_of_one_option_are_not() -> None:
    share, size = (LIMITS["--max-growth"].convert(text, None, None) for text in ("5%", "1MiB"))

    assert each_once([share, size]) == {"growth_share": share, "growth": size}
    with pytest.raises(UsageError, match="--max-growth 1MiB and --max-growth 1MiB are of the same"):
        each_once([size, size])


def test_defaults_are_of_different_things() -> None:
    assert len(each_once(defaults())) == len(DEFAULTS)
