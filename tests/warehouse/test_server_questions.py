"""What the server asks: the newest of everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.warehouse import server_questions
from pipeline.warehouse.connect import open_readonly
from pipeline.warehouse.query import ask


def test_services_add_up_to_their_series(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        services = server_questions.services(connection).table.to_pylist()
        newest = server_questions.newest_series(connection).table.to_pylist()
        every = ask(connection, "SELECT COUNT(*) AS n FROM heap.series").table.to_pylist()[0]["n"]

    assert sum(one["series"] for one in services) == len(newest) <= every
    assert sum(one["growth_bytes"] or 0 for one in services) == sum(one["growth_bytes"] for one in newest)


def test_the_top_site_is_the_first_of_the_series_that_grew_most(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        top, *others = server_questions.top_sites(connection).table.to_pylist()
        query = """
        SELECT MAX(sites.growth_bytes) AS most, any_value(series.growth_bytes) AS grown
        FROM attribution.growth_by_site AS sites JOIN heap.series AS series USING (series_id)
        GROUP BY series_id HAVING COUNT(*) > 0 ORDER BY grown DESC LIMIT 1
        """
        (expected,) = ask(connection, query).table.to_pylist()

    assert (top["growth_bytes"], top["series_growth_bytes"]) == (expected["most"], expected["grown"])
    assert top["reason"]
    grown = [one["growth_bytes"] for one in (top, *others)]
    assert (len(grown), grown) == (5, sorted(grown, reverse=True))


def test_shares_of_a_build_add_up_to_all_of_it(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        shares = server_questions.explained_shares(connection).table.to_pylist()

    sums: dict[object, float] = {}
    for row in shares:
        sums[row["service"], row["build"]] = sums.get((row["service"], row["build"]), 0) + (row["share"] or 0)
    assert sums
    assert all(total == pytest.approx(1) for total in sums.values())


def test_every_kind_of_profile_has_its_series(every_kind: Path) -> None:
    with open_readonly(str(every_kind)) as connection:
        kinds = {row["kind"] for row in server_questions.profiled_series(connection).table.to_pylist()}
        known = {row["kind"] for row in ask(connection, "SELECT DISTINCT kind FROM profile").table.to_pylist()}

    assert kinds == known


def test_inputs_and_notes_are_counted(demo: Path) -> None:
    with open_readonly(str(demo)) as connection:
        inputs = server_questions.inputs_by_status(connection).table.to_pylist()
        notes = server_questions.notes_by_kind(connection).table.to_pylist()
        (told,) = ask(connection, "SELECT COUNT(*) AS inputs FROM source").table.to_pylist()

    assert sum(row["inputs"] for row in inputs) == told["inputs"]
    assert {"ingested", "refused"} <= {row["status"] for row in inputs}
    assert all(row["count"] > 0 for row in notes)
