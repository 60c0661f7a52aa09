"""No time is lost in traces of Go's own tests: odd ones, broken ones, and one of goroutines that C calls make and end."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import duckdb
import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from pipeline.warehouse.modules import modules
from tests.oracle import toolchain
from tests.oracle.test_trace_events import built_from_go_tree, in_go_tree

pytestmark = pytest.mark.oracle

LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
AUDITS = sorted(name for name in modules() if name.startswith("audit."))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("audits")
    traces = folder / "traces"
    traces.mkdir()
    convert = toolchain.overlay_build("tracetext")
    for source in (*in_go_tree("tests/*.test"), *in_go_tree("fuzz/FuzzReader/*")):
        toolchain.run([convert, source, traces / f"{source.stem}.trace"])
    if shutil.which("gcc"):
        built = built_from_go_tree("cgo-callback", toolchain.GO_1_27, folder)
        with (traces / "cgo-callback.trace").open("wb") as out:
            subprocess.run([built], stdout=out, check=True, env={"GODEBUG": "traceadvanceperiod=5000000"}, timeout=300)
    flow.ingest([str(traces)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "audits.duckdb"))
    with flow.open_warehouse(str(folder / "audits.duckdb")) as connection:
        yield connection


def test_there_are_goroutines_with_several_lives_and_traces_that_break_off(
    database: duckdb.DuckDBPyConnection,
) -> None:
    again, broken = database.sql(
        """
        SELECT
          (SELECT COUNT(*) - COUNT(DISTINCT (trace_id, goroutine)) FROM goroutine_transition WHERE from_state = 'not exist'),
          (SELECT COUNT(*) FROM trace WHERE lost_bytes > 0)
        """
    ).fetchall()[0]

    assert again > 0
    assert broken > 0


@pytest.mark.parametrize("audit", AUDITS)
def test_audits_are_empty(database: duckdb.DuckDBPyConnection, audit: str) -> None:
    assert database.sql(f"FROM {audit} LIMIT 5").fetchall() == []
