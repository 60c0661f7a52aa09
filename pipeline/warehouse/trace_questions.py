"""The questions about the goroutines of traces, each one query, each answered as a Result."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = (*("int64.clamp", "sched.goroutine", "sched.goroutine_group", "sched.blocked", "main.is_named"),)

# A list alone stays above the sums of all traces; its ends get to the rows.
OF_TRACES = "trace_id BETWEEN list_min($ids) AND list_max($ids) AND list_contains($ids, trace_id)"


def goroutine_groups(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int]) -> Result:
    """Groups of goroutines by entry function, trace by trace as they are named, those that were there longest first."""
    query = f"""
    FROM sched.goroutine_group
    WHERE {OF_TRACES}
    ORDER BY list_position($ids, trace_id), total_ns DESC, function
    """
    return ask(connection, query, {"ids": list(trace_ids)}, name="goroutine groups")


def goroutines(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], function: str) -> Result:
    """Goroutines of one entry function with their waits, those that were there longest first.

    function  its name, with or without what stands before a dot or a slash; empty for goroutines without one
    """
    query = f"""
    FROM sched.goroutine
    WHERE {OF_TRACES} AND is_named(function, $function)
    ORDER BY list_position($ids, trace_id), total_ns DESC, goroutine
    """
    return ask(connection, query, {"ids": list(trace_ids), "function": function}, name="goroutines")


def blocked(connection: duckdb.DuckDBPyConnection, trace_ids: Sequence[int], function: str | None = None) -> Result:
    """Where goroutines blocked and who woke them, with `stack`; what took longest first, the runtime's own last.

    function  of those with this entry function, named as for `goroutines`; None for all
    """
    query = f"""
    FROM sched.blocked
    WHERE {OF_TRACES}{"" if function is None else " AND is_named(function, $function)"}
    ORDER BY
      list_position($ids, trace_id),
      coalesce(function <> 'runtime.main' AND starts_with(function, 'runtime.'), true),
      waiting_ns DESC, function, state, reason, stack_id
    """
    parameters = {"ids": list(trace_ids), **({} if function is None else {"function": function})}
    return ask(connection, query, parameters, name="blocked")
