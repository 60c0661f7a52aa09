"""A database of a part of a lake: what is in it, and that it stays that part."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from pipeline import flow
from pipeline.errors import UsageError
from pipeline.warehouse.part import Part
from pipeline.warehouse.questions import FLAMES
from tests.builders.profile import profile
from tests.warehouse.builder import LIMITS, REPORT, answers, heap, offer

WHOLE = Part()
_DAY_NS = 86_400 * 10**9


def put(lake: Path, name: str, content: bytes, **labels: str) -> None:
    path = lake.parent / name
    path.write_bytes(content)
    flow.ingest([str(path)], str(lake), labels=labels, limits=LIMITS)


@pytest.fixture
def lake(tmp_path: Path, made: Path) -> Path:
    """Heap profiles of two services and of none on two days, a CPU profile, a report of each service."""
    return shutil.copytree(made, tmp_path / "lake")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = tmp_path_factory.mktemp("part") / "lake"
    put(lake, "a.pb", heap(0, grow=100), service="pay")
    put(lake, "b.pb", heap(1440, grow=300), service="pay")
    put(lake, "c.pb", profile("main.other@o.go:3 main.main@m.go:1 9", time_ns=_DAY_NS), service="ship")
    put(lake, "d.pb", profile("main.nobodys@n.go:3 7", time_ns=_DAY_NS))
    put(
        lake,
        "e.pb",
        profile("main.busy@b.go:3 5", types=("cpu/nanoseconds",), period_type="cpu/nanoseconds"),
        service="pay",
    )
    put(lake, "f.txt", REPORT.encode(), service="pay")
    put(lake, "g.txt", REPORT.encode(), service="ship")
    return lake


def load(lake: Path, db: Path, part: Part = WHOLE) -> None:
    """The tables, with few views."""
    flow.load(str(lake), str(db), part=part, views=FLAMES)


def names(db: Path, query: str) -> set[object]:
    with flow.open_warehouse(str(db)) as connection:
        return {row[0] for row in connection.sql(query).fetchall()}


@pytest.mark.parametrize(
    ("part", "files"),
    [
        (Part(), "abcdefg"),
        (Part(service="pay"), "abef"),
        (Part(service="nobody"), ""),
        (Part(kind="cpu"), "efg"),
        (Part(since=datetime(2026, 1, 2)), "bfg"),
        (Part(until=datetime(2026, 1, 1, 12)), "acdefg"),
        (Part(since=datetime(2026, 1, 1, 12), until=datetime(2026, 1, 1, 13)), "fg"),
        (Part("pay", "heap", datetime(2026, 1, 2)), "bf"),
    ],
    ids=str,
)
def test_it_has_the_sources_of_the_part_and_no_others(lake: Path, part: Part, files: str) -> None:
    db = lake.parent / "part.duckdb"

    load(lake, db, part)

    found = names(db, "SELECT parse_filename(uri, true) FROM source")
    assert found == set(files)
    assert names(db, "SELECT source_id FROM profile UNION SELECT source_id FROM escape_report") <= names(
        db, "SELECT source_id FROM source"
    )


def test_it_has_the_symbols_of_the_part_and_no_others(lake: Path) -> None:
    db = lake.parent / "part.duckdb"

    load(lake, db, Part(service="ship"))

    assert names(db, "SELECT name FROM function") == {"main.other", "main.main"}
    assert names(db, "SELECT label FROM stack_label") == {"main.other", "main.main"}


def test_it_answers_as_a_lake_of_that_part_alone(made: Path, tmp_path: Path) -> None:
    flow.load(str(made), str(tmp_path / "part.duckdb"), part=Part(service="pay", kind="heap"))
    # Of the same files.
    alone = made.with_name("alone")
    put(alone, "a.pb", heap(0, grow=100), service="pay")
    put(alone, "b.pb", heap(1440, grow=300), service="pay")
    put(alone, "f.txt", REPORT.encode(), service="pay")
    flow.load(str(alone), str(tmp_path / "alone.duckdb"))

    assert answers(tmp_path / "part.duckdb") == answers(tmp_path / "alone.duckdb")


def test_it_goes_on_with_its_part(lake: Path, tmp_path: Path) -> None:
    db = tmp_path / "part.duckdb"
    load(lake, db, Part(service="ship"))
    put(lake, "h.pb", profile("main.later@o.go:3 9"), service="ship")
    put(lake, "i.pb", profile("main.later@o.go:4 9"), service="pay")

    load(lake, db)

    assert names(db, "SELECT parse_filename(uri, true) FROM source") == {"c", "g", "h"}


def test_another_part_is_an_error_that_says_what_it_holds(lake: Path, tmp_path: Path) -> None:
    db = tmp_path / "part.duckdb"
    load(lake, db, Part(service="ship"))

    with pytest.raises(UsageError, match=r"holds --service ship, and not --service pay --kind heap; name another file"):
        load(lake, db, Part(service="pay", kind="heap"))

    load(lake, tmp_path / "whole.duckdb")
    with pytest.raises(UsageError, match="holds all of its lake, and not --since 2026-01-02"):
        load(lake, tmp_path / "whole.duckdb", Part(since=datetime(2026, 1, 2)))


def test_a_service_may_be_called_anything(lake: Path, tmp_path: Path) -> None:
    put(lake, "h.pb", profile("main.f@o.go:3 9"), service="o'neil\\\"")

    load(lake, tmp_path / "part.duckdb", Part(service="o'neil\\\""))
    load(lake, tmp_path / "part.duckdb")

    assert names(tmp_path / "part.duckdb", "SELECT parse_filename(uri, true) FROM source") == {"h"}
    assert Part.of_json(Part("o'neil\\\"", None, datetime(2026, 1, 2)).to_json()) == Part(
        "o'neil\\\"", None, datetime(2026, 1, 2)
    )


def test_what_was_refused_is_told_in_every_part(lake: Path, tmp_path: Path) -> None:
    offer(lake, "notes.txt", b"call them on Monday\n")

    load(lake, tmp_path / "part.duckdb", Part(service="ship"))

    assert names(tmp_path / "part.duckdb", "SELECT parse_filename(uri) FROM source WHERE status = 'refused'") == {
        "notes.txt"
    }
