"""What there is, by a choice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.warehouse import inventory_questions as asked
from pipeline.warehouse.questions import Selection
from tests.warehouse.builder import LIMITS, heap


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Two heap profiles of a service, a minute apart, one of another, and a text that is none."""
    folder = tmp_path_factory.mktemp("inventory")
    for name, content, service in (
        ("a.pb", heap(0, grow=1), "pay"),
        ("b.pb", heap(1, grow=2), "pay"),
        ("c.pb", heap(5, grow=3), "ship"),
    ):
        (folder / name).write_bytes(content)
        flow.ingest([str(folder / name)], str(folder / "lake"), labels={"service": service}, limits=LIMITS)
    (folder / "notes.txt").write_text("call them on Monday")
    flow.ingest([str(folder / "notes.txt")], str(folder / "lake"), labels={}, limits=LIMITS)
    views = (*asked.PROFILES, *asked.SERIES, *asked.SOURCES)
    flow.load(str(folder / "lake"), str(folder / "i.duckdb"), views=views)
    with flow.open_warehouse(str(folder / "i.duckdb")) as connection:
        yield connection


def names(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[str]:
    return [Path(one).name for one in asked.profiles(connection, selection).table["uri"].to_pylist()]


def test_profiles_fit_by_every_part_of_the_choice(database: duckdb.DuckDBPyConnection) -> None:
    (first, *_) = asked.profiles(database, Selection()).table.to_pylist()

    assert names(database, Selection()) == ["c.pb", "b.pb", "a.pb"]
    assert names(database, Selection(service="pay")) == ["b.pb", "a.pb"]
    assert names(database, Selection(service="pay", since=datetime(2026, 1, 1, 0, 1))) == ["b.pb"]
    assert names(database, Selection(until=datetime(2026, 1, 1, 0, 1))) == ["b.pb", "a.pb"]
    assert names(database, Selection(profiles=("a.pb", str(first["profile_id"])))) == ["c.pb", "a.pb"]
    assert names(database, Selection(profiles=(first["profile_hash"],), kind="heap")) == ["c.pb"]


def test_series_fit_a_span_that_touches_them(database: duckdb.DuckDBPyConnection) -> None:
    found = asked.series(database, Selection(until=datetime(2026, 1, 1))).table.to_pylist()

    assert [(one["service"], one["profiles"]) for one in found] == [("pay", 2)]


def test_sources_are_chosen_by_what_became_of_them(database: duckdb.DuckDBPyConnection) -> None:
    (refused,) = asked.sources(database, Selection(), status="refused").table.to_pylist()

    assert Path(refused["uri"]).name == "notes.txt"
    assert asked.sources(database, Selection(service="ship")).table.num_rows == 1


def test_a_query_has_the_conditions_that_were_given_and_no_others(database: duckdb.DuckDBPyConnection) -> None:
    question = asked.profiles(database, Selection(service="pay")).question

    assert question is not None
    assert question.text == (
        "FROM inventory.profiles\nWHERE service = $service\nORDER BY taken_at DESC NULLS LAST, profile_id DESC"
    )
    assert question.parameters == {"service": "pay"}
