"""Where real goroutines wait and how many more they become, against what the program started."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline import flow
from tests.warehouse.builder import LIMITS

LEAKS = Path(__file__).parents[1] / "fixtures" / "files" / "leaks"
BUILDS = sorted(path.name.partition("=")[2] for path in LEAKS.glob("service=leaks/build=*"))
STATES = {"Send": "chan send", "Receive": "chan receive", "Lock": "sync.Mutex.Lock", "Work": "select"}
# What of this source's moments is leaked when the last is taken: the detector runs after it, and marks what later dumps show.
FOUND = {"protobuf": 12, "text": None, "dump": 9, "system": 12}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("leaks")
    flow.ingest([str(LEAKS)], str(folder / "lake"), labels={}, limits=LIMITS)
    flow.load(str(folder / "lake"), str(folder / "db.duckdb"))
    with flow.open_warehouse(str(folder / "db.duckdb")) as opened:
        yield opened


def truth(build: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((LEAKS / "service=leaks" / f"build={build}" / "truth.json").read_text())
    return found


def places(connection: duckdb.DuckDBPyConnection, build: str, source: str, columns: str) -> list[tuple[object, ...]]:
    """Of goroutines that the package started: the function it started them with, and some columns."""
    return connection.execute(
        "SELECT CASE WHEN function = 'example.com/leaks/wait.abandoned' THEN 'Send' ELSE string_split(function, '.')[-1] END,"
        f" {columns} FROM goroutine.growth WHERE kind = 'goroutine' AND build = ? AND source = ?"
        " AND function LIKE 'example.com/leaks/wait.%'",
        [build, source],
    ).fetchall()


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("source", ["protobuf", "text", "dump"])
def test_every_source_tells_how_many_there_were_at_first_and_at_last(
    connection: duckdb.DuckDBPyConnection, build: str, source: str
) -> None:
    moments = truth(build)["moments"]
    first: Counter[object] = Counter()
    last: Counter[object] = Counter()

    for name, before, now, growth, number in places(
        connection, build, source, "first_count, last_count, growth, moments"
    ):
        first[name] += before
        last[name] += now
        assert growth == now - before
        assert number == len(moments) == 4

    assert (first, last) == (Counter(moments[0]), Counter(moments[-1]))


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("source", ["protobuf", "dump", "system"])
def test_what_they_wait_for_is_told_or_on_the_stack(
    connection: duckdb.DuckDBPyConnection, build: str, source: str
) -> None:
    assert set(places(connection, build, source, "state")) == set(STATES.items())


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("source", ["protobuf", "text", "dump"])
def test_leaks_rise_in_every_interval_and_a_burst_does_not(
    connection: duckdb.DuckDBPyConnection, build: str, source: str
) -> None:
    rising = {name for name, share in places(connection, build, source, "rising_share") if share == 1}

    assert rising == {"Send", "Receive", "Lock"}


def test_a_dump_that_a_process_dies_with_is_no_moment_of_the_series_of_dumps(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.sql(
        "SELECT DISTINCT build, source, moments FROM goroutine.growth WHERE kind = 'goroutine'"
    ).fetchall()

    assert sorted(found) == sorted(
        (build, source, 1 if source == "system" else 4) for build in BUILDS for source in FOUND
    )


@pytest.mark.parametrize("source", FOUND)
def test_leaked_are_those_that_the_runtime_found_and_no_others(
    connection: duckdb.DuckDBPyConnection, source: str
) -> None:
    leaked = {name: number for name, number in places(connection, "go1.27-trim", source, "leaked") if number != 0}
    older = {number for _, number in places(connection, "go1.22-trim", source, "leaked")}

    assert leaked == ({"Send": FOUND[source]} if FOUND[source] else dict.fromkeys(STATES))
    assert older == {None}


@pytest.mark.parametrize("build", BUILDS)
def test_dumps_tell_how_long_and_by_which_go_statement(connection: duckdb.DuckDBPyConnection, build: str) -> None:
    told = places(connection, build, "dump", "longest_wait_ns, created_by, created_line")
    (line,) = {line for *_, line in told}
    started = (LEAKS.parents[1] / "programs" / "leaks" / "main.go").read_text().splitlines()[line - 1]

    # They waited 66 seconds; the runtime tells whole minutes, from the first cycle that found them waiting, and of 1.22 none ran.
    waited = {wait for name, wait, *_ in told if name == "Receive"}
    assert waited == ({60_000_000_000} if build == "go1.27-trim" else {None})
    assert {name for *_, name, _ in told} == {"main.start"}
    assert started.strip() == "go f()"
