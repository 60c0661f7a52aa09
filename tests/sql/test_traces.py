"""What the views say of the committed traces, against what the programs that wrote them know, and against each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits

FILES = Path(__file__).parents[1] / "fixtures" / "files"
TRACES = sorted(FILES.glob("tracer/service=*/build=*/*.trace"))
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)

pytestmark = pytest.mark.xdist_group("traces")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("traces")
    flow.ingest([str(path) for path in TRACES], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "traces.duckdb"))
    with flow.open_warehouse(str(folder / "traces.duckdb")) as connection:
        yield connection


def test_every_forced_cycle_is_there(lake: duckdb.DuckDBPyConnection) -> None:
    forced = lake.sql(
        """
        SELECT source.uri, COUNT(*) FILTER (cycle.trigger = 'forced')
        FROM gc.cycle AS cycle
        JOIN trace USING (trace_id)
        JOIN source USING (source_id)
        GROUP BY source.uri
        """
    ).fetchall()

    assert len(forced) == len(TRACES)
    assert dict(forced) == {uri: json.loads(Path(f"{uri}.json").read_text())["forced_gcs"] for uri, _ in forced}


def test_every_range_of_the_gc_is_in_its_view(lake: duckdb.DuckDBPyConnection) -> None:
    (ranges,) = lake.sql(
        """
        SELECT
          COUNT(*) FILTER (name = 'GC concurrent mark phase'),
          COUNT(*) FILTER (starts_with(name, 'stop-the-world')),
          COUNT(*) FILTER (name = 'GC mark assist'),
          COUNT(*) FILTER (name = 'GC mark assist')
        FROM trace_range
        """
    ).fetchall()
    (told,) = lake.sql(
        """
        SELECT
          (SELECT COUNT(*) FROM gc.cycle),
          (SELECT COUNT(*) FROM gc.pause),
          (SELECT SUM(assist_count) FROM gc.assist),
          (SELECT SUM(assist_count) FROM gc.cycle)
        """
    ).fetchall()

    assert min(ranges) > 100
    assert told == ranges


def test_a_whole_cycle_has_two_pauses_a_trigger_and_its_heap(lake: duckdb.DuckDBPyConnection) -> None:
    whole, other = lake.sql(
        """
        SELECT
          COUNT(*) FILTER (
            pause_count = 2 AND pause_ns > 0 AND trigger IN ('heap', 'forced') AND duration_ns > 0 AND procs IN (3, 4)
            AND heap_live_bytes <= heap_end_bytes AND next_goal_bytes > heap_marked_bytes
          ),
          COUNT(*)
        FROM gc.cycle
        WHERE start_ns IS NOT NULL AND end_ns IS NOT NULL
        """
    ).fetchall()[0]

    assert whole == other > 100


def test_what_a_cycle_takes_is_its_work_and_its_pauses(lake: duckdb.DuckDBPyConnection) -> None:
    # Work goes on while the world is being stopped, so that the two overlap.
    strange = lake.sql(
        """
        WITH shares AS (
          SELECT utilisation, (assist_ns + background_ns) / (procs * duration_ns) AS work, pause_ns / duration_ns AS paused
          FROM gc.cycle
          WHERE duration_ns > 0
        )
        FROM shares
        WHERE utilisation NOT BETWEEN 1 - work - paused - 1e-9 AND 1 - greatest(work, 0) + 1e-9
        """
    ).fetchall()

    assert strange == []
