"""What is derived follows what is new: after any increments it is what a load from nothing makes of the same lake."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import flow
from pipeline.warehouse.derived import follow
from pipeline.warehouse.modules import in_order, modules, stored_by
from tests.builders.executable import BUILD_ID, GO_BUILD_ID
from tests.builders.profile import profile
from tests.sql.case import Block
from tests.sql.world import fill, open_world
from tests.warehouse.builder import LIMITS, PROGRAM, REPORT, answers, bare, heap

OTHER_REPORT = REPORT.replace("entry", "item").replace("app/store", "app/other")
# Labels are those of the folders.
FILES: Mapping[str, bytes] = {
    **{
        f"service=a/instance={instance}/build=1/heap-{minute}.pb": heap(minute, grow=100 * minute + instance)
        for instance in (1, 2)
        for minute in range(4)
    },
    # A restart in the middle of a series: what was allocated falls.
    "service=a/instance=1/build=1/heap-late.pb": heap(9, grow=7).replace(b"build-1", b"build-2"),
    **{f"service=b/instance=1/build=2/heap-{minute}.pb": heap(minute, grow=70 * minute + 1) for minute in range(3)},
    "heap-without-labels.pb": heap(5, grow=3, build_id="build-3"),
    "service=b/build=2/cpu.pb": profile(
        "main.walk@/app/main.go:9 main.main@/app/main.go:6 50", types=("cpu/nanoseconds",)
    ),
    "service=b/build=2/nothing.pb": profile(types=("cpu/nanoseconds",), time_ns=9),
    "service=a/build=1/escape.txt": REPORT.encode(),
    "service=b/build=2/escape.txt": REPORT.encode(),
    "service=b/build=2/more.txt": OTHER_REPORT.encode(),
    "escape.txt": OTHER_REPORT.encode(),
    "service=a/build=1/program": PROGRAM.content,
    # Named by the executable, by its build id and by its name.
    **{f"service=c/build=1/heap-{minute}.pb": bare(minute) for minute in (1, 2)},
    **{f"service=a/build=1/heap-bare-{minute}.pb": bare(minute, build_id="") for minute in (11, 12)},
    # By its other build id alone.
    **{f"service=d/build=9/heap-{minute}.pb": bare(minute, build_id=GO_BUILD_ID.encode().hex()) for minute in (1, 2)},
}
PROGRAM_NAME = "service=a/build=1/program"
_IN_TWENTY_YEARS = 20 * 366 * 24 * 60


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(sorted(FILES)), ends=st.sets(st.integers(1, len(FILES) - 1), min_size=1, max_size=4))
def test_after_any_increments_everything_is_as_loaded_from_nothing(
    tmp_path: Path, order: list[str], ends: set[int]
) -> None:
    shutil.rmtree(tmp_path)
    starts = [0, *sorted(ends)]
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        _offer(tmp_path, {name: FILES[name] for name in order[start:end]})
        flow.load(str(tmp_path / "lake"), str(tmp_path / "followed.duckdb"))

    flow.load(str(tmp_path / "lake"), str(tmp_path / "once.duckdb"))

    assert _rounded(answers(tmp_path / "followed.duckdb")) == _rounded(answers(tmp_path / "once.duckdb"))


def test_an_executable_that_comes_last_names_the_sites_of_every_profile_it_belongs_to(tmp_path: Path) -> None:
    bare_names = [name for name in FILES if name.startswith(("service=c", "service=d"))]
    for names in (bare_names, [PROGRAM_NAME]):
        _offer(tmp_path, {name: FILES[name] for name in names})
        flow.load(str(tmp_path / "lake"), str(tmp_path / "followed.duckdb"))

    with flow.open_warehouse(str(tmp_path / "followed.duckdb")) as connection:
        sites = connection.sql("SELECT service, function FROM attribution.growth_by_site ORDER BY ALL").fetchall()
    assert sites == [("c", "main.main"), ("d", "main.main")]
    assert _main_packages(tmp_path / "followed.duckdb") == [
        ("c", "example.com/shop/cmd/api"),
        ("d", "example.com/shop/cmd/api"),
    ]


def test_what_an_executable_told_is_forgotten_with_it(tmp_path: Path) -> None:
    # Under other labels than those of its profiles, which it is known by its build id.
    files = {
        "service=other/program": PROGRAM.content,
        "service=c/heap.pb": heap(_IN_TWENTY_YEARS, grow=1, build_id=BUILD_ID),
    }
    _offer(tmp_path, files)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))
    assert _main_packages(tmp_path / "db.duckdb") == [("c", "example.com/shop/cmd/api")]

    flow.expire_lake(str(tmp_path / "lake"), before=datetime.now(UTC) + timedelta(days=1))
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    assert _main_packages(tmp_path / "db.duckdb") == [("c", None)]


def _main_packages(database: Path) -> list[tuple[object, ...]]:
    with flow.open_warehouse(str(database)) as connection:
        return connection.sql("SELECT service, main_package FROM heap.series ORDER BY ALL").fetchall()


def _rounded(found: Mapping[str, list[tuple[object, ...]]]) -> dict[str, list[str]]:
    """Rows as text; the last digits of sums of fractions depend on the order of their rows."""
    return {
        name: sorted(
            str([float(f"{value:.9g}") if isinstance(value, float) else value for value in row]) for row in rows
        )
        for name, rows in found.items()
    }


def _offer(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / "offered" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    receipt = flow.ingest([str(folder / "offered")], str(folder / "lake"), labels={}, limits=LIMITS)
    assert not receipt.refusals


def test_every_stored_view_says_by_what_its_rows_can_be_worked_out_apart() -> None:
    stored = {name: stored_by(modules()[name]) for name in in_order() if stored_by(modules()[name])}

    assert len(stored) > 10
    assert set(stored.values()) == {("series_id",), ("service", "build"), ("function_id",), ("labels",)}
    assert all({item.name for item in modules()[name].items} >= set(key) for name, key in stored.items())


_TWO_SERIES = (
    Block("given", "profile", ("profile_id", "series_hash", "service"), (("1", "1", "a"), ("2", "2", "b")), 0),
    Block("given", "stack", ("stack_id", "location_ids"), (("1", "[]"),), 0),
    Block(
        "given",
        "sample_value",
        ("profile_id", "stack_id", "sample_type", "value"),
        (("1", "1", "inuse_space", "10"), ("2", "1", "inuse_space", "20")),
        0,
    ),
)


@pytest.fixture
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database for one test: to follow is to write to two databases, which takes more than one transaction."""
    with open_world() as connection:
        yield connection


def commit(world: duckdb.DuckDBPyConnection, given: Sequence[Block]) -> None:
    fill(world, given)
    world.execute("COMMIT")


def test_series_that_nothing_new_touches_are_left_as_they_are(world: duckdb.DuckDBPyConnection) -> None:
    commit(world, _TWO_SERIES)
    # Were they worked out again, this would be gone.
    world.execute("UPDATE heap.series SET kind = 'as it was'")
    world.execute(
        "INSERT INTO profile SELECT * REPLACE (3 AS profile_id, 3 AS source_id, 9 AS time_ns) FROM profile WHERE profile_id = 2"
    )
    world.execute(
        "INSERT INTO profile_sample_type SELECT 3, position, sample_type, unit FROM profile_sample_type WHERE profile_id = 2"
    )

    follow(world)

    assert world.sql("SELECT series_id, kind, profiles FROM heap.series ORDER BY ALL").fetchall() == [
        (1, "as it was", 1),
        (2, "heap", 2),
    ]


def test_nothing_new_changes_nothing(world: duckdb.DuckDBPyConnection) -> None:
    commit(world, _TWO_SERIES)
    world.execute("UPDATE heap.series SET kind = 'as it was'")

    follow(world)

    assert world.sql("SELECT DISTINCT kind FROM heap.series").fetchall() == [("as it was",)]


def test_an_executable_touches_the_series_of_its_build_id(world: duckdb.DuckDBPyConnection) -> None:
    mapping = Block("given", "mapping", ("mapping_id", "build_id"), (("1", BUILD_ID),), 0)
    mapped = Block("given", "profile_mapping", ("profile_id", "position", "mapping_id"), (("2", "0", "1"),), 0)
    commit(world, (*_TWO_SERIES, mapping, mapped))
    world.execute("UPDATE heap.series SET kind = 'as it was'")
    world.execute("INSERT INTO binary_file (source_id, build_id, service) VALUES (7, ?, 'c')", [BUILD_ID])

    follow(world)

    assert world.sql("SELECT series_id, kind FROM heap.series ORDER BY ALL").fetchall() == [
        (1, "as it was"),
        (2, "heap"),
    ]
