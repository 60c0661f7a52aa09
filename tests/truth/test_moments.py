"""All that one process left behind of its heap is of that process, and agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from tests.warehouse.builder import LIMITS

FOLDER = Path(__file__).parents[1] / "fixtures" / "files" / "moments" / "service=moments" / "build=go1.27-trim"


pytestmark = pytest.mark.xdist_group("truth of moments")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("moments")
    flow.ingest([str(FOLDER)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    with flow.open_warehouse(str(folder / "db.duckdb")) as opened:
        yield opened


def test_all_files_are_of_one_process_and_say_how_that_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    files = connection.execute("SELECT source, run_by, COUNT(*) FROM clock.file GROUP BY ALL ORDER BY ALL").fetchall()

    assert files == [
        ("gctrace", "cycles", 1),
        ("memstats", "pauses", 5),
        ("metrics", "cycles", 1),
        ("profile", "file", 4),
        ("profile", "labels", 6),
        ("trace", "cycles", 1),
    ]
    assert connection.execute("SELECT COUNT(DISTINCT run) FROM clock.file").fetchall() == [(1,)]


def test_every_source_tells_of_the_cycles_that_the_program_counted(connection: duckdb.DuckDBPyConnection) -> None:
    truth = json.loads((FOLDER / "truth.json").read_text())

    pauses = connection.execute(
        "SELECT cycle, SUM(pause_ns)::BIGINT FROM gc.pause WHERE source = 'memstats' GROUP BY cycle ORDER BY cycle DESC"
    ).fetchall()
    numbers = connection.execute(
        "SELECT source, MIN(cycle), MAX(cycle), COUNT(DISTINCT cycle) FROM gc.cycle GROUP BY source ORDER BY source"
    ).fetchall()

    assert pauses == [(truth["cycles"] - place, pause) for place, pause in enumerate(truth["pauses"])]
    assert numbers[0] == ("gctrace", 1, 13, 13)
    assert numbers[1] == ("memstats", 1, 13, 13)
    assert {source for source, *_ in numbers} == {"gctrace", "memstats", "metrics", "trace"}


def test_only_profiles_differ_by_more_than_definitions_say(connection: duckdb.DuckDBPyConnection) -> None:
    rests = connection.execute(
        "SELECT quantity, COUNT(*), MAX(abs(rest_bytes)) FROM compare.heap_sources WHERE reference IS NOT NULL GROUP BY ALL"
    ).fetchall()

    assert {quantity for quantity, _, _ in rests} == {"start", "end", "marked", "goal", "objects", "profile"}
    assert [quantity for quantity, _, most in rests if most != 0] == ["profile"]


def test_the_pacer_tells_goals_to_the_byte_as_the_trace_does(connection: duckdb.DuckDBPyConnection) -> None:
    both = connection.execute(
        """
        SELECT paced.goal_bytes, traced.goal_bytes, paced.end_bytes, traced.end_bytes
        FROM gc.pacer AS paced
        JOIN gc.pacer AS traced USING (run, cycle)
        WHERE paced.source = 'gcpacertrace' AND traced.source = 'trace'
        """
    ).fetchall()

    assert len(both) >= 3
    assert all(row[:2] == (row[1], row[1]) and row[2:] == (row[3], row[3]) for row in both)


def test_each_source_of_pauses_has_the_longest_within_what_it_prints(connection: duckdb.DuckDBPyConnection) -> None:
    longest = dict(connection.execute("SELECT source, max_pause_ns FROM gc.pause_distribution").fetchall())

    assert set(longest) == {"gctrace", "memstats", "metrics", "trace"}
    # The buckets of metrics are a quarter wide; MemStats have both pauses of a cycle in one.
    assert longest["gctrace"] <= longest["memstats"]
    assert longest["trace"] <= longest["metrics"]


def test_files_that_come_later_find_their_process(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """MemStats last: until then the log and the trace have nobody else's numbers."""
    names = ["gc.log", "go.trace.gz", "metrics.jsonl.gz", "heap-01.pb.gz", "memstats.jsonl"]
    ask = (
        "SELECT told.source, regexp_extract(uri, '[^/]*$'), run_by, found_by, offset_ns, error_ns"
        " FROM clock.file AS told JOIN main.source AS files USING (source_id) ORDER BY ALL"
    )

    for name in names:
        flow.ingest([str(FOLDER / name)], str(tmp_path / "lake"), labels={}, limits=LIMITS)
        flow.load(str(tmp_path / "lake"), str(tmp_path / "steps.duckdb"))
    flow.load(str(tmp_path / "lake"), str(tmp_path / "once.duckdb"))
    with (
        flow.open_warehouse(str(tmp_path / "steps.duckdb")) as steps,
        flow.open_warehouse(str(tmp_path / "once.duckdb")) as once,
    ):
        by_steps, at_once = steps.execute(ask).fetchall(), once.execute(ask).fetchall()

    assert by_steps == at_once
    assert [row[:3] for row in by_steps] == [
        ("gctrace", "gc.log", "cycles"),
        ("memstats", "memstats.jsonl", "alone"),
        ("metrics", "metrics.jsonl.gz", "cycles"),
        ("profile", "heap-01.pb.gz", "labels"),
        ("trace", "go.trace.gz", "cycles"),
    ]
