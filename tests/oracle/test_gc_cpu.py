"""Where the runtime's processor time goes, on CPU profiles of a program that keeps Go's memory management busy."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

SOURCES = Path(__file__).parent / "goprograms" / "collects"
# What the program does on purpose, and the function of its own that has to pay for it.
_DONE = {
    "assist": {"main.tree", "main.work"},
    "mark": {None},
    "allocation": {"main.tree", "main.work"},
    "stack growth": {"main.recurse"},
    "map": {"main.work"},
    "memory": {"main.work", "strings.(*Builder).WriteString"},
}


@cache
def _database(version: str) -> Path:
    folder = toolchain.CACHE / "programs" / version / "collects"
    folder.mkdir(parents=True, exist_ok=True)
    program, database = folder / "collects", folder / "collects.duckdb"
    toolchain.run_go(["build", "-o", program, SOURCES / "main.go"], version=version)
    toolchain.run([program, folder / "cpu.pb.gz"])
    database.unlink(missing_ok=True)
    lake = folder / f"lake-{program.stat().st_mtime_ns}"
    flow.ingest([str(folder / "cpu.pb.gz")], str(lake), labels={}, limits=LIMITS)
    flow.load(str(lake), str(database))
    return database


def _asked(version: str, query: str) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(_database(version))) as connection:
        return connection.sql(query).fetchall()


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_ninety_nine_of_a_hundred_samples_of_the_runtime_have_a_category(version: str) -> None:
    ((other, runtime),) = _asked(
        version, "SELECT SUM(samples) FILTER (category = 'other'), SUM(samples) FROM gc.cpu WHERE category <> 'program'"
    )

    assert runtime > 500
    assert (other or 0) / runtime < 0.01


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_what_the_program_does_is_found_and_the_function_that_pays(version: str) -> None:
    found = set(_asked(version, "SELECT category, function FROM gc.cpu"))

    assert {category for category, _ in found} >= set(_DONE)
    for category, functions in _DONE.items():
        assert {function for found_category, function in found if found_category == category} & functions


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_the_sum_is_the_profile(version: str) -> None:
    assert _asked(version, "SELECT SUM(samples), SUM(cpu_ns) FROM gc.cpu") == _asked(
        version,
        "SELECT SUM(value) FILTER (sample_type = 'samples'), SUM(value) FILTER (sample_type = 'cpu') FROM sample_value",
    )


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_the_function_that_recurses_deeply_pays_for_most_of_the_growing_of_stacks(version: str) -> None:
    found = _asked(version, "SELECT function FROM alloc.stack_growth ORDER BY samples DESC LIMIT 1")

    assert found == [("main.recurse",)]
