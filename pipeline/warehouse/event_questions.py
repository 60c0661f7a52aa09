"""The events of a trace, from a time window of the tables, a slice of the window at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.values import Answer
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = ("int64.clamp", "sched.event", "sched._event_line", "stack._go_frames")
KINDS = (
    *("StateTransition", "Metric", "Label", "RangeBegin", "RangeEnd", "TaskBegin", "TaskEnd"),
    *("RegionBegin", "RegionEnd", "Log", "StackSample", "Sync"),
)
# Events that a slice has when they lie evenly; its lines stand in memory and are sorted there.
_SLICE_EVENTS = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events of a trace: times are ns since its first event, None its end; no kinds are all."""

    trace_id: int
    since_ns: int = 0
    until_ns: int | None = None
    goroutine: int | None = None
    kinds: tuple[str, ...] = ()


def events(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> Answer:
    """Events as rows of sched.event with the time since the trace began, in the order in which they happened."""
    query = f"""
    SELECT int64.clamp(events.time_ns::HUGEINT - trace.start_ns) AS since_start_ns, events.* EXCLUDE (trace_id)
    FROM sched.event AS events
    JOIN trace USING (trace_id)
    {_WANTED}
    """
    empty = ask(connection, query, _parameters(wanted, 0, -1), name="events")
    batches = (batch for table in _slices(connection, query, wanted) for batch in table.to_batches())
    return Answer("events", empty.columns, empty.table.schema, batches)


def lines(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> Iterator[pa.Table]:
    """The same as `line` of sched._event_line, with its stacks; a table for each slice that has events."""
    query = f"""
    SELECT line, transition_stack_id, has_transition_stack, stack_id, has_stack
    FROM sched._event_line AS events
    {_WANTED}
    """
    return (table for table in _slices(connection, query, wanted) if table.num_rows)


def go_frames(connection: duckdb.DuckDBPyConnection, stack_ids: Collection[int]) -> Mapping[int, Sequence[Any]]:
    """The frames of some stacks, as Go's trace tools print them; those without frames are not there."""
    query = "FROM stack._go_frames WHERE list_contains($ids, stack_id)"
    rows = ask(connection, query, {"ids": sorted(stack_ids)}, described=False).table.to_pylist()
    return {row["stack_id"]: row["frames"] for row in rows}


_WANTED = """
WHERE events.trace_id = $trace
  AND events.time_ns BETWEEN $first AND $last
  AND (
    $goroutine IS NULL OR events.goroutine = $goroutine
    OR (events.resource_kind = 'goroutine' AND events.resource = $goroutine)
  )
  AND (len($kinds) = 0 OR list_contains($kinds, events.kind))
ORDER BY events.time_ns
"""


def _slices(connection: duckdb.DuckDBPyConnection, query: str, wanted: Wanted) -> Iterator[pa.Table]:
    """What the query says of each slice of the window, one behind the other."""
    bounds = "SELECT start_ns, end_ns, event_count FROM trace WHERE trace_id = $trace"
    (trace,) = ask(connection, bounds, {"trace": wanted.trace_id}, described=False).table.to_pylist()
    duration_ns = max(trace["end_ns"] - trace["start_ns"], 0)
    until_ns = duration_ns + 1 if wanted.until_ns is None else min(wanted.until_ns, duration_ns + 1)
    width_ns = max(1, duration_ns * _SLICE_EVENTS // max(trace["event_count"], 1))
    for begin in range(wanted.since_ns, until_ns, width_ns):
        first, last = trace["start_ns"] + begin, trace["start_ns"] + min(begin + width_ns, until_ns) - 1
        yield ask(connection, query, _parameters(wanted, first, last), described=False).table


def _parameters(wanted: Wanted, first: int, last: int) -> dict[str, object]:
    return {
        "trace": wanted.trace_id,
        "first": first,
        "last": last,
        "goroutine": wanted.goroutine,
        "kinds": list(wanted.kinds),
    }
