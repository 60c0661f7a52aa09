"""A database with a trace of millions of transitions, made by SQL: goroutines that take turns on a few procs.

A turn is three transitions: a goroutine is woken, starts to run, and waits again.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.warehouse.connect import open_for_load
from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import create_modules

TURN_NS, START_NS = 6_400, 1_000_000_000
_EVENTS = 3

_ALIKE = """
INSERT INTO _goroutine_transition_alike BY NAME
SELECT * FROM (VALUES
  (0, 'undetermined', '', 'runnable', ''),
  (1, 'waiting', 'chan receive', 'runnable', ''),
  (2, 'runnable', '', 'running', ''),
  (3, 'running', '', 'waiting', 'chan receive')
) AS alike(alike_id, from_state, from_reason, to_state, reason)
"""
# Of a turn on a proc: woken at tick 1, started at tick 2, at rest again at tick 90 of 100.
_ROWS = """
INSERT INTO _goroutine_transition BY NAME
SELECT
  CASE WHEN place = 0 AND turn < {goroutines} THEN 0 ELSE place + 1 END AS alike_id,
  1 AS trace_id,
  {start} // 64 + turn // {procs} * 100 + [1, 2, 90][place + 1] AS time_ns_ticks,
  turn % {procs} AS time_ns_rest,
  turn % {goroutines} AS goroutine,
  CASE place
    WHEN 0 THEN CASE WHEN turn >= {goroutines} THEN {goroutines} // {procs} * 100 - 89 END
    WHEN 1 THEN 1
    ELSE 88
  END AS duration_ns_ticks,
  0 AS duration_ns_rest,
  turn % {procs} AS proc
FROM (SELECT number // 3 AS turn, number % 3 AS place FROM range({turns} * 3) AS numbers(number))
ORDER BY time_ns_ticks, time_ns_rest
"""


def long_trace(path: Path, *, transitions: int, goroutines: int = 40, procs: int = 4) -> None:
    """Make the database; its goroutines are 0 and up, each `procs` of them at a time."""
    assert goroutines % procs == 0
    turns = transitions // _EVENTS
    end_ns = START_NS + (turns // procs + 1) * TURN_NS
    with open_for_load(str(path)) as connection:
        create_tables(connection, described=False)
        create_modules(connection)
        connection.execute(_ALIKE)
        connection.execute(_ROWS.format(goroutines=goroutines, procs=procs, turns=turns, start=START_NS))
        connection.execute("INSERT INTO source BY NAME SELECT 1 AS source_id, 'long.trace' AS uri")
        connection.execute(
            "INSERT INTO trace BY NAME SELECT 1 AS trace_id, 1 AS source_id, $start AS start_ns, $end AS end_ns, $events AS event_count",
            {"start": START_NS, "end": end_ns, "events": turns * _EVENTS},
        )
