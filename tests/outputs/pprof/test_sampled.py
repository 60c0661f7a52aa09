"""Profiles as a database has them."""

from __future__ import annotations

from pathlib import Path

from pipeline import flow
from pipeline.outputs.pprof.sampled import profile_of
from pipeline.warehouse.pprof_questions import whole
from tests.builders.profile import profile as built
from tests.cli.seat import heapscape
from tests.outputs.pprof.seen import lines, profile, written

SAMPLES = ("a|b@x.go:3 c 1 0 {n=1ms} {n=2} {k=v}", "c 5 6", "a|b@x.go:3 c 0 0", "7 8")


def test_a_profile_comes_out_of_a_database_as_it_went_in(tmp_path: Path) -> None:
    header = {"types": ["x/count", "y/bytes"], "comments": ["seen"], "period": 5, "period_type": "y/bytes"}
    (tmp_path / "one.pb").write_bytes(built(*SAMPLES, **header))
    assert heapscape("run", tmp_path / "one.pb", "--lake", tmp_path / "lake", "--db", tmp_path / "x.duckdb").code == 0

    with flow.open_warehouse(str(tmp_path / "x.duckdb")) as connection:
        made = profile_of(whole(connection, 1))

    assert lines(made) == lines(profile(*SAMPLES, **header))
    assert written(made, "raw") == written(profile(*SAMPLES, **header), "raw")
