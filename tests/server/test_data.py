"""Views and queries as rows."""

from __future__ import annotations

import csv
import gc
import io
import shutil
import tempfile
import time
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.server import data
from pipeline.values import Answer, ResultColumn
from tests.cli.seat import heapscape
from tests.server.conftest import served


def test_a_view_is_the_same_rows_in_every_format(client: httpx.Client) -> None:
    asked = "/data/heap.profiles.{}?order=profile_id"
    rows = client.get(asked.format("json")).json()
    table = pa.ipc.open_stream(client.get(asked.format("arrow")).content).read_all()
    parquet = pq.read_table(io.BytesIO(client.get(asked.format("parquet")).content))
    lines = list(csv.DictReader(io.StringIO(client.get(asked.format("csv")).text)))

    assert len(rows) > 1
    assert [row["profile_id"] for row in rows] == sorted(row["profile_id"] for row in rows)
    assert (
        table["inuse_bytes"].to_pylist() == parquet["inuse_bytes"].to_pylist() == [row["inuse_bytes"] for row in rows]
    )
    assert [int(line["inuse_bytes"]) for line in lines] == [row["inuse_bytes"] for row in rows]


def test_rows_are_those_of_the_command(client: httpx.Client, database: Path) -> None:
    seen = heapscape("sql", "FROM heap.series ORDER BY growth_bytes DESC LIMIT 1", "--db", database, "--format", "json")

    assert client.get("/data/heap.series.json?order=-growth_bytes&limit=1").text == seen.out


def test_a_column_keeps_the_rows_that_have_the_value(client: httpx.Client) -> None:
    every = client.get("/data/profile.json").json()
    service = every[0]["service"]

    assert client.get("/data/profile.json", params={"service": service, "profile_id": "2"}).json() == [
        row for row in every if row["service"] == service and row["profile_id"] == 2
    ]
    assert client.get("/data/profile.json", params={"service": "' OR true --"}).json() == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/data/heap.serie.json", "did you mean heap.series"),
        ("/data/heap._stack.json", "no table or view"),
        ("/data/duckdb_settings().json", "no table or view"),
        ("/data/profile.json?colour=red", "has no column colour, only profile_id"),
        ("/data/profile.json?profile_id=red", "red"),
        ('/data/profile.json?order="', "has no column"),
        ("/data/profile.json?limit=0", "not a number from 1 to"),
        ("/data/profile.json?limit=1e3", "not a number from 1 to"),
        (f"/data/profile.json?limit=000000001{'1' * 5_000}", "not a number from 1 to"),
        ("/query.json", "the query is empty"),
        ("/query.json?q=SELECT+1;SELECT+2", "2 statements"),
        ("/query.json?q=FROM+nothing", "nothing"),
    ],
)
def test_what_cannot_be_answered_is_told_in_a_sentence(client: httpx.Client, path: str, said: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 400
    assert answer.text.startswith("heapscape: ")
    assert said in answer.text


HOSTILE = [
    "CREATE TABLE t (i INTEGER)", "DROP TABLE profile", "DELETE FROM profile", "INSERT INTO profile FROM profile",
    "COPY profile TO '/tmp/stolen.csv'", "ATTACH '/tmp/other.duckdb'", "DETACH heapscape", "INSTALL httpfs", "LOAD httpfs",
    "SET memory_limit = '1TB'", "RESET threads", "PRAGMA threads = 64", "USE memory", "CALL pragma_version()", "CHECKPOINT",
    "FROM read_csv('/etc/passwd')", "FROM '/etc/passwd'", "FROM read_text('/etc/hostname')", "FROM glob('/*')",
    "FROM read_parquet('http://localhost/x')", "EXPORT DATABASE '/tmp/x'", "VACUUM", "BEGIN", "SELECT getenv('HOME')",
    "WITH a AS (DELETE FROM profile RETURNING *) FROM a", "EXPLAIN ANALYZE COPY profile TO '/tmp/stolen.csv'",
    "SELECT nextval('x')", "PREPARE p AS SELECT 1", "EXECUTE p", "KILL 1", "FROM pandas", "FROM client", "FROM connection",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_a_query_that_does_more_than_read_gets_nothing(client: httpx.Client, database: Path, query: str) -> None:
    before = database.read_bytes()

    answer = client.post("/query.csv", content=query)

    assert answer.status_code == 400, answer.text
    assert database.read_bytes() == before
    assert not Path("/tmp/stolen.csv").exists()
    assert client.get("/query.json?q=SELECT+COUNT(*)+AS+n+FROM+profile").json()[0]["n"] > 0


def test_what_a_query_says_in_bytes_that_are_no_text_is_refused(client: httpx.Client) -> None:
    assert client.post("/query.json", content=b"SELECT '\xff\xfe'").status_code in (200, 400)
    assert client.post("/query.json", content=b"\x00").status_code == 400


def test_more_rows_than_are_given_out_are_told_and_not_cut_off(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MAX_ROWS", 5_000)

    assert len(client.get("/query.json?q=FROM+range(5000)").json()) == 5_000
    answer = client.get("/query.json?q=FROM+range(5001)")
    assert (answer.status_code, "more than 5,000 rows" in answer.text) == (400, True)


def test_an_unknown_format_names_those_there_are(client: httpx.Client) -> None:
    answer = client.get("/data/profile.xlsx")

    assert answer.status_code == 404
    assert "json, csv, arrow, parquet" in answer.text


def test_who_asks_does_not_learn_where_the_file_is(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "fleet.duckdb"
    shutil.copy(database, copy)
    with served(copy) as client:
        assert client.get("/").is_success
        copy.unlink()
        told = [client.get(path).text for path in ("/", "/data/profile.json", "/query.json?q=SELECT+1")]
        told.append(client.post("/querier.v1.QuerierService/ProfileTypes", json={}).text)

    assert [text.count("fleet.duckdb: there is no such database") for text in told] == [1] * 4
    assert [text for text in told if str(tmp_path) in text] == []


@pytest.mark.parametrize("range_", ["bytes=0-3", "bytes=4-999999999999", "bytes=999999999999-", "bytes=x"])
def test_nothing_of_an_answer_stays_on_the_disk(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, range_: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    client.get("/query.parquet", params={"q": "SELECT 1 AS n"}, headers={"Range": range_})

    until = time.monotonic() + 20
    while list(tmp_path.iterdir()) and time.monotonic() < until:
        time.sleep(0.05)
        gc.collect()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format_", ["csv", "arrow"])
def test_an_answer_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    made: list[tempfile.SpooledTemporaryFile[bytes]] = []
    make = tempfile.SpooledTemporaryFile

    def noted(most: int) -> tempfile.SpooledTemporaryFile[bytes]:
        made.append(make(most))
        return made[-1]

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", noted)
    rows = pa.table({"n": [1, 2]})

    response = data._written(Answer("some", (ResultColumn("n"),), rows.schema, iter(rows.to_batches())), format_)
    assert not made[0].closed
    del response
    gc.collect()

    assert made[0].closed
