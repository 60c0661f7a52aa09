"""heapscape sql."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.seat import heapscape, process, rows

SERIES = "SELECT series_id, profiles, growth_bytes, first_at FROM heap.series"


def test_every_format_has_the_same_answer(demo: Path) -> None:
    seen = {
        name: heapscape("sql", SERIES, "--db", demo, "--format", name)
        for name in ("table", "markdown", "csv", "json", "ndjson", "arrow")
    }

    (row,) = seen["json"].json()
    values = [str(value) for value in row.values()]
    assert rows(seen["table"]) == [values]
    assert [cell.strip() for cell in seen["markdown"].out.splitlines()[2].strip("|").split("|")] == values
    assert list(csv.reader(io.StringIO(seen["csv"].out))) == [list(row), values]
    assert json.loads(seen["ndjson"].out) == row
    table = pa.ipc.open_stream(seen["arrow"].answer).read_all()
    assert table["growth_bytes"].to_pylist() == [row["growth_bytes"]]
    assert f"{table['series_id'][0].as_py():016x}" == row["series_id"]


def test_ids_are_hexadecimal_and_times_are_utc(demo: Path) -> None:
    (row,) = heapscape("sql", SERIES, "--db", demo, "--format", "json").json()

    assert len(row["series_id"]) == 16
    assert row["first_at"].endswith("Z")


def test_a_parquet_file_holds_the_answer(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("sql", SERIES, "--db", demo, "--parquet", "answer.parquet")

    assert (seen.code, seen.out) == (0, "")
    assert pq.read_table(tmp_path / "answer.parquet")["profiles"].to_pylist() == [13]


def test_no_rows_are_an_empty_answer(demo: Path) -> None:
    query = "FROM source WHERE uri = 'none'"

    assert heapscape("sql", query, "--db", demo, "--format", "json").json() == []
    assert heapscape("sql", query, "--db", demo, "--format", "csv").out.startswith("source_id,uri,")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nonsense", "syntax error at or near"),
        ("SELECT nothing FROM source", "nothing"),
        ("", "the query is empty"),
        (" -- a comment", "the query is empty"),
        ("CREATE TABLE t (a INTEGER)", "read-only"),
        ("DELETE FROM source", "read-only"),
        ("COPY (SELECT 1) TO 'out.csv'", "disabled by configuration"),
        ("FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("ATTACH 'other.duckdb'", "disabled by configuration"),
        ("SET memory_limit = '1TB'", "locked"),
    ],
)
def test_a_query_that_cannot_run_is_3_with_the_reason(demo: Path, tmp_path: Path, query: str, said: str) -> None:
    seen = heapscape("sql", query, "--db", demo)

    assert (seen.code, seen.out) == (3, "")
    assert said in seen.err
    assert "Traceback" not in seen.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["no/folder/x.parquet", "."])
def test_an_unwritable_parquet_file_is_2(demo: Path, path: str) -> None:
    seen = heapscape("sql", "SELECT 1 AS a", "--db", demo, "--parquet", path)

    assert seen.code == 2
    assert f"{path}: cannot be written" in seen.err


def test_a_file_that_is_no_database_is_3(tmp_path: Path) -> None:
    (tmp_path / "h.duckdb").write_bytes(b"nothing of the sort" * 1000)

    seen = heapscape("sql", "SELECT 1", "--db", "h.duckdb")

    assert seen.code == 3
    assert "h.duckdb: DuckDB cannot open it" in seen.err


def test_a_query_can_come_from_standard_input(demo: Path) -> None:
    seen = process("sql", "-", "--db", demo, "--format", "csv", stdin=b"-- how many\nSELECT COUNT(*) AS n FROM profile")

    assert (seen.code, seen.out) == (0, "n\n13\n")


def test_every_view_can_be_asked(demo: Path) -> None:
    views = heapscape(
        "sql",
        "SELECT schema_name || '.' || view_name AS name FROM duckdb_views() WHERE NOT internal",
        "--db",
        demo,
        "--format",
        "json",
    ).json()

    answers = {view["name"]: heapscape("sql", f"FROM {view['name']} LIMIT 2", "--db", demo).code for view in views}

    assert len(answers) > 10
    assert set(answers.values()) == {0}


def test_audits_are_empty(demo: Path) -> None:
    audits = heapscape(
        "sql",
        "SELECT view_name AS name FROM duckdb_views() WHERE schema_name = 'audit'",
        "--db",
        demo,
        "--format",
        "json",
    ).json()

    assert len(audits) >= 4
    for audit in audits:
        assert heapscape("sql", f"FROM audit.{audit['name']}", "--db", demo, "--format", "json").json() == []
