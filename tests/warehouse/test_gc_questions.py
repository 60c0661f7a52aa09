"""The questions about the collector and about memory are about whom they are asked of."""

from __future__ import annotations

import duckdb
import pytest

from pipeline.warehouse.gc_questions import collector, memory, memory_over_time
from tests.sql.case import Block
from tests.sql.world import fill

_LOGS = (
    Block(
        "given",
        "process",
        ("source_id", "process", "service", "build"),
        (("1", "0", "api", "1"), ("2", "0", "web", "1")),
        0,
    ),
    Block(
        "given",
        "gctrace_cycle",
        ("source_id", "process", "cycle"),
        (("1", "0", "1"), ("2", "0", "1"), ("2", "0", "2")),
        0,
    ),
)


@pytest.mark.parametrize(
    ("owner", "found"),
    [({}, ["web", "api"]), ({"service": "api"}, ["api"]), ({"build": "1"}, ["web", "api"]), ({"instance": "a"}, [])],
)
def test_those_with_most_cycles_come_first_and_others_are_left_out(
    owner: dict[str, str], found: list[str], world: duckdb.DuckDBPyConnection
) -> None:
    fill(world, _LOGS)

    assert collector(world, **owner).table["service"].to_pylist() == found


@pytest.mark.parametrize(
    ("owner", "found"),
    [({}, ["web", "api"]), ({"service": "api"}, ["api"]), ({"build": "2"}, []), ({"build": "1"}, ["web", "api"])],
)
def test_those_that_use_most_memory_come_first(
    owner: dict[str, str], found: list[str], world: duckdb.DuckDBPyConnection
) -> None:
    moments = Block(
        "given",
        "memstats",
        ("source_id", "position", "process", "sys_bytes", "heap_released_bytes"),
        (("1", "0", "0", "100", "0"), ("2", "0", "0", "300", "10")),
        0,
    )
    fill(world, (_LOGS[0], moments))

    assert memory(world, **owner).table["service"].to_pylist() == found


def test_memory_over_time_is_of_all_files_with_the_labels_that_say_when_they_were(
    world: duckdb.DuckDBPyConnection,
) -> None:
    owners = Block(
        "given",
        "process",
        ("source_id", "process", "labels"),
        tuple((source, "0", "{service=web}" if source < "4" else "{service=api}") for source in "1234"),
        0,
    )
    at = "2026-01-01 00:0{}:00".format
    moments = Block(
        "given",
        "memstats",
        ("source_id", "position", "process", "taken_at", "sys_bytes", "heap_released_bytes"),
        (
            ("1", "0", "0", at(1), "100", "0"),
            ("1", "1", "0", at(3), "300", "0"),
            ("2", "0", "0", at(2), "200", "0"),
            ("3", "0", "0", "NULL", "900", "0"),
            ("4", "0", "0", at(4), "400", "0"),
        ),
        0,
    )
    fill(world, (owners, moments))

    found = {source: memory_over_time(world, "memstats", source, 0).table for source in (1, 3)}

    assert found[1]["used_bytes"].to_pylist() == [100, 200, 300]
    assert sorted(found[3]["used_bytes"].to_pylist()) == [100, 200, 300, 900]
