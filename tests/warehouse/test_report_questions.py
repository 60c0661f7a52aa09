"""What a report asks besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse import growth_questions, questions, report_questions
from pipeline.warehouse.connect import open_readonly


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

        top, rest = report_questions.top_sites(connection, series_id, 2, window)
        (others,) = rest.table.to_pylist()

    assert len(every) > 3
    assert top.table.to_pylist() == every[:2]
    assert others["series_id"] == series_id
    assert others["sites"] == len(every) - 2
    assert others["growth_bytes"] == sum(row["growth_bytes"] for row in every[2:])
    assert others["growth_share"] == pytest.approx(sum(row["growth_share"] for row in every[2:]))
