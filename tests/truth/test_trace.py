"""Execution traces against what the program that wrote them knows of itself.

tests/fixtures/programs/tracer counts its goroutines, tasks, regions, logs and forced GCs; NAME.trace.json says them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import flow
from pipeline.inputs.limits import Limits

FILES = Path(__file__).parents[1] / "fixtures" / "files" / "tracer"
LIMITS = Limits(max_plain_bytes=1 << 28, max_ratio=1_100, max_members=10_000, max_depth=3)
TRACES = sorted(FILES.rglob("*.trace"))

Row = tuple[Any, ...]
Ask = Callable[[str], list[Row]]


pytestmark = pytest.mark.xdist_group("truth of traces")


@pytest.fixture(scope="module")
def ask_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path, str], list[Row]]]:
    """What a query over one trace says, all of them being in one database; `of` is the trace's id."""
    folder = tmp_path_factory.mktemp("traces")
    lake, database = str(folder / "lake"), str(folder / "traces.duckdb")
    flow.ingest([str(FILES)], lake, labels={}, limits=LIMITS)
    flow.load(lake, database)

    with flow.open_warehouse(database) as connection:

        def ask(path: Path, sql: str) -> list[Row]:
            place = f"%/{path.parent.name}/{path.name}"
            of = f"(SELECT trace_id FROM trace JOIN source USING (source_id) WHERE uri LIKE '{place}')"
            table = connection.sql(sql.format(of=of)).to_arrow_table()
            return [tuple(row.values()) for row in table.to_pylist()]

        yield ask


@pytest.fixture(params=TRACES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def trace(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def ask(trace: Path, ask_all: Callable[[Path, str], list[Row]]) -> Ask:
    return lambda sql: ask_all(trace, sql)


@pytest.fixture
def truth(trace: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(trace.with_suffix(".trace.json").read_text())
    return said


def test_there_are_traces_of_every_release_and_from_the_flight_recorder() -> None:
    releases = {path.parent.name.removeprefix("build=") for path in TRACES}

    assert releases == {f"go1.{minor}-trim" for minor in range(22, 28)}
    assert sum(path.stem == "flight" for path in TRACES) == 3


def test_nothing_is_lost(ask: Ask) -> None:
    assert ask("SELECT lost_bytes FROM trace WHERE trace_id = {of}") == [(0,)]


def test_every_goroutine_is_created_in_its_function(ask: Ask, truth: dict[str, Any]) -> None:
    created = ask("""
        SELECT frames.function, COUNT(*) FROM goroutine_transition JOIN stack.frames USING (stack_id)
        WHERE trace_id = {of} AND from_state = 'not exist' AND frames.position = 0 AND frames.package = 'main'
        GROUP BY ALL""")

    assert dict(created) == truth["goroutines"]


def test_what_sleeps_through_the_trace_never_changes(ask: Ask, truth: dict[str, Any]) -> None:
    states = ask(f"""
        WITH asleep AS (
          SELECT goroutine FROM goroutine_transition JOIN stack.frames USING (stack_id)
          WHERE trace_id = {{of}} AND function = '{truth["asleep"]}'
        )
        SELECT DISTINCT from_state, to_state FROM goroutine_transition
        WHERE trace_id = {{of}} AND goroutine IN (SELECT goroutine FROM asleep)""")

    # 1.22 gives goroutines that do nothing no stack to know them by.
    assert set(states) <= {("undetermined", "waiting"), ("waiting", "waiting")}
    assert states or truth["go"].startswith("go1.22")


def test_tasks_begin_and_end_as_often_as_the_program_counted(ask: Ask, truth: dict[str, Any]) -> None:
    tasks = ask("SELECT event, name, COUNT(*) FROM trace_task WHERE trace_id = {of} GROUP BY ALL")

    begun = {name: count for event, name, count in tasks if event == "begin"}
    ended = {name: count for event, name, count in tasks if event == "end"}
    assert begun == truth["tasks"]
    assert {name: count - ended.get(name, 0) for name, count in begun.items() if name not in ended} == (
        truth["open_tasks"]
    )
    assert all(ended[name] == begun[name] for name in ended)


def test_a_shipment_belongs_to_its_order_and_another_goroutine_ends_it(ask: Ask) -> None:
    shipments = ask("""
        SELECT DISTINCT parents.name, ends.goroutine <> begins.goroutine
        FROM trace_task AS begins
        JOIN trace_task AS ends ON ends.trace_id = begins.trace_id AND ends.task = begins.task AND ends.event = 'end'
        JOIN trace_task AS parents
          ON parents.trace_id = begins.trace_id AND parents.task = begins.parent AND parents.event = 'begin'
        WHERE begins.trace_id = {of} AND begins.event = 'begin' AND begins.name = 'ship'""")

    assert shipments == [("order", True)]


def test_regions_begin_and_end_as_often_as_the_program_counted(ask: Ask, truth: dict[str, Any]) -> None:
    regions = ask("SELECT event, name, COUNT(*) FROM trace_region WHERE trace_id = {of} GROUP BY ALL")

    begun = {name: count for event, name, count in regions if event == "begin"}
    ended = {name: count for event, name, count in regions if event == "end"}
    left = {name: count - ended.get(name, 0) for name, count in begun.items() if count != ended.get(name, 0)}
    assert begun == truth["regions"]
    assert left == truth["open_regions"]


def test_logs_have_their_texts(ask: Ask, truth: dict[str, Any]) -> None:
    logs = ask("SELECT category || ': ' || message, COUNT(*) FROM trace_log WHERE trace_id = {of} GROUP BY ALL")

    assert dict(logs) == truth["logs"]


def test_forced_gcs_begin_in_runtime_gc(ask: Ask, truth: dict[str, Any]) -> None:
    forced = ask("""
        SELECT COUNT(DISTINCT range_index) FROM trace_range JOIN stack.frames USING (stack_id)
        WHERE trace_id = {of} AND name = 'GC concurrent mark phase' AND position = 0 AND function = 'runtime.GC'""")

    assert forced == [(truth["forced_gcs"],)]


def test_procs_change_as_the_program_says(ask: Ask, truth: dict[str, Any]) -> None:
    values = ask("""
        SELECT value FROM trace_metric WHERE trace_id = {of} AND name = '/sched/gomaxprocs:threads' ORDER BY time_ns""")

    # Every generation states it again.
    changes = [one for place, (one,) in enumerate(values) if place == 0 or values[place - 1] != (one,)]
    assert changes == truth["procs"]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("receiver", "chan receive"),
        ("sender", "chan send"),
        ("selector", "select"),
        ("locker", "sync"),
        ("condWaiter", "sync.(*Cond).Wait"),
        ("echoer", "network"),
    ],
)
def test_goroutines_wait_for_what_they_were_written_to(ask: Ask, function: str, reason: str) -> None:
    waited = ask(f"""
        SELECT COUNT(*) FROM goroutine_transition JOIN stack.frames ON frames.stack_id = from_stack_id
        WHERE trace_id = {{of}} AND from_state = 'waiting' AND from_reason = '{reason}' AND duration_ns > 0
          AND function = 'main.{function}'""")

    assert waited[0][0] > 0


def test_a_read_of_an_empty_pipe_blocks_in_a_system_call(ask: Ask) -> None:
    longest = ask("""
        SELECT MAX(duration_ns) FROM goroutine_transition JOIN stack.frames ON frames.stack_id = from_stack_id
        WHERE trace_id = {of} AND from_state = 'syscall' AND function = 'main.pipeReader'""")

    assert longest[0][0] > 100_000


def test_cpu_samples_are_there_when_a_cpu_profile_ran(ask: Ask, truth: dict[str, Any]) -> None:
    samples = ask("SELECT COUNT(*) FROM trace_cpu_sample WHERE trace_id = {of}")

    assert (samples[0][0] > 0) == truth["cpu_samples"]


def test_the_flight_recorder_keeps_no_first_generation(ask: Ask, truth: dict[str, Any]) -> None:
    first = ask("SELECT MIN(generation) FROM trace_generation WHERE trace_id = {of}")

    assert (first[0][0] > 1) == truth["flight"]
