"""The tables of traces, each one query: tasks, regions, log messages, waits for a proc, blocking, mutator utilisation, procs."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask
from pipeline.warehouse.questions import STACKS
from pipeline.warehouse.trace_questions import OF_TRACES

# What they stand on: a database that is made for one of them has no other views.
VIEWS = {
    "tasks": ("int64.clamp", "sched.task", "sched.task_type"),
    "regions": ("int64.clamp", "sched.region_type"),
    "logs": ("int64.clamp", "sched.log"),
    "latency": ("int64.clamp", "sched.latency_by_function"),
    "blocking": (*STACKS, "sched.blocking_by_function"),
    "mmu": ("int64.clamp", "gc.mmu"),
    "procs": ("int64.clamp", "sched.proc"),
}
KINDS = ("network", "sync", "select", "syscall", "sched")
_OF_TRACES = f"WHERE {OF_TRACES}"
_IN_TURN = "ORDER BY list_position($ids, trace_id)"


def task_types(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Types of tasks by name."""
    query = f"FROM sched.task_type {_OF_TRACES} {_IN_TURN}, name NULLS LAST"
    return ask(connection, query, {"ids": list(trace_ids)}, name="tasks")


def tasks(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], name: str) -> Result:
    """Tasks of a type, the slowest first, those that never ended before all; `since_start_ns` is when they began."""
    query = f"FROM sched.task {_OF_TRACES} AND name = $name {_IN_TURN}, duration_ns DESC NULLS FIRST, task"
    return ask(connection, query, {"ids": list(trace_ids), "name": name}, name="tasks of a type")


def region_types(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Kinds of regions by name and outermost frame."""
    query = f"FROM sched.region_type {_OF_TRACES} {_IN_TURN}, name, function, file, line, location_id"
    return ask(connection, query, {"ids": list(trace_ids)}, name="regions")


def logs(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], pattern: str) -> Result:
    """Messages of runtime/trace.Log, of which the category or the text matches, in the order in which they were written.

    Raises QueryError for a pattern that DuckDB's RE2 does not know.
    """
    query = f"""
    FROM sched.log
    {_OF_TRACES} AND (regexp_matches(category, $pattern) OR regexp_matches(message, $pattern))
    {_IN_TURN}, time_ns
    """
    return ask(connection, query, {"ids": list(trace_ids), "pattern": pattern}, name="logs")


def latency(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Functions by how long their goroutines waited for a proc."""
    query = f"FROM sched.latency_by_function {_OF_TRACES} {_IN_TURN}, delay_ns DESC, function"
    return ask(connection, query, {"ids": list(trace_ids)}, name="latency")


def blocking(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], kinds: Sequence[str]) -> Result:
    """Functions by how long goroutines were blocked in them or in what they called, kind by kind as in KINDS.

    kinds  some of KINDS; none are all
    """
    query = f"""
    FROM sched.blocking_by_function
    {_OF_TRACES} AND list_contains($kinds, kind)
    {_IN_TURN}, list_position($kinds, kind), delay_ns DESC, cum_delay_ns DESC, function
    """
    parameters = {"ids": list(trace_ids), "kinds": [kind for kind in KINDS if kind in kinds or not kinds]}
    return ask(connection, query, parameters, name="blocking")


def mmu(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], windows_ns: Sequence[int]) -> Result:
    """Minimum mutator utilisation by window; `since_start_ns` is where the worst window begins."""
    query = f"FROM gc.mmu($windows) {_OF_TRACES} {_IN_TURN}, window_ns"
    return ask(connection, query, {"ids": list(trace_ids), "windows": list(windows_ns)}, name="mmu")


def procs(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Procs by number."""
    query = f"FROM sched.proc {_OF_TRACES} {_IN_TURN}, proc"
    return ask(connection, query, {"ids": list(trace_ids)}, name="procs")
