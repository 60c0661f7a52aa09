"""heapscape sql."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.seat import LAST, REPOSITORY, command, environment, heapscape, process, rows

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
    assert table["series_id"].to_pylist() == [row["series_id"]]


def test_a_printed_id_can_be_typed_back_and_times_are_utc(demo: Path) -> None:
    (row,) = heapscape("sql", SERIES, "--db", demo, "--format", "json").json()

    again = heapscape("sql", f"SELECT profiles FROM heap.series WHERE series_id = {row['series_id']}", "--db", demo)
    assert again.out.split()[-1] == "13"
    assert row["first_at"].endswith("Z")


def test_a_parquet_file_holds_the_answer(demo: Path, tmp_path: Path) -> None:
    seen = heapscape("sql", SERIES, "--db", demo, "--parquet", "answer.parquet")

    assert (seen.code, seen.out) == (0, "")
    assert pq.read_table(tmp_path / "answer.parquet")["profiles"].to_pylist() == [13]


def test_no_rows_are_an_empty_answer(demo: Path) -> None:
    query = "FROM source WHERE uri = 'none'"

    assert heapscape("sql", query, "--db", demo, "--format", "json").json() == []
    assert heapscape("sql", query, "--db", demo, "--format", "csv").out.startswith("source_id,source_hash,uri,")


def test_a_table_without_rows_says_what_a_row_would_be(demo: Path) -> None:
    seen = heapscape("sql", "FROM alloc.survival", "--db", demo)

    assert seen.code == 0
    assert "no rows; alloc.survival: One row per trace with allocation events (`GODEBUG=traceallocfree=1`)" in seen.err


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("nonsense", "syntax error at or near"),
        ("SELECT nothing FROM source", "nothing"),
        (" -- a comment", "the query is empty"),
        ("SELECT 1; SELECT 2", "2 statements; ask one at a time"),
        ("CREATE TABLE t (a INTEGER)", "CREATE: heapscape sql only reads"),
        ("DELETE FROM source", "DELETE: heapscape sql only reads"),
        ("WITH gone AS (DELETE FROM source RETURNING *) FROM gone", "DELETE in a WITH: heapscape sql only reads"),
        ("COPY (SELECT 1) TO 'out.csv'", "COPY: heapscape sql only reads"),
        ("FROM read_csv('/etc/passwd')", "read_csv(): it reads or does more than the database"),
        ("ATTACH 'other.duckdb'", "ATTACH: heapscape sql only reads"),
        ("SET memory_limit = '1TB'", "SET: heapscape sql only reads"),
        ("SELECT error('so it is') FROM source", "so it is"),
    ],
)
def test_a_query_that_cannot_run_is_3_with_the_reason(demo: Path, tmp_path: Path, query: str, said: str) -> None:
    seen = heapscape("sql", query, "--db", demo)

    assert (seen.code, seen.out) == (3, "")
    assert said in seen.err
    assert "Traceback" not in seen.err
    assert list(tmp_path.iterdir()) == []


def test_a_long_answer_is_whole_in_every_format_but_a_table_which_says_so(demo: Path, tmp_path: Path) -> None:
    query = "SELECT range AS n FROM range(10001)"

    seen = {
        name: heapscape("sql", query, "--db", demo, "--format", name)
        for name in ("table", "markdown", "csv", "json", "ndjson", "arrow")
    }
    heapscape("sql", query, "--db", demo, "--parquet", "answer.parquet")

    assert [row["n"] for row in seen["json"].json()] == list(range(10001))
    assert [json.loads(line)["n"] for line in seen["ndjson"].out.splitlines()] == list(range(10001))
    assert seen["csv"].out.split() == ["n", *map(str, range(10001))]
    assert len(seen["markdown"].out.splitlines()) == 10003
    assert pa.ipc.open_stream(seen["arrow"].answer).read_all()["n"].to_pylist() == list(range(10001))
    assert pq.read_table(tmp_path / "answer.parquet")["n"].to_pylist() == list(range(10001))
    assert rows(seen["table"]) == [[str(n)] for n in range(10_000)]
    assert "only the first 10,000 rows are shown; --format csv, ndjson or markdown prints all" in seen["table"].err
    assert seen["csv"].err == ""


def test_a_parquet_file_is_whole_or_as_it_was(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "answer.parquet").write_bytes(b"of yesterday")
    query = "SELECT CASE WHEN range < 300000 THEN 1 ELSE ('x' || range)::INTEGER END AS n FROM range(400000)"

    seen = heapscape("sql", query, "--db", demo, "--parquet", "answer.parquet")

    assert seen.code == 3
    assert "Could not convert string 'x3" in seen.err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"answer.parquet": b"of yesterday"}


def test_who_reads_the_beginning_only_is_no_error(demo: Path) -> None:
    for name in ("csv", "arrow"):
        query = command("sql", "FROM range(10000000)", "--db", demo, "--format", name)
        with subprocess.Popen(
            query, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=REPOSITORY
        ) as asking:
            assert asking.stdout is not None
            assert asking.stderr is not None
            asking.stdout.read(10)
            asking.stdout.close()

            assert (asking.stderr.read(), asking.wait()) == (b"", 0)


def test_ctrl_c_in_a_query_is_130(demo: Path) -> None:
    query = "SELECT COUNT(*) FROM range(100000) AS a, range(10000000) AS b WHERE hash(a.range + b.range) = 1"
    with subprocess.Popen(
        command("sql", query, "--db", demo), stderr=subprocess.PIPE, env=environment(), cwd=REPOSITORY
    ) as asking:
        # Once it has the file open it asks.
        while not any(os.path.realpath(link) == str(demo) for link in Path(f"/proc/{asking.pid}/fd").iterdir()):
            time.sleep(0.05)
        time.sleep(0.5)

        asking.send_signal(signal.SIGINT)
        try:
            said = asking.communicate(timeout=30)[1]
        finally:
            asking.kill()

    assert (asking.returncode, said.strip()) == (130, b"heapscape: interrupted")


def test_a_query_that_is_not_utf_8_is_2(demo: Path) -> None:
    seen = process("sql", "-", "--db", demo, stdin=b"SELECT '\xff'")

    assert seen.code == 2
    assert "standard input, byte 8: not text in UTF-8" in seen.err


def test_an_empty_name_of_the_database_is_2() -> None:
    seen = heapscape("sql", "SELECT 1", "--db", "")

    assert seen.code == 2
    assert "is empty; name a file" in seen.err


@pytest.mark.parametrize("path", ["no/folder/x.parquet", "."])
def test_an_unwritable_parquet_file_is_2(demo: Path, path: str) -> None:
    seen = heapscape("sql", "SELECT 1 AS a", "--db", demo, "--parquet", path)

    assert seen.code == 2
    assert f"{path}: cannot be written" in seen.err


def test_a_file_that_is_no_database_is_3(tmp_path: Path) -> None:
    (tmp_path / "h.duckdb").write_bytes(b"nothing of the sort" * 1000)

    seen = heapscape("sql", "SELECT 1", "--db", "h.duckdb")

    assert seen.code == 3
    assert "h.duckdb: is not a DuckDB file; name another with --db" in seen.err


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


def test_a_view_over_paths_of_names_can_be_asked_of_a_file() -> None:
    query = "SELECT MAX(cum) AS most FROM flame.flat_cum WHERE sample_type = 'inuse_space'"

    # As `go tool pprof -top -cum -unit=B` has it.
    assert heapscape("sql", query, LAST, "--format", "csv").out == "most\n428308478\n"


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


def test_the_leaf_of_goroutines_that_wait_is_the_runtime_and_their_frame_the_programs(every_kind: Path) -> None:
    query = """
    SELECT DISTINCT function, program_function
    FROM sample_value
    JOIN profile USING (profile_id)
    JOIN stack.leaf USING (stack_id)
    WHERE kind = 'goroutine' AND function = 'runtime.gopark'
    """

    found = heapscape("sql", query, "--db", every_kind, "--format", "json").json()

    programs = {row["program_function"] for row in found}
    assert programs == {"example.com/everykind/work.parked", "example.com/everykind/work.leaked"}
