"""Each mechanism on a run of a program that makes the runtime do this one thing, by the numbers that the program fixed."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from tests.oracle import toolchain
from tests.warehouse.builder import LIMITS

pytestmark = pytest.mark.oracle

# Go 1.22 has no events for allocations, and up to 1.24 mutex profiles lose the stacks of the runtime's locks, or those are asked for.
WITH_ALLOCATIONS = toolchain.SINCE_1_22[1:]
WITHOUT_LOCKS = toolchain.SINCE_1_22[:3]
STACKS = ("GODEBUG", "runtimecontentionstacks=1")
ALLOCATIONS = (("GODEBUG", "traceallocfree=1"), ("GOGC", "off"))
LIMIT = 32 << 20
Settings = Sequence[tuple[str, str]]


def ran(folder: Path, version: str, *arguments: str, settings: Settings = ()) -> str:
    """What the program says; what it leaves is then in `db.duckdb`."""
    made = folder / "made.file"
    what, *more = arguments
    program = toolchain.overlay_build("mechanisms", version=version)
    done = subprocess.run([program, what, made, *more], env=dict(settings), capture_output=True, check=True)
    if not made.exists():
        made.write_bytes(done.stderr)
    flow.ingest([str(made)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    return done.stdout.decode()


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with flow.open_warehouse(str(folder / "db.duckdb")) as connection:
        return connection.sql(query).fetchall()


def asked(folder: Path, version: str, what: str, query: str, *settings: tuple[str, str]) -> list[tuple[Any, ...]]:
    """Run the program, ingest what it leaves, and ask."""
    ran(folder, version, what, settings=settings)
    return rows(folder, query)


@pytest.mark.parametrize("version", WITH_ALLOCATIONS)
def test_objects_outlive_as_many_cycles_as_the_program_kept_them_for(version: str, tmp_path: Path) -> None:
    query = """
    SELECT type_name, cycles, reached_objects, reached_bytes, freed_objects, freed_share
    FROM alloc.survival
    WHERE type_name LIKE 'main.%' AND freed_objects > 0
    ORDER BY type_name
    """

    found = asked(tmp_path, version, "survive", query, *ALLOCATIONS)

    # Seven words take a slot of 64 bytes, eleven one of 96.
    assert found == [("main.brief", 0, 1000, 64_000, 1000, 1.0), ("main.lasting", 2, 1000, 96_000, 1000, 1.0)]


@pytest.mark.parametrize("version", WITH_ALLOCATIONS)
def test_spans_of_every_class_are_on_the_map_and_hold_ten_objects(version: str, tmp_path: Path) -> None:
    query = """
    SELECT size_class, object_bytes, spans, span_bytes
    FROM alloc.span_heatmap
    WHERE source = 'trace' AND position = 63
    ORDER BY size_class
    """

    found = asked(tmp_path, version, "classes", query, *ALLOCATIONS)

    assert [row[0] for row in found] == list(range(68))
    assert found[0][2] >= 30
    assert [row for row in found[1:] if row[3] < 10 * row[1]] == []
    assert found[-1][1] == 32 << 10


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_who_allocates_large_objects_at_once_waits_as_often_as_the_runtime_says(version: str, tmp_path: Path) -> None:
    told = ran(tmp_path, version, "storm", "(*mheap)", settings=[("GOMAXPROCS", "8"), STACKS])

    found = rows(
        tmp_path,
        """
        SELECT lock_function, function, contentions
        FROM contention.runtime_lock
        WHERE function = 'main.large' OR lock_function IS NULL
        """,
    )

    assert any("(*mheap)" in (lock or "") for lock, *_ in found)
    assert {(lock, function): count for lock, function, count in found} == held(told)
    assert len(found) == len(held(told))


@pytest.mark.parametrize("version", WITHOUT_LOCKS)
def test_what_waits_for_the_runtime_is_one_row_where_the_stacks_are_lost(version: str, tmp_path: Path) -> None:
    told = ran(tmp_path, version, "storm", "_LostContendedRuntimeLock", settings=[("GOMAXPROCS", "8")])

    found = rows(tmp_path, "SELECT lock_function, function, category, contentions FROM contention.runtime_lock")

    assert found == [(None, None, None, held(told)[None, None])]
    assert found[0][3] > 0


def held(told: str) -> dict[tuple[str | None, str | None], int]:
    """Contentions by who held the lock and for whom, of what the program says that the runtime says."""
    counts: Counter[tuple[str | None, str | None]] = Counter()
    for line in told.splitlines():
        count, stack = line.split(" ", 1)
        leaf, *callers = stack.split(";")
        if leaf == "runtime._LostContendedRuntimeLock":
            counts[None, None] += int(count)
        else:
            assert leaf == "runtime.unlock"
            lock = next(name for name in callers if name not in ("runtime.systemstack", "runtime.mcall"))
            counts[lock, "main.large"] += int(count)
    return dict(counts)


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_what_leaks_is_kept_what_is_cached_has_an_age_and_what_churns_has_none(version: str, tmp_path: Path) -> None:
    ran(tmp_path, version, "ages")
    flow.ingest([str(tmp_path / "made.file.later")], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    found = rows(
        tmp_path, "SELECT function, live_bytes, kept_share, mean_age_s FROM heap.age WHERE function LIKE 'main.%'"
    )
    ((seconds,),) = rows(tmp_path, "SELECT (MAX(time_ns) - MIN(time_ns)) / 1e9 FROM profile")

    # A thousand objects of 1 KiB each: a mean age is what is live by what was allocated.
    told = {function: (live, kept, age) for function, live, kept, age in found}
    assert told["main.leak"] == (1_024_000, 1, pytest.approx(seconds))
    assert told["main.cache"] == (10_240, pytest.approx(0.01), pytest.approx(seconds / 100))
    assert told["main.churn"] == (0, 0, 0)


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_who_recurses_deeply_pays_for_its_stack_and_the_memory_is_that_of_stacks(version: str, tmp_path: Path) -> None:
    (tmp_path / "memstats.json").write_text(ran(tmp_path, version, "recurse"))
    flow.ingest([str(tmp_path / "memstats.json")], str(tmp_path / "lake"), labels={}, limits=LIMITS)
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    found = rows(tmp_path, "SELECT function, samples, share FROM alloc.stack_growth ORDER BY samples DESC")
    in_use = rows(tmp_path, "SELECT source, stack_bytes FROM alloc.stack_in_use")

    # Copying 50,000 frames takes longer than to call what they are of; how much is for the machine to say.
    assert found[0][0] == "main.deep"
    assert found[0][1] >= 10
    assert found[0][2] > 0.3
    # The stack itself, and where it is being copied from.
    ((source, stack_bytes),) = in_use
    assert source == "memstats"
    assert 32 << 20 <= stack_bytes < 80 << 20


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_under_a_memory_limit_the_heap_is_the_cause_and_the_goal_below_it(version: str, tmp_path: Path) -> None:
    query = 'SELECT "trigger", COUNT(*), MIN(goal_bytes) FROM gc.trigger GROUP BY ALL'
    settings = (("GODEBUG", "gctrace=1"), ("GOGC", "off"), ("GOMEMLIMIT", str(LIMIT)))

    ((cause, cycles, goal),) = asked(tmp_path, version, "hoard", query, *settings)

    # 188 MiB were allocated, of which 6 MiB are live. Without the limit there would be no cycle; how many there are, and how far
    # the program gets while one runs, is for the machine to say.
    assert cause == "heap"
    assert 1 <= cycles < 200
    # Printed in MiB, rounded up.
    assert goal <= LIMIT + (1 << 20)


@pytest.mark.parametrize("version", toolchain.SINCE_1_22)
def test_cycles_by_time_by_request_and_by_the_heap_are_as_many_as_the_program_made(
    version: str, tmp_path: Path
) -> None:
    # The program shortens the two minutes; newer linkers have to be told that it may.
    flags = ["-ldflags=-checklinkname=0"] if version >= "1.23" else []
    source = toolchain.PROGRAMS / "causes" / "main.go"
    toolchain.run_go(["build", *flags, "-o", tmp_path / "causes", source], version=version)
    done = subprocess.run(
        [tmp_path / "causes", tmp_path], env={"GODEBUG": "gctrace=1"}, capture_output=True, check=True
    )
    (tmp_path / "gc.log").write_bytes(done.stderr)
    flow.ingest(
        [str(tmp_path / "gc.log"), str(tmp_path / "go.trace")], str(tmp_path / "lake"), labels={}, limits=LIMITS
    )
    flow.load(str(tmp_path / "lake"), str(tmp_path / "db.duckdb"))

    found = rows(tmp_path, 'SELECT source, "trigger", COUNT(*) FROM gc.trigger GROUP BY ALL')

    made = {cause: int(count) for cause, count in map(str.split, done.stdout.decode().splitlines())}
    assert made["periodic"] >= 3
    assert made["forced"] == 4
    assert made["heap"] >= 3
    traced = {cause: count for source, cause, count in found if source == "trace"}
    logged = {cause: count for source, cause, count in found if source == "gctrace"}
    assert traced == made
    # It began with one before the trace.
    assert logged == made | {"forced": 5}
