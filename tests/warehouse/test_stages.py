"""Stages: every stored view after what it stands on, what is staged once."""

from __future__ import annotations

from pathlib import Path

from pipeline import flow
from pipeline.warehouse.modules import in_order, modules, staged_by, standing_on, stored_by
from pipeline.warehouse.stages import stages
from pipeline.warm import TINY
from tests.warehouse.builder import LIMITS
from tests.warehouse.test_derived import FILES


def test_every_stored_view_is_in_one_stage_behind_those_it_stands_on() -> None:
    place = {
        name: number
        for number, stage in enumerate(stages(in_order()))
        for name in stage.views
        if stored_by(modules()[name])
    }

    assert set(place) == {name for name in modules() if stored_by(modules()[name])}
    for name, number in place.items():
        for other in set(standing_on([name])) & set(place) - {name}:
            is_same = stored_by(modules()[other]) == stored_by(modules()[name])
            assert place[other] < number or (is_same and place[other] == number)


def test_what_is_worked_out_by_series_stands_on_heap_profiles() -> None:
    # So that a load may pass over all other series.
    by_series = {name for name in modules() if stored_by(modules()[name]) == ("series_id",)}

    assert {name for name in by_series if "heap.profiles" not in standing_on([name])} == set()


def test_what_is_staged_is_worked_out_once_and_is_a_view_for_who_asks_for_it(tmp_path: Path) -> None:
    found = [stage.views for stage in stages(in_order())]
    staged = [name for name in in_order() if staged_by(modules()[name])]
    for name in (name for name in FILES if name.startswith("service=a")):
        path = tmp_path / "offered" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
    inputs = [str(tmp_path / "offered"), str(TINY / "service.log")]
    flow.ingest(inputs, str(tmp_path / "lake"), labels={}, limits=LIMITS)

    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    assert len(staged) > 3
    assert [sum(name in views for views in found) for name in staged] == [1] * len(staged)
    with flow.open_warehouse(str(tmp_path / "db.duckdb")) as connection:
        kinds = dict(connection.sql("SELECT schema_name || '.' || view_name, sql FROM duckdb_views()").fetchall())
        assert set(staged) <= set(kinds)
        assert all(connection.sql(f"FROM {name} LIMIT 1").fetchall() for name in staged)
