"""The events of a trace, from a time window of the tables, a slice of the window at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.values import Answer, Question
from pipeline.warehouse.query import ask, where

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
    none = _question(_EVENTS, wanted, first_ns=0, last_ns=-1)
    empty = ask(connection, none.text, none.parameters, name="events")
    batches = (batch for table in _slices(connection, _EVENTS, wanted) for batch in table.to_batches())
    return Answer("events", empty.columns, empty.table.schema, batches)


def whole(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> Question:
    """The query of `events` over all of the window."""
    start_ns, slices = _window(connection, wanted)
    first_ns = start_ns + slices.start if wanted.since_ns else None
    return _question(
        _EVENTS, wanted, first_ns=first_ns, last_ns=start_ns + slices.stop - 1 if wanted.until_ns else None
    )


def lines(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> Iterator[pa.Table]:
    """The same as `line` of sched._event_line, with its stacks; a table for each slice that has events."""
    return (table for table in _slices(connection, _LINES, wanted) if table.num_rows)


def go_frames(connection: duckdb.DuckDBPyConnection, stack_ids: Collection[int]) -> Mapping[int, Sequence[Any]]:
    """The frames of some stacks, as Go's trace tools print them; those without frames are not there."""
    query = "FROM stack._go_frames WHERE list_contains($ids, stack_id)"
    rows = ask(connection, query, {"ids": sorted(stack_ids)}, described=False).table.to_pylist()
    return {row["stack_id"]: row["frames"] for row in rows}


_EVENTS = """SELECT int64.clamp(events.time_ns::HUGEINT - trace.start_ns) AS since_start_ns, events.* EXCLUDE (trace_id)
FROM sched.event AS events
JOIN trace USING (trace_id)"""
_LINES = """SELECT line, transition_stack_id, has_transition_stack, stack_id, has_stack
FROM sched._event_line AS events"""
_OF_GOROUTINE = (
    "(events.goroutine = $goroutine OR (events.resource_kind = 'goroutine' AND events.resource = $goroutine))"
)


def _question(query: str, wanted: Wanted, *, first_ns: int | None, last_ns: int | None) -> Question:
    """What the query says of events, from this moment of the machine's clock to that one, both included."""
    chosen, parameters = where({
        "trace": ("events.trace_id = $trace", wanted.trace_id),
        "first": ("events.time_ns >= $first", first_ns),
        "last": ("events.time_ns <= $last", last_ns),
        "goroutine": (_OF_GOROUTINE, wanted.goroutine),
        "kinds": ("list_contains($kinds, events.kind)", list(wanted.kinds) or None),
    })  # fmt: skip
    return Question(f"{query}{chosen}\nORDER BY events.time_ns", parameters)


def _slices(connection: duckdb.DuckDBPyConnection, query: str, wanted: Wanted) -> Iterator[pa.Table]:
    """What the query says of each slice of the window, one behind the other."""
    start_ns, slices = _window(connection, wanted)
    for begin in slices:
        last_ns = start_ns + min(begin + slices.step, slices.stop) - 1
        asked = _question(query, wanted, first_ns=start_ns + begin, last_ns=last_ns)
        yield ask(connection, asked.text, asked.parameters, described=False).table


def _window(connection: duckdb.DuckDBPyConnection, wanted: Wanted) -> tuple[int, range]:
    """When the trace begins, and since then each slice of the window."""
    bounds = "SELECT start_ns, end_ns, event_count FROM trace WHERE trace_id = $trace"
    (trace,) = ask(connection, bounds, {"trace": wanted.trace_id}, described=False).table.to_pylist()
    duration_ns = max(trace["end_ns"] - trace["start_ns"], 0)
    until_ns = duration_ns + 1 if wanted.until_ns is None else min(wanted.until_ns, duration_ns + 1)
    width_ns = max(1, duration_ns * _SLICE_EVENTS // max(trace["event_count"], 1))
    return trace["start_ns"], range(wanted.since_ns, until_ns, width_ns)
