"""How the report words a row."""

from __future__ import annotations

import datetime

import pytest

from pipeline.outputs import wording

DAY = datetime.datetime(2026, 11, 23, 10, 0)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"service": "checkout", "instance": "a", "build": "1.4.2"}, "checkout · a · build 1.4.2"),
        ({"service": None, "instance": None, "build": None, "series_id": 31}, "series 31"),
        ({"program": "/usr/bin/shop", "build": "7"}, "shop · build 7"),
        (
            {"program": "/app", "main_package": "example.com/shop", "version": "v1.4.2"},
            "example.com/shop · version v1.4.2",
        ),
        ({"program": "/app", "revision": "0123456789abcdef-dirty"}, "app · commit 0123456789ab-dirty"),
        ({"service": "pay", "build": "7", "main_package": "x", "version": "v1", "revision": "8"}, "pay · build 7"),
    ],
)
def test_a_series_is_named_by_its_labels_by_its_executable_or_by_its_number(row: wording.Row, name: str) -> None:
    assert wording.series_name(row) == name


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (datetime.timedelta(0), "0 s"),
        (datetime.timedelta(milliseconds=365), "365.00\u00a0ms"),
        (datetime.timedelta(seconds=59), "59 s"),
        (datetime.timedelta(hours=2, minutes=5), "2 h 05 m"),
        (datetime.timedelta(days=3, hours=4, minutes=59), "3 d 4 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(length: datetime.timedelta, said: str) -> None:
    assert wording.duration(length) == said


def test_a_span_over_midnight_names_both_days() -> None:
    row = {"first_at": DAY, "last_at": DAY + datetime.timedelta(days=1)}

    assert wording.between(row) == "Between 2026-11-23 10:00 UTC and 2026-11-24 10:00 UTC"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (datetime.timedelta(0), "2026-11-23 10:00 UTC"),
        (datetime.timedelta(milliseconds=365), "2026-11-23 10:00:00.000 → 10:00:00.365 UTC (365.00 ms)"),
        (datetime.timedelta(minutes=2), "2026-11-23 10:00 → 10:02 UTC (2 m 00 s)"),
        (datetime.timedelta(days=1), "2026-11-23 10:00 → 2026-11-24 10:00 UTC (1 d 0 h)"),
    ],
)
def test_a_span_says_a_day_once_and_its_ends_so_that_they_are_told_apart(length: datetime.timedelta, said: str) -> None:
    assert wording.span({"first_at": DAY, "last_at": DAY + length}).replace("\u00a0", " ") == said


def test_profiles_that_do_not_say_when_they_were_taken_are_not_of_1970() -> None:
    row = {"first_at": datetime.datetime(1970, 1, 1), "last_at": datetime.datetime(1970, 1, 1)}

    assert wording.span(row) == "times unknown"
    assert wording.between(row) == "In the time covered"


def test_what_is_not_known_is_said_so_and_not_zero() -> None:
    nothing: wording.Row = {"slope_bytes_per_s": None, "r2": float("nan"), "relative_error": None}

    assert wording.slope(nothing) == "unknown"
    assert wording.fit(nothing) == "unknown"
    assert wording.error(nothing) == ""
    assert wording.rose(nothing, profiles=13) == ""


def test_sites_of_one_line_are_told_apart_by_what_is_allocated_there() -> None:
    rows: list[wording.Row] = [
        {"file": "shop/api/handler.go", "line": 68, "expression": "append"},
        {"file": "shop/api/handler.go", "line": 68, "expression": None, "attribution": "implicit"},
        {"file": "shop/api/handler.go", "line": 69, "expression": "x"},
    ]

    assert wording.site_names(rows) == ["api/handler.go:68 append", "api/handler.go:68 implicit", "api/handler.go:69"]


def test_a_habit_tells_speed_and_how_often_it_rose() -> None:
    row = {"slope_bytes_per_s": 1024.0 * 1024 / 60, "rising_share": 0.75}

    assert wording.habit(row, profiles=5) == " It grows by 1.0\N{NO-BREAK SPACE}MiB/min and rose in 3 of 4 intervals."


def test_a_place_without_a_file_is_its_function() -> None:
    assert wording.place({"file": None, "function": "gcWriteBarrier", "line": None}) == "gcWriteBarrier"
    assert wording.place({"file": "store/cache.go", "line": 21}) == "store/cache.go:21"


def test_type_arguments_keep_their_folders() -> None:
    assert wording.short_name("example.com/a/b.F[example.com/c.T]") == "b.F[example.com/c.T]"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (
            {"service": "api", "instance": "a", "build": "1.4", "uri": "logs/app.log", "process": 2},
            "api · instance a · build 1.4 · app.log · process 2",
        ),
        ({"service": None, "instance": None, "build": None, "uri": "app.log", "process": 0}, "app.log"),
        ({"uri": "app.log", "prefix": "web-1 |", "process": 1}, "app.log · web-1 | · process 1"),
        ({"uri": "app.log", "prefix": "x" * 99, "process": 0}, f"app.log · {'x' * 80}…"),
    ],
)
def test_a_process_is_named_by_its_labels_its_file_and_its_number_there(row: wording.Row, name: str) -> None:
    assert wording.process_name(row) == name


@pytest.mark.parametrize("values", [None, [], [5]])
def test_a_history_of_one_point_has_no_picture(values: list[int] | None) -> None:
    assert wording.sparkline({"history": values}) is None


def test_a_sparkline_starts_at_zero_and_tells_its_ends() -> None:
    picture = wording.sparkline({"history": [0, 2**20, 2**21]})

    assert picture == wording.Sparkline(
        "2.5,21.5 56.0,12.0 109.5,2.5", ("109.5", "2.5"), "live bytes from 0\u00a0B to 2.0\u00a0MiB"
    )


def test_a_history_of_zeros_is_a_flat_line() -> None:
    picture = wording.sparkline({"history": [0, 0]})

    assert picture is not None
    assert picture.line == "2.5,21.5 109.5,21.5"


@pytest.mark.parametrize(
    ("place", "short"),
    [
        ("/go/pkg/mod/github.com/dop251/goja@v0.0.0-20260917113740-793a2a65c13b/object.go:798", "goja/object.go:798"),
        ("github.com/a/b/v2@v2.1.0/c.go", "b/v2/c.go"),
        ("github.com/a/b@v1.0.0/inner/c.go:7", "inner/c.go:7"),
        ("store/cache.go:21", "store/cache.go:21"),
        ("cache.go", "cache.go"),
        ("v2/c.go", "v2/c.go"),
    ],
)
def test_a_short_path_is_without_the_version_of_its_module(place: str, short: str) -> None:
    assert wording.short_path(place) == short
