"""What a gate asks, of the demo."""

from __future__ import annotations

from pathlib import Path

from pipeline import flow
from pipeline.warehouse import check_questions


def test_what_fails_comes_first_and_of_sites_that_do_not_the_one_that_grew_most(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        found = check_questions.measures(connection, {"growth": 1e12, "site_growth": 50 << 20}).table.to_pylist()

    assert [(row["checked"], row["verdict"]) for row in found] == [
        ("site_growth", "breach"),
        ("site_growth", "uncertain"),
        ("growth", "ok"),
        ("site_growth", "ok"),
    ]
    assert [row["value"] for row in found if row["checked"] == "site_growth"] == sorted(
        (row["value"] for row in found if row["checked"] == "site_growth"), reverse=True
    )


def test_the_error_of_a_series_is_that_of_its_sites_together(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        (row,) = check_questions.measures(connection, {"growth": 0}).table.to_pylist()
        sites = "SELECT sqrt(SUM((relative_error * growth_bytes) ** 2)) FROM attribution.growth_by_site"
        ((together,),) = connection.execute(sites).fetchall()

    # Sites whose growth is zero have a variance, too, and no share of it.
    assert together <= row["high"] - row["value"] < 1.05 * together


def test_nothing_asked_is_nothing_answered(demo: Path) -> None:
    with flow.open_warehouse(str(demo)) as connection:
        assert check_questions.measures(connection, {}).table.num_rows == 0
