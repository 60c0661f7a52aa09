"""What real MemStats and metrics say of memory adds up, and is held against a limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from tests.warehouse.builder import LIMITS

FILES = Path(__file__).parents[1] / "fixtures" / "files"


pytestmark = pytest.mark.xdist_group("truth of memory")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("memory")
    given = [str(FILES / name) for name in ("memory", "exposer", "everykind", "twins", "collector")]
    flow.ingest(given, str(folder / "lake"), labels={"memory_limit": "2MiB"}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    with flow.open_warehouse(str(folder / "db.duckdb")) as opened:
        yield opened


def test_the_parts_of_each_moment_are_all_that_was_taken_from_the_system(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    told = connection.sql(
        "SELECT source, total_bytes, used_bytes + released_bytes, objects_bytes + unused_bytes + free_bytes + released_bytes"
        " + stack_bytes + metadata_bytes + other_bytes FROM mem.accounting"
    ).fetchall()

    assert {source for source, *_ in told} == {"memstats", "metrics"}
    assert len(told) > 25
    assert [row for row in told if len(set(row[1:])) != 1] == []


def test_memory_is_held_against_the_limit_that_a_label_gives(connection: duckdb.DuckDBPyConnection) -> None:
    told = connection.sql("SELECT limit_from, limit_bytes, headroom_bytes + used_bytes FROM mem.headroom").fetchall()

    assert len(told) > 10
    assert set(told) == {("label", 2 << 20, 2 << 20)}


def test_every_cycle_of_every_log_has_its_cause(connection: duckdb.DuckDBPyConnection) -> None:
    told = connection.sql(
        "SELECT \"trigger\", COUNT(*) FROM gc.trigger WHERE source = 'gctrace' GROUP BY 1 ORDER BY 1"
    ).fetchall()

    assert [cause for cause, _ in told] == ["forced", "heap", "periodic"]
    assert sum(count for _, count in told) == connection.sql("SELECT COUNT(*) FROM gctrace_cycle").fetchall()[0][0]
