"""Moments as people write them, and what the commands do with --since, --until and --last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from pipeline.cli.moments import Age, TakenAt, spelled
from tests.builders.profile import profile
from tests.cli.seat import heapscape

_S = 10**9


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of four heap profiles of a minute each, and one that does not say when it was taken."""
    folder = tmp_path_factory.mktemp("spread")
    inputs = folder / "service=shop"
    inputs.mkdir()
    begin = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())
    for number, size in enumerate((1000, 4000, 9000, 5000)):
        content = profile(f"main.f@main.go:1 {size}", time_ns=(begin + 60 * number) * _S)
        (inputs / f"{number}.pb").write_bytes(content)
    (inputs / "when.pb").write_bytes(profile("main.g@main.go:9 77", time_ns=0))
    assert heapscape("ingest", inputs, "--lake", folder / "lake").code == 0
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "s.duckdb").code == 0
    return folder / "s.duckdb"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-30", "2026-11-30 00:00:00"),
        ("2026-11-30T12:30:00Z", "2026-11-30 12:30:00"),
        ("2026-11-30t12:30:00.5z", "2026-11-30 12:30:00.500000"),
        ("2026-11-30 12:30", "2026-11-30 12:30:00"),
        ("2026-11-30T01:30:00+02:00", "2026-11-29 23:30:00"),
    ],
)
def test_a_moment_is_a_day_or_a_time_in_utc(written: str, meant: str) -> None:
    assert str(TakenAt().convert(written, None, None)) == meant


def test_a_day_that_ends_a_span_is_in_it_whole() -> None:
    assert str(TakenAt(is_end=True).convert("2026-11-30", None, None)) == "2026-11-30 23:59:59.999999"


def test_so_long_ago_is_counted_from_now() -> None:
    meant = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=2)

    assert abs(TakenAt().convert("2h", None, None) - meant) < timedelta(minutes=1)


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01", "20261130", "1.5h", "12:30", "999999w", "2026"])
def test_what_is_no_moment_is_refused_with_examples(written: str) -> None:
    with pytest.raises(click.BadParameter, match="is no moment; write one in UTC, such as 2026-11-30, 2h or"):
        TakenAt().convert(written, None, None)


def test_a_moment_that_is_kept_is_not_so_long_ago() -> None:
    with pytest.raises(click.BadParameter, match="another moment each time"):
        TakenAt(is_lasting=True).convert("2h", None, None)


def test_an_age_has_a_number_and_a_unit() -> None:
    assert [Age().convert(text, None, None).total_seconds() for text in ("45s", "90m", "12h", "30d", "2w")] == [
        *(45, 5400, 43200, 2592000, 1209600),
    ]


def test_a_moment_is_spelled_as_it_is_read() -> None:
    for text in ("2026-11-30", "2026-11-30T12:30:00Z", "2026-11-30T12:30:00.000001Z"):
        assert spelled(TakenAt().convert(text, None, None)) == text


@pytest.mark.parametrize(
    ("span", "flat"),
    [
        (["--since", "2026-11-01T12:01:00Z", "--until", "2026-11-01T12:02:00Z"], 9000),
        (["--until", "2026-11-01T12:01:59Z"], 4000),
        (["--since", "2026-11-01"], 5000),
        (["--until", "2026-11-01"], 5000),
        (["--last", "1m", "--until", "2026-11-01T12:02:30Z"], 9000),
    ],
)
def test_the_newest_profile_of_a_span_is_taken(spread: Path, span: list[str], flat: int) -> None:
    seen = heapscape("top", *span, "--db", spread, "--format", "json")

    assert [row["flat"] for row in seen.json()] == [flat]


def test_growth_is_from_the_first_to_the_last_profile_of_the_span(spread: Path) -> None:
    span = ["--since", "2026-11-01T12:01:00Z", "--until", "2026-11-01T12:02:00Z"]

    sites = heapscape("growth", *span, "--db", spread, "--format", "json").json()
    text = heapscape("growth", *span, "--db", spread).out
    left = heapscape("diff", *span, "--db", spread, "--format", "json").json()

    assert [(site["first_bytes"], site["last_bytes"]) for site in sites if site["growth_bytes"]] == [(4000, 9000)]
    assert [row["flat"] for row in left] == [5000]
    assert "live heap 3.9 KiB → 8.8 KiB over 1.00 min, 2 profiles" in text


@pytest.mark.parametrize("by", ["own", "module"])
def test_every_kind_of_growth_is_of_the_span(spread: Path, by: str) -> None:
    span = ["--since", "2026-11-01T12:01:00Z", "--until", "2026-11-01T12:02:00Z"]

    rows = heapscape("growth", "--by", by, *span, "--db", spread, "--format", "json").json()

    assert [row["growth_bytes"] for row in rows] == [5000]


@pytest.mark.parametrize("command", [["top"], ["peek", "main"], ["flame"], ["diff"], ["flame", "--growth"]])
def test_a_span_without_a_profile_says_which_span_there_is(spread: Path, command: list[str]) -> None:
    seen = heapscape(*command, "--since", "2h", "--db", spread)

    assert seen.code == 2
    assert "was taken then or later; there is from 2026-11-01T12:00:00Z to 2026-11-01T12:03:00Z" in seen.err
    assert ("and 1 that do not say when" in seen.err) == (command not in (["diff"], ["flame", "--growth"]))


def test_a_span_before_everything_says_which_span_there_is(spread: Path) -> None:
    seen = heapscape("growth", "--until", "2026-10-31", "--db", spread)

    assert "was taken then or before; there is from 2026-11-01T12:00:00Z to 2026-11-01T12:03:00Z" in seen.err


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (["--since", "2h", "--last", "2h"], "--since and --last both say where a span of time begins"),
        (["--since", "2026-11-02", "--until", "2026-11-01"], "--since 2026-11-02 is later than --until 2026-11-01T23"),
        (["--last", "999999d"], "--last reaches back to before there were years"),
        (["--since", "tomorrow"], "'tomorrow' is no moment"),
    ],
)
def test_a_span_that_is_none_is_a_usage_error(spread: Path, span: list[str], said: str) -> None:
    seen = heapscape("top", *span, "--db", spread)

    assert seen.code == 2
    assert said in seen.err


def test_goroutines_are_counted_within_the_span(tmp_path: Path) -> None:
    begin = int(datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())
    for number, count in enumerate((2, 5, 50)):
        content = profile(
            f"runtime.gopark main.wait@main.go:4 {count}",
            types=("goroutine/count",),
            time_ns=(begin + 60 * number) * _S,
        )
        (tmp_path / f"{number}.pb").write_bytes(content)

    rows = heapscape("goroutines", tmp_path, "--until", "2026-11-01T12:01:00Z", "--format", "json").json()

    assert [(row["moments"], row["first_count"], row["last_count"]) for row in rows] == [(2, 2, 5)]
