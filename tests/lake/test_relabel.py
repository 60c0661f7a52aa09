"""New labels for sources that a lake has."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import flow
from pipeline.errors import UsageError
from pipeline.lake.relabel import labels_of, relabel
from pipeline.lake.verify import verify
from pipeline.tables.source import relabelled
from tests.builders.profile import profile
from tests.cli.seat import REPORT, TRACES, heapscape


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A lake of two profiles, a report and a trace."""
    monkeypatch.chdir(tmp_path)
    inputs = tmp_path / "in" / "service=a" / "build=1"
    inputs.mkdir(parents=True)
    for number in (1, 2):
        (inputs / f"{number}.pb").write_bytes(profile(f"main.f@main.go:1 {number}000", time_ns=number * 10**18))
    (inputs / "escape.txt").write_bytes(REPORT.read_bytes())
    (inputs / "plain.trace").write_bytes((TRACES / "plain.trace").read_bytes())
    assert heapscape("ingest", "in", "--lake", "lake").code == 0
    return "lake"


def labels(lake: str) -> set[tuple[tuple[str, str], ...]]:
    return {tuple(sorted(one.items())) for one in labels_of(lake).values()}


def test_labels_that_are_not_named_stay(lake: str) -> None:
    told = relabel(lake, ["in"], {"service": "pay"}, relabelled=relabelled)

    assert len(told) == 4
    assert labels(lake) == {(("build", "1"), ("service", "pay"))}
    assert not [finding for finding in verify(flow._filled(lake)) if finding.severity == "error"]


@pytest.mark.parametrize("given", ["in/service=a/build=1/1.pb", "./in/service=a/build=1/1.pb", "*/1.pb"])
def test_a_source_is_named_as_it_was_offered(lake: str, given: str) -> None:
    assert relabel(lake, [given], {"pod": "x"}, relabelled=relabelled) == ["in/service=a/build=1/1.pb"]


def test_what_changes_nothing_is_no_batch(lake: str) -> None:
    before = flow._filled(lake).batch

    assert relabel(lake, ["in"], {"service": "a"}, relabelled=relabelled) == []
    assert flow._filled(lake).batch == before


def test_an_input_that_was_never_offered_is_named_with_what_there_is(lake: str) -> None:
    with pytest.raises(
        UsageError, match=r"nowhere: no source of lake was offered as this, .* of in/service=a/build=1;"
    ):
        relabel(lake, ["in", "nowhere"], {"service": "pay"}, relabelled=relabelled)

    assert labels(lake) == {(("build", "1"), ("service", "a"))}


def test_a_database_has_the_labels_as_if_it_had_never_been_otherwise(lake: str, tmp_path: Path) -> None:
    assert heapscape("load", "--lake", lake, "--db", "a.duckdb").code == 0
    relabel(lake, ["in"], {"service": "pay"}, relabelled=relabelled)
    heapscape("load", "--lake", lake, "--db", "a.duckdb")
    heapscape("ingest", "in", "--lake", "other", "--label", "service=pay")
    heapscape("load", "--lake", "other", "--db", "b.duckdb")

    tables = ("profile", "trace", "escape_report", "heap.series", "attribution.growth_by_site", "escape.site")
    for name in tables:
        query = f"FROM {name}"
        answers = [heapscape("sql", query, "--db", db, "--format", "json").json() for db in ("a.duckdb", "b.duckdb")]
        # Numbers are given in the order of coming, and the hash of a report has the labels that it came with.
        plain = [
            sorted(
                str({k: v for k, v in row.items() if not k.endswith(("_hash", "_id", "candidates"))}) for row in rows
            )
            for rows in answers
        ]
        assert plain[0] == plain[1] != [], name


def test_a_compaction_makes_no_database_anew(lake: str) -> None:
    relabel(lake, ["in"], {"service": "pay"}, relabelled=relabelled)
    heapscape("load", "--lake", lake, "--db", "a.duckdb")
    flow.compact_lake(lake)

    assert flow.load(lake, "a.duckdb").from_batch == 2
