"""Where the runtime's processor time goes, on CPU profiles of a program that keeps Go's memory management busy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

# What the program does on purpose, and the function of its own that has to pay for it.
_DONE: dict[str, set[str | None]] = {
    "assist": {"main.tree", "main.work"},
    "mark": {None},
    "allocation": {"main.tree", "main.work"},
    "stack growth": {"main.recurse"},
    "map": {"main.work"},
    "memory": {"main.work", "strings.(*Builder).WriteString"},
}


# One worker makes the run of a version once.
RUNS = [pytest.param(version, marks=pytest.mark.xdist_group(f"collects-{version}")) for version in toolchain.SINCE_1_22]


@pytest.fixture(scope="module", params=RUNS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collects")
    program = toolchain.overlay_build("collects", version=request.param)
    toolchain.run([program, folder / "cpu.pb.gz"])
    flow.ingest([str(folder / "cpu.pb.gz")], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "collects.duckdb"))
    return folder / "collects.duckdb"


def _asked(database: Path, query: str) -> list[tuple[Any, ...]]:
    with flow.open_warehouse(str(database)) as connection:
        return connection.sql(query).fetchall()


def test_ninety_nine_of_a_hundred_samples_of_the_runtime_have_a_category(database: Path) -> None:
    ((other, runtime),) = _asked(
        database,
        "SELECT SUM(samples) FILTER (category = 'other'), SUM(samples) FROM gc.cpu WHERE category <> 'program'",
    )

    assert runtime > 500
    assert (other or 0) / runtime < 0.01


def test_what_the_program_does_is_found_and_the_function_that_pays(database: Path) -> None:
    found = set(_asked(database, "SELECT category, function FROM gc.cpu"))

    assert {category for category, _ in found} >= set(_DONE)
    for category, functions in _DONE.items():
        assert {function for found_category, function in found if found_category == category} & functions


def test_the_sum_is_the_profile(database: Path) -> None:
    assert _asked(database, "SELECT SUM(samples), SUM(cpu_ns) FROM gc.cpu") == _asked(
        database,
        "SELECT SUM(value) FILTER (sample_type = 'samples'), SUM(value) FILTER (sample_type = 'cpu') FROM sample_value",
    )


def test_the_function_that_recurses_deeply_pays_for_most_of_the_growing_of_stacks(database: Path) -> None:
    found = _asked(database, "SELECT function FROM alloc.stack_growth ORDER BY samples DESC LIMIT 1")

    assert found == [("main.recurse",)]
