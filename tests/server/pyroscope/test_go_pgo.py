"""Profiles for `go build -pgo`: less of each stack, the same in all."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pipeline import flow
from pipeline.generated.profile_pb2 import Profile
from pipeline.generated.querier_pb2 import GoPGO, StackTraceSelector
from pipeline.server.pyroscope import files
from pipeline.server.pyroscope.request import pgo, selection
from pipeline.warehouse.connect import open_readonly
from tests.builders.profile import profile
from tests.server.pyroscope.conftest import START
from tests.warehouse.builder import LIMITS

CPU = "process_cpu:cpu:nanoseconds:cpu:nanoseconds"


@pytest.fixture(scope="module")
def hot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same function, entered by two lines and called by two others."""
    folder = tmp_path_factory.mktemp("pgo")
    (folder / "cpu.pb").write_bytes(
        profile(
            "main.hot@h.go:5 main.a@a.go:1 main.main@m.go:1 1 10",
            "main.hot@h.go:6 main.a@a.go:1 main.main@m.go:2 1 20",
            "main.hot@h.go:5 main.b@b.go:1 main.main@m.go:1 1 40",
            "main.hot@h.go:5 1 80",
            types=("samples/count", "cpu/nanoseconds"),
            time_ns=START * 1_000_000,
            duration_ns=10_000_000_000,
            period_type="cpu/nanoseconds",
        )
    )
    flow.ingest([str(folder / "cpu.pb")], str(folder / "lake"), labels={"service": "shop"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "p.duckdb"))
    return folder / "p.duckdb"


def stacks(found: Profile) -> dict[str, int]:
    """Weight by stack, leaf first, as `function:line`."""
    names = {one.id: found.string_table[one.name] for one in found.function}
    places = {one.id: "+".join(f"{names[line.function_id]}:{line.line}" for line in one.line) for one in found.location}
    told = {" ".join(places[id] for id in sample.location_id): sample.value[0] for sample in found.sample}
    assert len(told) == len(found.sample)
    return told


def asked(path: Path, keep: int, *, is_by_callee: bool) -> dict[str, int]:
    with open_readonly(str(path)) as connection:
        wanted = selection(CPU, "{}", START, START + 1000)
        return stacks(files.profile(connection, wanted, GoPGO(keep_locations=keep, aggregate_callees=is_by_callee)))


def test_so_many_locations_are_kept_and_equal_stacks_are_one(hot: Path) -> None:
    assert asked(hot, 2, is_by_callee=False) == {
        "main.hot:5 main.a:1": 10,
        "main.hot:6 main.a:1": 20,
        "main.hot:5 main.b:1": 40,
        "main.hot:5": 80,
    }
    assert asked(hot, 1, is_by_callee=False) == {"main.hot:5": 130, "main.hot:6": 20}


def test_by_callee_the_leaf_has_no_line(hot: Path) -> None:
    assert asked(hot, 2, is_by_callee=True) == {
        "main.hot:0 main.a:1": 30,
        "main.hot:0 main.b:1": 40,
        "main.hot:0": 80,
    }
    assert asked(hot, 1, is_by_callee=True) == {"main.hot:0": 150}


def test_more_than_there_is_keeps_all(hot: Path) -> None:
    assert len(asked(hot, 1000, is_by_callee=False)) == 4


@pytest.mark.parametrize("keep", [0, 1001, 4_000_000_000])
def test_how_many_are_kept_is_said(client: httpx.Client, keep: int) -> None:
    body = {
        "profileTypeID": CPU,
        "labelSelector": "{}",
        "start": START,
        "end": START + 1,
        "stackTraceSelector": {"goPgo": {"keepLocations": keep}},
    }

    answer = client.post("/querier.v1.QuerierService/SelectMergeProfile", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_argument")
    assert f"keep_locations {keep}: not a number from 1 to 1,000" in answer.json()["message"]


def test_without_it_nothing_is_reduced() -> None:
    assert pgo(StackTraceSelector()) is None
