"""The questions behind the timeline of a trace, each one query.

The table below goroutine_transition is asked, not the view over it: the view works times out of ticks, and a condition on
what is worked out reads every block, where one on the ticks reads those of the window alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.values import Bools, Int64s, Result
from pipeline.warehouse.query import ask, batches

STATES = ("running", "runnable", "syscall", "waiting")
PROC_STATES = ("running", "idle")
# Lanes of what the runtime did, with how names of their ranges begin.
RANGES = {
    "GC marking": "GC concurrent mark phase",
    "world stopped": "stop-the-world",
    "mark assist": "GC mark assist",
    "sweep": "GC incremental sweep",
}
TICK_BITS = 6
SLOT_BITS = 20
LAST_SLOT = (1 << SLOT_BITS) - 1
# Far beyond the longest trace that is drawn, and so far within 64 bits that no difference of two times leaves them.
FAR_NS = 1 << 56
_ROWS_AT_A_TIME = 1 << 17


@dataclass(frozen=True, slots=True)
class Window:
    """From when and before when, in ns since the trace began; slots are counted from `begin`, those before it are slot 0."""

    since: int
    until: int
    begin: int


def traces(connection: duckdb.DuckDBPyConnection, trace_id: int | None = None) -> Result:
    """Every trace with the file that it is of, the newest last; or one, if it is there."""
    query = """
    SELECT trace_id, source.uri, trace.service, trace.instance, trace.build, start_ns, end_ns, event_count
    FROM trace
    JOIN source USING (source_id)
    WHERE $trace IS NULL OR trace_id = $trace
    ORDER BY trace_id
    """
    return ask(connection, query, {"trace": trace_id}, name="traces", described=False)


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """What rows of transitions have alike, by its number.

    deltas     (kind, state) by how much a change makes each state's goroutines more
    is_change  whether a state changes
    is_older   whether the trace tells that what was so before it began
    """

    deltas: Int64s
    is_change: Bools
    is_older: Bools


def kinds(connection: duckdb.DuckDBPyConnection) -> Kinds:
    """Every kind of transition that there is."""
    query = f"""
    SELECT alike_id, from_state <> to_state AS is_change, from_state = 'undetermined' AS is_older, {_deltas(STATES)}
    FROM _goroutine_transition_alike
    """
    table = ask(connection, query, described=False).table
    places = table["alike_id"].to_numpy()
    count = int(places.max(initial=-1)) + 1
    found = Kinds(np.zeros((count, len(STATES)), np.int64), np.zeros(count, np.bool_), np.zeros(count, np.bool_))
    found.is_change[places] = table["is_change"].to_numpy()
    found.is_older[places] = table["is_older"].to_numpy()
    found.deltas[places] = np.stack([column.to_numpy() for column in table.columns[3:]], axis=1)
    return found


def transitions(
    connection: duckdb.DuckDBPyConnection, trace_id: int, start_ns: int, *, window: Window | None = None
) -> Iterator[pa.RecordBatch]:
    """Rows of goroutines' states of all of a trace or a window, as they are kept: goroutine, proc (-1 for none), kind, ticks, rest.

    They are read once, many at a time; until then the connection answers nothing else.
    """
    is_near = "true"
    if window:
        first, last = (start_ns + moment >> TICK_BITS for moment in (window.since, window.until))
        is_near = f"time_ns_ticks BETWEEN {first:d} AND {last:d}"
    query = f"""
    SELECT goroutine, coalesce(proc, -1) AS proc, alike_id, time_ns_ticks, time_ns_rest
    FROM _goroutine_transition
    WHERE trace_id = {trace_id:d} AND {is_near}
    """
    return batches(connection, query, {}, rows=_ROWS_AT_A_TIME)


def proc_transitions(
    connection: duckdb.DuckDBPyConnection, trace_id: int, start_ns: int, *, shift: int, window: Window | None = None
) -> pa.Table:
    """Changes of procs' states by proc and slot: the sum of the changes of each state, and of change times time.

    shift   a slot is 2^shift ns
    window  all of the trace when None, with slot 0 for what was before it
    What was so before the trace began has slot 0 and time 0.
    """
    is_near = f"time_ns BETWEEN {start_ns + window.since:d} AND {start_ns + window.until:d}" if window else "true"
    query = f"""
    WITH changes AS (
      SELECT
        proc,
        from_state = 'undetermined' AS is_older,
        {_since("time_ns", start_ns)} AS since,
        {_deltas(PROC_STATES)}
      FROM proc_transition
      WHERE trace_id = {trace_id:d} AND from_state <> to_state AND {is_near}
    )
    SELECT proc, {_slots(shift, window)}, {_sums(PROC_STATES)}
    FROM changes
    WHERE {_inside(window)}
    GROUP BY ALL
    """
    return ask(connection, query, described=False).table


def ranges(
    connection: duckdb.DuckDBPyConnection, trace_id: int, start_ns: int, *, shift: int, window: Window | None = None
) -> pa.Table:
    """The same of what the runtime did; the lane is the place in RANGES."""
    lanes = " ".join(f"WHEN starts_with(name, '{name}') THEN {place}" for place, name in enumerate(RANGES.values()))
    query = f"""
    WITH ends AS (
      SELECT name, start_ns IS NULL AS is_older, {_since("start_ns", start_ns)} AS since, 1 AS change_0
      FROM trace_range
      WHERE trace_id = {trace_id:d}
      UNION ALL
      SELECT name, false, {_since("end_ns", start_ns)}, -1
      FROM trace_range
      WHERE trace_id = {trace_id:d} AND end_ns IS NOT NULL
    )
    SELECT CASE {lanes} END AS lane, {_slots(shift, window)}, {_sums(("range",))}
    FROM ends
    WHERE lane IS NOT NULL AND {_inside(window)}
    GROUP BY ALL
    """
    return ask(connection, query, described=False).table


def goroutine_count(connection: duckdb.DuckDBPyConnection, trace_id: int) -> int:
    """About how many goroutines a trace has."""
    query = "SELECT approx_count_distinct(goroutine) AS goroutines FROM _goroutine_transition WHERE trace_id = $trace"
    (count,) = ask(connection, query, {"trace": trace_id}, described=False).table["goroutines"].to_pylist()
    return int(count)


def entries(connection: duckdb.DuckDBPyConnection, trace_id: int) -> pa.Table:
    """What each goroutine was started with, where that is known."""
    query = "SELECT goroutine, function FROM sched._entry WHERE trace_id = $trace ORDER BY goroutine"
    return ask(connection, query, {"trace": trace_id}, described=False).table


def heap(
    connection: duckdb.DuckDBPyConnection, trace_id: int, start_ns: int, *, shift: int, window: tuple[int, int]
) -> pa.Table:
    """The heap's size and its goal by slot of a window: the largest and the last there, in slot -1 what was before."""
    since, until = window
    query = f"""
    SELECT
      name = '/gc/heap/goal:bytes' AS is_goal,
      greatest(-1, ({_since("time_ns", start_ns)} - {since:d}) >> {shift:d})::INTEGER AS slot,
      MAX(value) AS largest,
      arg_max(value, time_ns) AS last
    FROM trace_metric
    WHERE trace_id = {trace_id:d}
      AND name IN ('/gc/heap/goal:bytes', '/memory/classes/heap/objects:bytes')
      AND time_ns < {start_ns + until:d}
    GROUP BY ALL
    """
    return ask(connection, query, described=False).table


def most_heap(connection: duckdb.DuckDBPyConnection, trace_id: int) -> int:
    """The most bytes that the heap had."""
    query = """
    SELECT coalesce(MAX(value), 0) AS bytes
    FROM trace_metric
    WHERE trace_id = $trace AND name = '/memory/classes/heap/objects:bytes'
    """
    (most,) = ask(connection, query, {"trace": trace_id}, described=False).table["bytes"].to_pylist()
    return int(most)


def runs_on(connection: duckdb.DuckDBPyConnection, trace_id: int, proc: int, time_ns: int) -> Result:
    """The goroutine that ran on a proc at a moment; no row when none did."""
    query = f"""
    WITH {_OWN},
    last AS (
      SELECT goroutine, to_state
      FROM own
      WHERE proc = $proc AND 'running' IN (from_state, to_state) AND since_ns <= $time
      ORDER BY since_ns DESC, time_ns DESC
      LIMIT 1
    )
    SELECT goroutine FROM last WHERE to_state = 'running'
    """
    return ask(connection, query, {"trace": trace_id, "proc": proc, "time": time_ns}, described=False)


def stay(connection: duckdb.DuckDBPyConnection, trace_id: int, goroutine: int, time_ns: int) -> Result:
    """What a goroutine did at a moment: since and until when, why, where it began that, and who ended it; no row when it was not there."""
    query = f"""
    WITH {_OWN},
    begun AS (FROM own WHERE goroutine = $goroutine AND since_ns <= $time ORDER BY since_ns DESC LIMIT 1),
    ended AS (FROM own WHERE goroutine = $goroutine AND since_ns > $time ORDER BY since_ns LIMIT 1)
    SELECT
      begun.goroutine,
      begun.to_state AS state,
      begun.reason,
      begun.since_ns AS start_ns,
      coalesce(ended.since_ns, trace.end_ns) AS end_ns,
      begun.from_state = 'undetermined' AS is_cut_at_start,
      ended.since_ns IS NULL AS is_cut_at_end,
      CASE WHEN begun.to_state = 'running' THEN coalesce(ended.proc, begun.proc) END AS proc,
      -- The stack of a new goroutine is where it starts, not where it was made.
      CASE
        WHEN begun.from_state = 'not exist' THEN begun.by_stack_id
        ELSE coalesce(begun.by_stack_id, begun.stack_id)
      END AS stack_id,
      begun.by_goroutine AS begun_by,
      ended.to_state AS next_state,
      ended.by_goroutine AS ended_by,
      ended.by_stack_id AS ended_by_stack_id
    FROM begun
    JOIN trace USING (trace_id)
    LEFT JOIN ended ON true
    WHERE begun.to_state <> 'not exist'
    """
    parameters = {"trace": trace_id, "goroutine": goroutine, "time": time_ns}
    return ask(connection, query, parameters, name="stay", described=False)


# What the trace first tells of a goroutine, it has done since the trace began.
_OWN = """own AS (
      SELECT
        transitions.*,
        CASE WHEN from_state = 'undetermined' THEN trace.start_ns ELSE time_ns END AS since_ns
      FROM goroutine_transition AS transitions
      JOIN trace USING (trace_id)
      WHERE trace_id = $trace AND from_state <> to_state
    )"""


def frames(connection: duckdb.DuckDBPyConnection, stack_id: int) -> Result:
    """A stack as people read it, leaf first."""
    query = "SELECT function, file, line FROM stack.frames WHERE stack_id = $stack ORDER BY position"
    return ask(connection, query, {"stack": stack_id}, described=False)


def _since(time: str, start_ns: int) -> str:
    """A time in ns since the trace began; one that a broken file has far away from it is only as far away as that."""
    first, last = max(start_ns - FAR_NS, -(1 << 63)), min(start_ns + FAR_NS, (1 << 63) - 1)
    # The least number of 64 bits is no literal of them.
    return f"least(greatest({time}, ({first:d})::BIGINT), ({last:d})::BIGINT) - ({start_ns:d})::BIGINT"


def _deltas(states: tuple[str, ...]) -> str:
    """By how much a change makes each state's goroutines or procs more."""
    return ", ".join(
        f"(to_state = '{state}')::INTEGER - (from_state = '{state}')::INTEGER AS change_{place}"
        for place, state in enumerate(states)
    )


def _slots(shift: int, window: Window | None) -> str:
    begin = window.begin if window else 0
    slot = f"CASE WHEN is_older OR since < {begin:d} THEN 0 ELSE 1 + ((since - {begin:d}) >> {shift:d}) END"
    # What a broken file has far behind its end is in the last of them.
    return f"least({slot}, {LAST_SLOT:d})::INTEGER AS slot"


def _inside(window: Window | None) -> str:
    return f"since BETWEEN {window.since:d} AND {window.until - 1:d} AND NOT is_older" if window else "true"


def _sums(states: tuple[str, ...]) -> str:
    return ", ".join(
        f"int64.clamp(SUM(change_{place})) AS change_{place}, "
        f"int64.clamp(SUM(CASE WHEN is_older THEN 0 ELSE change_{place} * since END)) AS moment_{place}"
        for place, _ in enumerate(states)
    )


def stacks(connection: duckdb.DuckDBPyConnection, trace_id: int, goroutine: int, state: str) -> Result:
    """How long a goroutine was in a state by the stack that it began it at, as a tree in depth-first order.

    Stays that began and ended in the trace, as the profiles of `go tool trace` count them.
    """
    parameters = {"trace": trace_id, "goroutine": goroutine, "state": state}
    return ask(connection, _STACKS, parameters, name="stacks", described=False)


_STACKS = """
WITH weights AS (
  SELECT from_stack_id AS stack_id, int64.clamp(SUM(duration_ns)) AS weight
  FROM goroutine_transition
  WHERE trace_id = $trace AND goroutine = $goroutine AND from_state = $state AND duration_ns IS NOT NULL
  GROUP BY from_stack_id
),
paths AS (
  SELECT
    stack_id,
    any_value(weight) AS weight,
    -- Labels are the functions' names; a frame without one has its own.
    coalesce(list(coalesce(frames.function, '[binary]') ORDER BY frames.position DESC) FILTER (frames.position IS NOT NULL), [])
      AS names
  FROM weights
  LEFT JOIN stack.frames AS frames USING (stack_id)
  GROUP BY stack_id
),
nodes AS (
  SELECT names[:level] AS path, level, weight, level = len(names) AS is_leaf
  FROM paths
  CROSS JOIN LATERAL unnest(range(0, len(names) + 1)) AS levels(level)
)
SELECT
  level::INTEGER AS level,
  int64.clamp(SUM(weight)) AS value,
  int64.clamp(coalesce(SUM(weight) FILTER (is_leaf), 0)) AS self,
  CASE WHEN level = 0 THEN 'root' ELSE path[-1] END AS label
FROM nodes
GROUP BY path, level
ORDER BY path
"""
