"""What --show-sql prints: the command's rows, for anybody who opens the file in DuckDB."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.outputs import tabular
from pipeline.values import Result
from tests.cli.seat import EVERY_KIND, FILES, FIRST, LAST, TRACES, heapscape

# Each with what it takes for the rows that the query gives.
ASKED = (
    "growth",
    "growth --by own",
    "growth --by module --service checkout",
    "growth --service checkout --since 2026-11-23T21:14:40Z --until 2026-11-23T21:15:10Z",
    "growth --by own --since 2026-11-23T21:14:40Z --service checkout",
    "top --profile heap-12",
    "top -alloc_objects -focus=store --profile heap-12",
    "top -ignore=store -hide=runtime --profile heap-12",
    "top -show=checkout -relative_percentages --profile heap-12",
    "top -show_from=Visit --profile heap-12",
    "top -hide=Visit -show_from=api --profile heap-12",
    "top --kind trace --merge",
    "peek Put --profile heap-12",
    "peek store|runtime -alloc_space -ignore=api --merge --profile heap-1",
    "peek . -hide=checkout.main --profile heap-12",
    "peek main --kind trace --merge",
    "diff --base heap-00 --profile heap-12",
    "diff -focus=index --service checkout",
    "flame --profile heap-12",
    "flame --growth",
    "flame --site store/cache.go:21",
    "gc",
    "gc --service collector",
    "memory",
    "profiles --service checkout --profile heap-1 --kind heap",
    "profiles --last 9999d",
    "series --until 2026-12-31",
    "sources --status refused",
    "goroutines --function shipper --source trace",
    "goroutines --source trace",
    "escapes",
    "escapes store/cache.go:21 --all",
    "escapes --flow cache.go",
    "escapes --level",
    "escapes --tree growth",
    "goroutines --stacks --source trace",
    "goroutines --source protobuf",
    *(f"trace {table}" for table in ("tasks", "regions", "logs", "latency", "blocking", "mmu", "procs")),
    "trace tasks --type order",
    "events --trace plain --kind Log",
    "events --trace plain --goroutine 1 --from 100us --to 1ms",
)  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with heap profiles, a report, traces, logs and MemStats, under a name of its own."""
    folder = tmp_path_factory.mktemp("published")
    given = (FILES / "checkout" / "service=checkout" / "build=1.4.2", TRACES / "plain.trace", FILES / "memory")
    heapscape("ingest", *given, FILES / "collector", EVERY_KIND / "goroutine.pb.gz", "--lake", folder / "lake")
    assert heapscape("load", "--lake", folder / "lake", "--db", folder / "its own.duckdb").code == 0
    return folder / "its own.duckdb"


def plainly(database: Path, query: str) -> Any:
    """The rows that DuckDB gives who has nothing of ours but the file, as --format json writes them."""
    with duckdb.connect(database, read_only=True) as connection:
        table = connection.sql(query).to_arrow_table()
    return json.loads(tabular.write(Result("answer", (), table), format="json"))


@pytest.mark.parametrize("asked", ASKED)
def test_the_printed_query_gives_the_commands_rows(published: Path, asked: str) -> None:
    words = [*shlex.split(asked), "--db", published]

    query = heapscape(*words, "--show-sql")
    told = heapscape(*words, "--format", "json")

    assert (query.code, told.code) == (0, 0)
    assert told.json()
    assert plainly(published, query.out) == told.json()


def test_a_printed_query_of_files_can_be_asked_of_them() -> None:
    query = heapscape("top", "-focus=store", LAST, "--show-sql").out

    assert query == "FROM flame.top([1], 'inuse_space', focus := 'store')\n"


def test_growth_goes_by_the_choice_whatever_series_there_are(published: Path) -> None:
    query = heapscape("growth", "--service", "checkout", "--db", published, "--show-sql").out

    assert "FROM heap.series WHERE profiles > 1 AND service = 'checkout'" in query


def test_what_is_typed_is_a_value_and_nothing_else(published: Path) -> None:
    hostile = "x' UNION ALL FROM source --"

    query = heapscape("top", f"-focus={hostile}", "--profile", "heap-12", "--db", published, "--show-sql").out

    assert f"focus := '{hostile.replace(chr(39), chr(39) * 2)}'" in query
    assert plainly(published, query) == []


def test_of_nothing_there_is_no_query() -> None:
    seen = heapscape("growth", FIRST, "--show-sql")

    assert (seen.code, seen.out) == (2, "")
    assert "no series that fits has two heap profiles" in seen.err


@pytest.mark.parametrize("asked", ["--max-growth 1MiB --max-pause 1us", "--max-slope 10MiB/h --service checkout", ""])
def test_a_check_has_the_rows_of_its_query(published: Path, asked: str) -> None:
    words = ["check", *shlex.split(asked), "--db", published]

    query = heapscape(*words, "--show-sql").out
    told = heapscape(*words, "--format", "json").json()["checks"]

    found = [(row["checked"], row["series_id"], row["file"], row["verdict"]) for row in plainly(published, query)]
    assert found
    assert found == [(row["checked"], row["series_id"], row["file"], row["verdict"]) for row in told]


def test_new_escapes_have_a_query_of_their_own() -> None:
    builds = ("--new-escapes", "go1.24-trim", "go1.27-trim")

    query = heapscape("check", FILES / "checkout", *builds, "--min-bytes", "1MiB", "--show-sql").out
    both = heapscape("check", FILES / "checkout", *builds, "--max-growth", "1MiB", "--show-sql")

    assert query.startswith("FROM gate.new_escapes('go1.24-trim', 'go1.27-trim', 1048576")
    assert (both.code, both.out) == (2, "")
    assert "one after the other" in both.err
