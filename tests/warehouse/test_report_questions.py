"""What a report asks besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse import growth_questions, questions, report_questions
from pipeline.warehouse.connect import open_for_load, open_readonly
from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import create_modules


def test_sites_that_changed_are_those_of_the_growth(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        series = questions.series(connection, questions.Selection())
        ids = series.table["series_id"].to_pylist()
        every, changed = growth_questions.growth(connection, ids), report_questions.changed_sites(connection, ids)

    grown = [value for value in every.table["growth_bytes"].to_pylist() if value]
    assert changed.table["growth_bytes"].to_pylist() == grown
    assert 0 < len(grown) <= every.table.num_rows


def test_every_series_has_its_tree_and_none_has_none(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        series = questions.series(connection, questions.Selection())
        trees = report_questions.growth_trees(connection, series).table.to_pylist()
        none = report_questions.growth_trees(connection, series.first(0)).table

    grown = {row["series_id"]: row["growth_bytes"] for row in series.table.to_pylist()}
    roots = {row["series_id"]: row["valueRight"] - row["value"] for row in trees if row["level"] == 0}
    assert roots == grown
    assert (none.num_rows, none.column_names[-1]) == (0, "series_id")


def test_the_live_heap_is_told_oldest_first(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        (one, *_) = questions.series(connection, questions.Selection()).table.to_pylist()
        found = report_questions.live_heap(connection, [one["series_id"]]).table

    live = found["inuse_bytes"].to_pylist()
    assert (live[0], live[-1], len(live)) == (one["first_bytes"], one["last_bytes"], one["profiles"])
    assert found["taken_s"].to_pylist() == sorted(found["taken_s"].to_pylist())


@pytest.mark.parametrize("is_window", [False, True])
def test_the_top_sites_and_the_others_are_all_that_changed(demo: Path, is_window: bool) -> None:
    with open_readonly(str(demo)) as connection:
        (one, *_) = questions.series(connection, questions.Selection()).table.to_pylist()
        series_id, ends = one["series_id"], (one["first_profile_id"], one["last_profile_id"])
        window = ends if is_window else None
        every = report_questions.changed_sites(connection, [series_id], window=window).table.to_pylist()

        profiles = report_questions.live_heap(connection, [series_id]).table["profile_id"].to_pylist()

        found = report_questions.top_sites(connection, series_id, 2, profiles=profiles, window=window)
        (others,) = found.rest.table.to_pylist()
        covered = growth_questions.coverage(connection, [series_id], window=window).table.to_pylist()

    assert len(every) > 3
    assert found.sites.table.to_pylist() == every[:2]
    told = found.coverage.table.to_pylist()
    # Of a window, classes without a site have no row.
    assert [row for row in told if row["growth_bytes"]] == [row for row in covered if row["growth_bytes"]]
    assert len(told) == 6
    assert told == covered or is_window
    assert others["series_id"] == series_id
    assert others["sites"] == len(every) - 2
    assert others["growth_bytes"] == sum(row["growth_bytes"] for row in every[2:])
    assert others["growth_share"] == pytest.approx(sum(row["growth_share"] for row in every[2:]))


@pytest.mark.parametrize("count", [1, 63, 64, 65, 100, 127, 128, 1000])
def test_a_long_history_is_thinned_as_the_view_thins_it(tmp_path: Path, count: int) -> None:
    with open_for_load(str(tmp_path / "d")) as connection:
        create_tables(connection, described=False)
        create_modules(connection)
        connection.execute(
            f"""
            INSERT INTO heap.profiles BY NAME
            SELECT tick + 7 AS profile_id, 1 AS series_id, tick AS position, tick AS elapsed_s
            FROM range({count}) AS ticks (tick)
            """
        )
        kept = connection.sql("SELECT profile_id FROM attribution._history ORDER BY moment").fetchall()

    assert growth_questions._thinned(range(7, count + 7)) == [one for (one,) in kept]
