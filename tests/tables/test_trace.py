"""Execution traces as tables."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import pyarrow as pa
import pytest

from pipeline.formats.gotrace.decode import decode
from pipeline.formats.gotrace.memory import CHUNK_ROWS
from pipeline.schema import tables
from pipeline.tables.build import build_tables
from pipeline.tables.symbols import NamedSymbols
from pipeline.values import Blob, Origin, Source
from tests.builders.trace import BLOCKED, batch, stacks, strings, trace
from tests.tables.expected import values_of

RUNNING = ("ProcStatus dt=1 p=0 pstatus=1", "GoStatus dt=1 g=1 m=7 gstatus=2")


def built(content: bytes, labels: dict[str, str] | None = None) -> dict[str, pa.Table]:
    """All parts of a trace, joined table by table."""
    blob = Blob(Source(17, Origin("a.trace", labels=labels or {}), len(content), ""), content)
    parts = [build_tables(decoded, [blob]) for decoded in decode([blob])]
    joined: dict[str, pa.Table] = {}
    for name in {name for part in parts for name in part}:
        joined[name] = pa.concat_tables([part[name] for part in parts if name in part]).unify_dictionaries()
    return joined


def test_every_table_has_its_declared_schema() -> None:
    found = built(trace(26, BLOCKED))

    assert {"trace", "trace_generation", "goroutine_transition", "profile", "sample", "stack"} <= set(found)
    assert [name for name, rows in found.items() if rows.schema != tables()[name].schema] == []


def test_symbols_of_a_generation_are_written_once_and_meant_by_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package's `decode` is the function, not the module.
    monkeypatch.setattr(import_module("pipeline.formats.gotrace.decode"), "_ROWS", 1)
    content = trace(26, many(generation=1), many(generation=2))
    blob = Blob(Source(17, Origin("a.trace"), len(content), ""), content)
    named = NamedSymbols()

    apart = [build_tables(decoded, [blob]) for decoded in decode([blob])]
    together = [build_tables(decoded, [blob], named=named) for decoded in decode([blob])]

    of_each = [("stack" in part, part["goroutine_transition"].num_rows) for part in together[:-1]]
    assert of_each == [(True, 1), (False, 3), (True, 1), (False, 1)]
    for name in ("goroutine_transition", "sample"):
        assert [part.get(name) for part in apart] == [part.get(name) for part in together]
    written = {stack for part in together if "stack" in part for stack in part["stack"]["stack_hash"].to_pylist()}
    meant = [part["goroutine_transition"]["stack_hash"].to_pylist() for part in together[:-1]]
    assert meant[1][0] != meant[3][0]
    assert {*meant[1], *meant[3]} - {None} <= written


def many(*, generation: int) -> list[bytes]:
    """Batches of a generation with more events than become rows at once, and a stack of its own at the end."""
    return [
        strings({1: "main.f", 2: "main.go", 3: "chan receive"}, generation=generation),
        stacks({1: [(100 + generation, 1, 2, 7)]}, generation=generation),
        batch(
            "ProcStatus dt=1 p=0 pstatus=1",
            "GoStatus dt=1 g=1 m=7 gstatus=2",
            *["HeapAlloc dt=1 heapalloc_value=1"] * (CHUNK_ROWS * 5 // 4),
            "GoBlock dt=1 reason_string=3 stack=1",
            *["GoUnblock dt=1 g=1 g_seq=1 stack=0", "GoStart dt=1 g=1 g_seq=2"] * (generation == 1),
            thread=7,
            time=100 + 100_000 * generation,
            generation=generation,
        ),
    ]


def test_a_transition_has_words_and_stacks_and_null_for_what_is_not_known() -> None:
    rows = built(trace(26, BLOCKED))["goroutine_transition"].to_pylist()

    woken = rows[2]
    assert (woken["from_state"], woken["from_reason"], woken["to_state"]) == ("waiting", "chan receive", "runnable")
    assert woken["duration_ns"] == 10
    assert woken["from_stack_hash"] == rows[1]["stack_hash"] is not None
    assert (woken["by_goroutine"], woken["thread"], woken["stack_hash"]) == (None, None, None)
    assert (rows[0]["duration_ns"], rows[0]["from_state"]) == (None, "undetermined")


def test_a_trace_has_a_wall_clock_from_1_25_on() -> None:
    new, old = (built(trace(version, BLOCKED))["trace"].to_pylist()[0] for version in (25, 23))

    assert new["started_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert new["wire_version"] == "1.25"
    assert (old["started_at"], old["clock_offset_ns"], old["wire_version"]) == (None, None, "1.23")


def test_a_trace_is_a_profile_of_its_own_kind() -> None:
    found = built(trace(26, BLOCKED), {"service": "checkout"})

    profile = found["profile"].to_pylist()[0]
    assert (profile["kind"], profile["service"], profile["default_sample_type"]) == ("trace", "checkout", "sync_delay")
    units = {row["sample_type"]: row["unit"] for row in found["profile_sample_type"].to_pylist()}
    weights = {
        (name, unit, value)
        for row in found["sample"].to_pylist()
        for (name, unit), value in zip(units.items(), values_of(row), strict=True)
        if value
    }
    assert weights == {
        ("sync_contentions", "count", 1),
        ("sync_delay", "nanoseconds", 10),
        ("sched_contentions", "count", 1),
        ("sched_delay", "nanoseconds", 10),
    }


def test_a_frame_is_a_function_a_file_and_a_line() -> None:
    found = built(trace(26, BLOCKED))

    function = found["function"].to_pylist()[0]
    assert (function["name"], function["package"], function["file"]) == ("main.f", "main", "main.go")
    assert found["location"].to_pylist()[0]["lines"] == [
        {"function_hash": function["function_hash"], "line": 7, "column": 0}
    ]


def test_tasks_regions_logs_and_ranges_keep_their_words() -> None:
    lines = (
        "UserTaskBegin dt=1 task=5 parent_task=0 name_string=1 stack=0",
        "UserRegionBegin dt=1 task=5 name_string=2 stack=0",
        "UserLog dt=1 task=5 key_string=3 value_string=4 stack=0",
        "UserRegionEnd dt=1 task=5 name_string=2 stack=0",
        "UserTaskEnd dt=1 task=5 stack=0",
        "STWBegin dt=1 kind_string=6 stack=0",
        "STWEnd dt=4",
    )
    texts = strings({1: "order", 2: "pay", 3: "id", 4: "ünïcode", 6: "GOMAXPROCS"})

    found = built(trace(26, (texts, batch(*RUNNING, *lines, thread=7))))

    tasks = [(row["event"], row["name"], row["parent"], row["duration_ns"]) for row in found["trace_task"].to_pylist()]
    assert tasks == [("begin", "order", None, None), ("end", "order", None, 4)]
    regions = [(row["event"], row["name"], row["duration_ns"]) for row in found["trace_region"].to_pylist()]
    assert regions == [("begin", "pay", None), ("end", "pay", 2)]
    assert [(row["category"], row["message"]) for row in found["trace_log"].to_pylist()] == [("id", "ünïcode")]
    (stopped,) = found["trace_range"].to_pylist()
    assert (stopped["name"], stopped["end_ns"] - stopped["start_ns"]) == ("stop-the-world (GOMAXPROCS)", 4)


def test_ranges_and_metrics_have_the_runtimes_names() -> None:
    found = built(
        trace(
            26,
            (
                strings({1: "GOMAXPROCS", 2: "read mem stats"}),
                batch(
                    *RUNNING,
                    "STWBegin dt=1 kind_string=1 stack=0",
                    "STWEnd dt=1",
                    "GCSweepBegin dt=1 stack=0",
                    "GCSweepEnd dt=1 swept_value=1 reclaimed_value=1",
                    "STWBegin dt=1 kind_string=2 stack=0",
                    "STWEnd dt=1",
                    "HeapAlloc dt=1 heapalloc_value=9",
                    "HeapGoal dt=1 heapgoal_value=10",
                    thread=7,
                ),
            ),
        )
    )

    assert [row["name"] for row in found["trace_range"].to_pylist()] == [
        "stop-the-world (GOMAXPROCS)",
        "GC incremental sweep",
        "stop-the-world (read mem stats)",
    ]
    assert [(row["name"], row["value"]) for row in found["trace_metric"].to_pylist()] == [
        ("/memory/classes/heap/objects:bytes", 9),
        ("/gc/heap/goal:bytes", 10),
    ]
