"""Times of a timeline, against the stays of the tables, each cut at the pixels' edges and added up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from pipeline import flow
from pipeline.errors import QueryError
from pipeline.values import Int64s
from pipeline.warehouse import timeline
from pipeline.warehouse import timeline_questions as asked
from pipeline.warehouse.timeline import PIXELS, Lanes, Timeline


@pytest.fixture(scope="module")
def connection(traces: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with flow.open_warehouse(str(traces)) as opened:
        yield opened


@pytest.fixture(scope="module")
def lines(connection: duckdb.DuckDBPyConnection) -> list[Timeline]:
    return [timeline.opened(connection, row["trace_id"]) for row in asked.traces(connection).table.to_pylist()]


def stays(connection: duckdb.DuckDBPyConnection, line: Timeline, query: str) -> list[dict[str, Any]]:
    """Rows of a query with lane, state, since and until, in ns since the trace began."""
    return connection.sql(query.format(start=line.start_ns, trace=line.trace_id)).to_arrow_table().to_pylist()


GOROUTINES = "SELECT goroutine AS lane, state, start_ns - {start} AS since, end_ns - {start} AS until, proc FROM sched._state WHERE trace_id = {trace}"
PROCS = "SELECT proc AS lane, state, start_ns - {start} AS since, end_ns - {start} AS until FROM sched._proc_state WHERE trace_id = {trace}"
RANGES = """
SELECT name, coalesce(r.start_ns, trace.start_ns) - {start} AS since, coalesce(r.end_ns, trace.end_ns) - {start} AS until
FROM trace_range AS r JOIN trace USING (trace_id) WHERE trace_id = {trace}
"""


def cut(rows: list[dict[str, Any]], moments: Int64s) -> Int64s:
    """[interval]: how much of the stays lies between each two moments."""
    found = np.zeros(len(moments) - 1, np.int64)
    for row in rows:
        found += np.maximum(np.minimum(row["until"], moments[1:]) - np.maximum(row["since"], moments[:-1]), 0)
    return found


def by_lane_and_state(rows: list[dict[str, Any]], lanes: list[Any], states: tuple[str, ...], moments: Int64s) -> Int64s:
    of = {(lane, state): [] for lane in lanes for state in states}
    for row in rows:
        if (row["lane"], row["state"]) in of:
            of[row["lane"], row["state"]].append(row)
    return np.stack([np.stack([cut(of[lane, state], moments) for state in states], axis=1) for lane in lanes])


def every(line: Timeline) -> Lanes:
    return Lanes(np.arange(len(line.goroutines)))


def agree(connection: duckdb.DuckDBPyConnection, line: Timeline, found: timeline.Times, moments: Int64s) -> None:
    """What was found is what the tables have."""
    own = stays(connection, line, GOROUTINES)
    np.testing.assert_array_equal(
        found.lanes, by_lane_and_state(own, line.goroutines.tolist(), asked.STATES, moments), "goroutines"
    )
    np.testing.assert_array_equal(found.everyone[0], found.lanes.sum(axis=0), "all goroutines")
    procs = line.procs.tolist()
    ran = [
        {**row, "lane": row["proc"], "function": line.function_of(row["lane"])}
        for row in own
        if row["state"] == "running"
    ]
    executing = by_lane_and_state(ran, procs, ("running",), moments)[..., 0]
    had = by_lane_and_state(stays(connection, line, PROCS), procs, asked.PROC_STATES, moments)
    without = np.maximum(had[..., 0] - executing, 0)
    np.testing.assert_array_equal(found.procs, np.stack([executing, without, had[..., 1]], axis=2), "procs")
    told = stays(connection, line, RANGES)
    for place, name in enumerate(asked.RANGES.values()):
        np.testing.assert_array_equal(
            found.ranges[place, :, 0], cut([row for row in told if row["name"].startswith(name)], moments), name
        )
    for proc, number in enumerate(procs):
        by_function = np.stack(
            [
                cut([row for row in ran if row["lane"] == number and row["function"] == name], moments)
                for name in line.functions
            ]
        )
        runs = found.runs[proc]
        np.testing.assert_array_equal(runs >= 0, by_function.any(axis=0))
        longest = np.take_along_axis(by_function, np.maximum(runs, 0)[None], axis=0)[0]
        np.testing.assert_array_equal(longest, by_function.max(axis=0), "what ran longest")


@pytest.mark.parametrize("level", range(timeline.FINEST, 24, 3))
def test_a_tile_has_the_times_of_the_tables_pixel_by_pixel(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline], level: int
) -> None:
    for line in (lines[0], lines[-1]):
        last = line.duration_ns >> level + 9
        for index in sorted({0, last // 3, last}):
            moments = np.minimum((index * PIXELS + np.arange(PIXELS + 1)) << level, line.duration_ns)

            found = timeline.tile(connection, line, every(line), level=level, index=index)

            agree(connection, line, found, moments)


def test_there_are_levels_of_both_kinds_among_them(lines: list[Timeline]) -> None:
    assert all(timeline.FINEST + 3 < line.slot_bits < 21 for line in (lines[0], lines[-1]))


def test_a_window_between_any_two_moments_has_the_times_of_the_tables(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline]
) -> None:
    random = np.random.default_rng(1)
    for line in lines:
        some = np.sort(random.integers(0, line.duration_ns, (4, 2))).tolist()
        for since, until in [*some, (0, line.duration_ns), (0, 1)]:
            found = timeline.window(connection, line, every(line), since_ns=since, until_ns=until)

            agree(connection, line, found, np.array([since, until]))


@pytest.mark.parametrize("level", [6, 12, 18, 24])
def test_functions_have_the_times_of_their_goroutines(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline], level: int
) -> None:
    line = lines[0]
    index = (line.duration_ns // 2) >> level + 9
    own = timeline.tile(connection, line, every(line), level=level, index=index).lanes

    places = np.arange(len(line.functions))
    found = timeline.tile(connection, line, Lanes(places, are_functions=True), level=level, index=index).lanes

    for place in places:
        np.testing.assert_array_equal(found[place], own[line.function == place].sum(axis=0))
    assert len(places) > 5


def test_a_tile_is_the_sum_of_the_two_that_are_finer(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline]
) -> None:
    line = lines[-1]
    for level in range(timeline.FINEST, 22):
        index = (line.duration_ns // 3) >> level + 10
        coarse = timeline.tile(connection, line, every(line), level=level + 1, index=index).lanes
        fine = [
            timeline.tile(connection, line, every(line), level=level, index=2 * index + half).lanes for half in (0, 1)
        ]

        pairs = np.concatenate(fine, axis=1).reshape(len(coarse), PIXELS, 2, 4).sum(axis=2)
        np.testing.assert_array_equal(coarse, pairs)


def test_all_of_a_trace_is_what_the_view_of_goroutines_says(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline]
) -> None:
    for line in lines:
        rows = connection.execute(
            "SELECT goroutine, coalesce(function, '') AS function, running_ns, runnable_ns, syscall_ns, waiting_ns"
            " FROM sched.goroutine WHERE trace_id = ? ORDER BY goroutine",
            [line.trace_id],
        ).fetchall()

        assert [row[0] for row in rows] == line.goroutines.tolist()
        assert [row[1] for row in rows] == [line.function_of(number) for number in line.goroutines.tolist()]
        assert [list(row[2:]) for row in rows] == timeline.spent(line, are_functions=False).tolist()
        assert timeline.spent(line, are_functions=True).sum() == timeline.spent(line, are_functions=False).sum()


def test_a_goroutine_that_is_not_there_has_no_function(lines: list[Timeline]) -> None:
    assert lines[0].function_of(10**12) == ""


@pytest.mark.parametrize("level", [8, 14, 20, 25])
def test_the_heap_is_the_largest_of_a_pixel_or_what_was_before(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline], level: int
) -> None:
    line = lines[0]
    values = connection.execute(
        "SELECT time_ns - ?, value FROM trace_metric WHERE trace_id = ? AND name = '/memory/classes/heap/objects:bytes' ORDER BY 1",
        [line.start_ns, line.trace_id],
    ).fetchall()
    index = (line.duration_ns // 2) >> level + 9

    found = timeline.heap(connection, line, level=level, index=index)[0].tolist()

    assert max(value for _, value in values) == line.most_heap_bytes
    for pixel in range(PIXELS):
        begin = (index * PIXELS + pixel) << level
        inside = [value for time, value in values if begin <= time < begin + (1 << level)]
        before = [value for time, value in values if time < begin]
        if begin <= line.duration_ns:
            assert found[pixel] == (max(inside) if inside else before[-1] if before else -1)


def test_many_goroutines_get_coarser_slots_and_the_same_times(
    connection: duckdb.DuckDBPyConnection, lines: list[Timeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "_MOST_SUMS", 200)
    line = lines[0]
    coarser = timeline.opened(connection, line.trace_id)

    assert coarser.slot_bits > line.slot_bits
    assert len(coarser.sums.goroutines.keys) < len(line.sums.goroutines.keys)
    for level in (line.slot_bits - 2, line.slot_bits, coarser.slot_bits):
        found, known = (timeline.tile(connection, one, every(one), level=level, index=0) for one in (coarser, line))
        np.testing.assert_array_equal(found.lanes, known.lanes)
        np.testing.assert_array_equal(found.procs, known.procs)


def test_a_trace_that_lasts_for_ever_is_not_drawn(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "_LONGEST_NS", 1000)

    with pytest.raises(QueryError, match="too many to draw"):
        timeline.opened(connection, 1)
