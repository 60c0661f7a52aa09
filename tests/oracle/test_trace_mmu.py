"""Minimum mutator utilisation of execution traces against Go's internal/trace, as it counts and as it would without its slip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits
from tests.oracle.trace_facts import mmu, mmu_by_run

pytestmark = pytest.mark.oracle

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "files"
FIXTURES = sorted(FILES.rglob("*.trace"))
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
WINDOWS = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)

Curves = dict[str, dict[int, tuple[float, float]]]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curves]:
    """By the end of the file's name, each window's utilisation and what the tool takes it for."""
    folder = tmp_path_factory.mktemp("mmu")
    flow.ingest(list(map(str, FIXTURES)), str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "mmu.duckdb"))
    with flow.open_warehouse(str(folder / "mmu.duckdb")) as connection:
        yield _curves(connection)


def _curves(connection: duckdb.DuckDBPyConnection) -> Curves:
    rows = connection.sql(
        f"""
        SELECT source.uri, window_ns, utilisation, tool_utilisation
        FROM gc.mmu({list(WINDOWS)})
        JOIN trace USING (trace_id)
        JOIN source USING (source_id)
        """
    ).fetchall()
    curves: Curves = {}
    for uri, window, utilisation, as_tool in rows:
        curves.setdefault(_name(Path(uri)), {})[window] = (utilisation, as_tool)
    return curves


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", FIXTURES, ids=_name)
def test_the_tool_says_of_every_window_what_go_says(path: Path, ours: Curves) -> None:
    theirs = mmu(path)

    assert sorted(theirs) == list(WINDOWS)
    assert {window: both[1] for window, both in ours[_name(path)].items()} == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("path", FIXTURES, ids=_name)
def test_ours_is_what_go_says_when_no_worker_runs_twice(path: Path, ours: Curves) -> None:
    theirs = mmu_by_run(path)

    assert sorted(theirs) == list(WINDOWS)
    assert {window: both[0] for window, both in ours[_name(path)].items()} == pytest.approx(theirs, abs=1e-9)


def test_the_slip_is_no_trifle(ours: Curves) -> None:
    tracer = [curve[10_000_000] for name, curve in ours.items() if "go.trace" not in name]

    assert len(tracer) > 20
    assert min(utilisation - as_tool for utilisation, as_tool in tracer) > 0.1
