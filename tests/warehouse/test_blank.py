"""A database without rows is made once, and where nothing can be kept each time."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.errors import SchemaError
from pipeline.warehouse import blank as room
from pipeline.warehouse.blank import copy_blank
from pipeline.warehouse.connect import open_for_load


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was created, in a cache of the test's own."""
    monkeypatch.setattr(room, "cache", lambda: tmp_path / "cache")
    return []


def copied(made: list[str], draft: Path, declarations: str = "one") -> list[tuple[object, ...]]:
    """The rows of the copy's only table, before one is put in."""

    def create(path: str) -> None:
        made.append(path)
        with open_for_load(path) as connection:
            connection.execute("CREATE TABLE t (i INTEGER)")

    copy_blank(str(draft), declarations=declarations, create=create)
    with open_for_load(str(draft)) as connection:
        found = connection.sql("FROM t").fetchall()
        connection.execute("INSERT INTO t VALUES (1)")
    return found


def test_it_is_made_once_and_what_is_put_into_a_copy_stays_there(made: list[str], tmp_path: Path) -> None:
    found = [copied(made, tmp_path / name) for name in ("a.duckdb", "b.duckdb")]

    assert found == [[], []]
    assert len(made) == 1


def test_another_declaration_is_another_and_takes_its_place(made: list[str], tmp_path: Path) -> None:
    copied(made, tmp_path / "a.duckdb", "one")
    copied(made, tmp_path / "b.duckdb", "two")

    assert len(made) == 2
    assert len(list((tmp_path / "cache" / "warehouse").iterdir())) == 1


def test_where_nothing_can_be_kept_it_is_made_in_place(made: list[str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")

    found = [copied(made, tmp_path / name) for name in ("a.duckdb", "b.duckdb")]

    assert found == [[], []]
    assert made == [str(tmp_path / "a.duckdb"), str(tmp_path / "b.duckdb")]


def test_what_cannot_be_made_is_told_and_leaves_nothing(made: list[str], tmp_path: Path) -> None:
    def create(path: str) -> None:
        with duckdb.connect(path):
            raise SchemaError("sql/a/b.sql: no such column")

    with pytest.raises(SchemaError, match="no such column"):
        copy_blank(str(tmp_path / "a.duckdb"), declarations="one", create=create)

    assert list((tmp_path / "cache" / "warehouse").iterdir()) == []
    assert not (tmp_path / "a.duckdb").exists()
