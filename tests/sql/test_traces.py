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
        JOIN source USING (source_id)
        WHERE cycle.source = 'trace'
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


def test_every_event_of_an_object_is_in_alloc_object_once(lake: duckdb.DuckDBPyConnection) -> None:
    counts = lake.sql(
        """
        WITH events AS (
          SELECT
            trace_id,
            COUNT(*) FILTER (event = 'exists') AS exists_events,
            COUNT(*) FILTER (event = 'alloc') AS alloc_events,
            COUNT(*) FILTER (event = 'free') AS free_events
          FROM heap_object
          GROUP BY trace_id
        ),
        objects AS (
          SELECT
            trace_id,
            COUNT(*) FILTER (existed_before) AS existed,
            COUNT(alloc_ns) AS allocated,
            COUNT(DISTINCT (slot_address, free_ns)) FILTER (free_ns IS NOT NULL) AS slots_freed,
            COUNT(*) FILTER (time_ns = free_ns) AS freed_alone
          FROM alloc.object
          GROUP BY trace_id
        )
        SELECT exists_events, existed, alloc_events, allocated, free_events, slots_freed, freed_alone
        FROM events
        JOIN objects USING (trace_id)
        """
    ).fetchall()

    assert len(counts) == 6
    for exists_events, existed, alloc_events, allocated, free_events, slots_freed, freed_alone in counts:
        assert (existed, allocated, slots_freed, freed_alone) == (exists_events, alloc_events, free_events, 0)
        assert min(existed, allocated, slots_freed) > 100


def test_types_add_up_to_their_objects(lake: duckdb.DuckDBPyConnection) -> None:
    by_type, objects = lake.sql(
        """
        SELECT
          (SELECT (SUM(existed_objects), SUM(alloc_objects), SUM(free_objects), SUM(inuse_objects)) FROM alloc.type),
          (
            SELECT (COUNT(*) FILTER (existed_before), COUNT(alloc_ns), COUNT(free_ns), COUNT(*) - COUNT(free_ns))
            FROM alloc.object
          )
        """
    ).fetchall()[0]
    unbalanced = lake.sql(
        "FROM alloc.type WHERE existed_bytes + alloc_bytes - free_bytes <> inuse_bytes OR survival NOT BETWEEN 0 AND 1"
    ).fetchall()

    assert by_type == objects
    assert unbalanced == []


def test_live_objects_have_the_bytes_that_marking_found(lake: duckdb.DuckDBPyConnection) -> None:
    """The runtime's own sum. What is swept before the next cycle was not marked; what it allocates meanwhile was.

    An object's event may come after marking ended though it was marked, and a few of the runtime's own have none.
    """
    missing = [
        marked - live
        for marked, live in lake.sql(
            """
            WITH cycles AS (
              SELECT
                trace_id,
                end_ns,
                heap_marked_bytes,
                coalesce(lead(start_ns) OVER (PARTITION BY trace_id ORDER BY cycle_index), 9223372036854775807) AS next_ns
              FROM gc.cycle
              WHERE end_ns IS NOT NULL
            )
            SELECT cycles.heap_marked_bytes, SUM(object.size_bytes)::BIGINT
            FROM cycles
            -- Objects that were there as marking ended, and are not swept after it.
            JOIN alloc.object AS object
              ON object.trace_id = cycles.trace_id AND object.time_ns < cycles.end_ns
              AND coalesce(object.free_ns > cycles.next_ns, TRUE)
            GROUP BY cycles.trace_id, cycles.end_ns, cycles.heap_marked_bytes
            """
        ).fetchall()
    ]

    assert len(missing) == 37
    assert min(missing) >= 0
    assert sorted(missing)[-3] <= 512


def test_every_span_and_goroutine_stack_is_told_of_once(lake: duckdb.DuckDBPyConnection) -> None:
    found, wanted = lake.sql(
        """
        SELECT
          (SELECT (COUNT(*), COUNT(alloc_ns), COUNT(free_ns)) FROM alloc.span_lifecycle JOIN trace USING (trace_id)),
          (
            SELECT (
              COUNT(*) FILTER (event <> 'free'),
              COUNT(*) FILTER (event = 'alloc'),
              -- Go 1.23 frees one span here that it does not allocate (see audit.span_transitions_are_legal).
              COUNT(*) FILTER (event = 'free') - 1
            )
            FROM heap_span
          )
        """
    ).fetchall()[0]
    stacks, stack_events = lake.sql(
        """
        SELECT
          (SELECT (COUNT(*) FILTER (existed_before), COUNT(alloc_ns), COUNT(free_ns)) FROM alloc.stack_memory),
          (
            SELECT (COUNT(*) FILTER (event = 'exists'), COUNT(*) FILTER (event = 'alloc'), COUNT(*) FILTER (event = 'free'))
            FROM goroutine_stack
          )
        """
    ).fetchall()[0]

    assert found == wanted
    assert stacks == stack_events
