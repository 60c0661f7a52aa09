"""A database opened for questions answers them, and can do nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import QueryError, UsageError
from pipeline.warehouse.connect import ALIAS, open_for_load, open_readonly

PIPELINE = Path(__file__).parents[2] / "pipeline"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "heap.duckdb"
    with open_for_load(str(path)) as connection:
        connection.execute("CREATE SCHEMA heap")
        connection.execute("CREATE TABLE profile (a INTEGER)")
        connection.execute("INSERT INTO profile VALUES (1)")
        connection.execute("CREATE VIEW heap.growth AS SELECT a FROM profile")
    return path


@pytest.fixture
def reader(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_readonly(str(database)) as connection:
        yield connection


def test_a_view_is_found_even_in_a_file_called_like_its_schema(reader: duckdb.DuckDBPyConnection) -> None:
    assert reader.sql("FROM heap.growth").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE b (a INTEGER)",
        "INSERT INTO profile VALUES (2)",
        "UPDATE profile SET a = 2",
        "DELETE FROM profile",
        "DROP VIEW heap.growth",
        "CREATE OR REPLACE VIEW heap.growth AS SELECT 1",
        "COMMENT ON TABLE profile IS 'mine'",
    ],
)
def test_nothing_in_the_file_can_be_changed(reader: duckdb.DuckDBPyConnection, database: Path, statement: str) -> None:
    before = database.read_bytes()

    with pytest.raises(duckdb.Error):
        reader.execute(statement)

    assert reader.sql("FROM profile").fetchall() == [(1,)]
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "FROM read_csv('{secret}')",
        "FROM '{secret}'",
        "FROM read_text('{secret}')",
        "FROM glob('{folder}/*')",
        "COPY profile TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/other.duckdb' AS other",
        "ATTACH '{database}' AS again (READ_WRITE)",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_no_other_file_can_be_read_written_or_attached(
    reader: duckdb.DuckDBPyConnection, database: Path, tmp_path: Path, statement: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    before = sorted(tmp_path.iterdir())

    with pytest.raises(duckdb.Error):
        reader.execute(statement.format(secret=secret, folder=tmp_path, database=database)).fetchall()

    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "SET enable_external_access = true",
        "SET memory_limit = '1TB'",
        "SET threads = 64",
        "RESET lock_configuration",
        "SET lock_configuration = false",
        "PRAGMA memory_limit = '1TB'",
    ],
)
def test_no_setting_can_be_changed(reader: duckdb.DuckDBPyConnection, statement: str) -> None:
    with pytest.raises(duckdb.Error, match="lock"):
        reader.execute(statement)


def test_threads_and_memory_are_as_asked(database: Path) -> None:
    query = "SELECT current_setting('threads'), current_setting('memory_limit'), current_setting('TimeZone')"

    with open_readonly(str(database), threads=1, memory="512MiB") as connection:
        assert connection.sql(query).fetchall() == [(1, "512.0 MiB", "UTC")]


def test_no_more_threads_than_the_machine_has_cores(database: Path) -> None:
    with open_readonly(str(database), threads=100_000) as connection:
        assert connection.sql("SELECT current_setting('threads')").fetchall() == [(os.cpu_count(),)]


@pytest.mark.parametrize("opened", [open_readonly, open_for_load])
def test_no_connection_goes_to_the_network(
    database: Path, opened: Callable[[str], AbstractContextManager[duckdb.DuckDBPyConnection]]
) -> None:
    query = "SELECT current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"

    with opened(str(database)) as connection:
        assert connection.sql(query).fetchall() == [(False, False)]


def test_only_this_module_opens_connections() -> None:
    callers = [path.name for path in PIPELINE.rglob("*.py") if "duckdb.connect(" in path.read_text(encoding="utf-8")]

    assert callers == ["connect.py"]


def test_a_file_that_is_not_there_is_a_usage_error_that_says_how_to_make_it(tmp_path: Path) -> None:
    with (
        pytest.raises(
            UsageError, match=r"absent\.duckdb: there is no such database; make it with: heapscape load --db"
        ),
        open_readonly(str(tmp_path / "absent.duckdb")),
    ):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"note", b"notes of mine\n" * 1000, b"SQLite format 3\0" + bytes(4080), b"PAR1" * 100],
    ids=["empty", "short", "text", "SQLite", "Parquet"],
)
def test_a_file_that_is_no_database_is_named_and_no_extension_is_looked_for(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_bytes(content)

    with pytest.raises(QueryError, match=r"notes\.duckdb: is not a DuckDB file"), open_readonly(str(path)):
        pass


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory; it is a folder; name a file"), open_readonly(str(tmp_path)):
        pass


def test_a_database_that_is_cut_off_or_damaged_is_named(database: Path) -> None:
    whole = database.read_bytes()
    for damaged in (whole[:100], whole[:5000], whole[:20000], whole[:20] + bytes(8192) + whole[8212:]):
        database.write_bytes(damaged)

        with (
            pytest.raises(QueryError, match=r"heap\.duckdb: .*; move it away to have it made anew"),
            open_readonly(str(database)) as reader,
        ):
            reader.execute("FROM profile")


def test_a_quote_in_a_path_is_only_a_quote(tmp_path: Path) -> None:
    path = tmp_path / "it's.duckdb"

    with open_for_load(str(path)) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")

    with open_readonly(str(path)) as connection:
        assert connection.sql("FROM t").fetchall() == []


def test_everything_is_in_one_file_when_the_loader_is_done(tmp_path: Path) -> None:
    path = tmp_path / "answers.duckdb"

    with open_for_load(str(path)) as connection:
        connection.execute("CREATE TABLE t AS FROM range(1000)")
        assert connection.sql("SELECT current_database()").fetchall() == [(ALIAS,)]

    assert [file.name for file in tmp_path.iterdir()] == ["answers.duckdb"]
