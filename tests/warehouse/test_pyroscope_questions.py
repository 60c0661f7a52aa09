"""What Grafana's Pyroscope data source asks, of a small real lake."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline import flow
from pipeline.errors import UsageError
from pipeline.warehouse import pyroscope_questions as asked
from pipeline.warehouse.pyroscope_questions import Matcher, Range, Selection
from tests.builders.profile import profile
from tests.warehouse.builder import heap, offer

START = 1_767_225_600_000
MINUTE = 60_000
EVER = Range(1, START + 100 * MINUTE)
INUSE, ALLOCATED = (f"memory:{kind}:bytes:space:bytes" for kind in ("inuse_space", "alloc_space"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("pyroscope")
    for minute, grow in enumerate((100, 250, 400)):
        offer(folder / "lake", f"heap-{minute}.pb", heap(minute, grow=grow))
    offer(folder / "lake", "g.pb", profile("main.f main.main 3", types=("goroutine/count",), time_ns=START * 10**6))
    flow.load(str(folder / "lake"), str(folder / "answers.duckdb"))
    with flow.open_warehouse(str(folder / "answers.duckdb")) as connection:
        yield connection


def selected(kind: str, *matchers: Matcher, during: Range = EVER, call_site: tuple[str, ...] = ()) -> Selection:
    return Selection(kind, matchers, during, call_site)


def root(connection: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    bars = asked.flame_graph(connection, asked.weights(connection, selection), max_nodes=100)
    return int(bars.table["valueRight"][0].as_py())


def live(connection: duckdb.DuckDBPyConnection, sample_type: str) -> list[int]:
    """Totals of the heap profiles, oldest first."""
    query = "SELECT value FROM profile_total JOIN profile USING (profile_id) WHERE sample_type = ? AND kind = 'heap' ORDER BY time_ns"
    return [value for (value,) in connection.execute(query, [sample_type]).fetchall()]


def test_a_state_over_a_range_is_its_last(database: duckdb.DuckDBPyConnection) -> None:
    totals = live(database, "inuse_space")

    assert root(database, selected(INUSE)) == totals[-1]
    assert root(database, selected(INUSE, during=Range(1, START + MINUTE))) == totals[1]
    assert root(database, selected(INUSE, during=Range(1, START - 1))) == 0


def test_a_selection_of_nothing_has_nothing(database: duckdb.DuckDBPyConnection) -> None:
    assert root(database, selected(INUSE, Matcher("service_name", "=", "nobody"))) == 0
    assert root(database, selected("memory:other:bytes:space:bytes")) == 0


def test_a_call_site_keeps_the_stacks_that_begin_with_it(database: duckdb.DuckDBPyConnection) -> None:
    whole = root(database, selected(INUSE))

    assert root(database, selected(INUSE, call_site=("main.main",))) == whole
    assert root(database, selected(INUSE, call_site=("main.nothing",))) == 0


def test_matchers_are_those_of_prometheus(database: duckdb.DuckDBPyConnection) -> None:
    (name,) = (
        asked.label_values(database, "service_name", (Matcher("__type__", "=", "inuse_space"),), None)
        .table[0]
        .to_pylist()
    )
    whole = root(database, selected(INUSE))

    for matcher, is_kept in (
        (Matcher("service_name", "=", name), True),
        (Matcher("service_name", "!=", name), False),
        (Matcher("service_name", "=~", f"x|{name}"), True),
        # The whole value, or nothing.
        (Matcher("service_name", "=~", name[:-1]), False),
        (Matcher("service_name", "!~", ".*"), False),
        (Matcher("nothing", "=", ""), True),
        (Matcher("nothing", "!=", ""), False),
    ):
        assert root(database, selected(INUSE, matcher)) == (whole if is_kept else 0), matcher


def test_a_pattern_that_is_none_is_told(database: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=r"\("):
        root(database, selected(INUSE, Matcher("service_name", "=~", "(")))


def test_types_of_a_range_without_profiles_are_those_of_all_times(database: duckdb.DuckDBPyConnection) -> None:
    every = asked.profile_types(database, None).table["profile_type"].to_pylist()

    assert asked.profile_types(database, Range(1000, 4000)).table["profile_type"].to_pylist() == every
    assert every[0] == INUSE
    assert ALLOCATED in every
    assert len(every) == len(set(every))
