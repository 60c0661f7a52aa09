-- One row per event of a trace as a line, as `go tool trace -d=parsed` prints it without stacks.
--
-- A `?` stands where the tables do not say which thread, proc or goroutine. Characters that a terminal obeys are as they are.
--
-- key: trace_id, time_ns
CREATE VIEW sched._event_line (
  -- The trace.
  trace_id,
  -- When, on the trace's clock.
  time_ns,
  -- As sched.event names it.
  kind,
  -- The goroutine it happened on.
  goroutine,
  -- What it is about, `goroutine` or `proc`.
  resource_kind,
  -- The number of that.
  resource,
  -- `M=4 P=0 G=7 StateTransition Time=128 GoID=7 Running->Waiting Reason="sleep"`.
  line,
  -- Where the goroutine that changes is; NULL without.
  transition_stack_id,
  -- Where it happened; NULL when the trace has no stack of it.
  stack_id,
  -- The tool prints where the goroutine that changes is, even when that is nowhere.
  has_transition_stack,
  -- The tool prints where it happened, even when that is nowhere.
  has_stack
) AS
WITH clocks AS (
  SELECT
    trace_id,
    generation,
    row_number() OVER (PARTITION BY trace_id ORDER BY generation) AS position,
    ' Trace=' || clock_ns || ' Mono=' || monotonic_ns || ' Wall='
    -- A file may say a time that no calendar has.
    || coalesce(
      TRY(rtrim(rtrim(strftime(make_timestamp_ns(wall_ns), '%Y-%m-%dT%H:%M:%S.%n'), '0'), '.') || 'Z'),
      wall_ns || 'ns'
    ) AS clock
  FROM trace_generation
),
named AS (
  SELECT
    events.*,
    clocks.position,
    clocks.clock,
    '18446744073709551615' AS no_task,
    -- As Go quotes texts; what a terminal obeys is seen to where it is printed.
    '"' || replace(replace(name, '\', '\\'), '"', '\"') || '"' AS quoted,
    '"' || replace(replace(message, '\', '\\'), '"', '\"') || '"' AS quoted_message,
    CASE resource_kind
      WHEN 'goroutine' THEN 'Goroutine(' || resource || ')'
      WHEN 'proc' THEN 'Proc(' || resource || ')'
    END AS scope
  FROM sched.event AS events
  LEFT JOIN clocks
    -- A Sync has the number of its generation.
    ON events.kind = 'Sync' AND clocks.trace_id = events.trace_id AND clocks.generation = events.value
),
told AS (
  SELECT
    *,
    CASE
      WHEN kind IN ('StateTransition', 'StackSample', 'Sync') THEN coalesce(thread, -1)::VARCHAR
      ELSE '?'
    END AS at_thread,
    CASE
      -- Another goroutine may have stolen it, or told of it.
      WHEN resource_kind = 'proc' AND kind = 'StateTransition'
        THEN CASE WHEN from_state = 'running' OR goroutine IS NOT NULL THEN '?' ELSE '-1' END
      WHEN kind IN ('StateTransition', 'StackSample', 'Sync', 'Metric') THEN coalesce(proc, -1)::VARCHAR
      ELSE coalesce(proc::VARCHAR, '?')
    END AS at_proc,
    CASE
      WHEN kind IN ('RangeBegin', 'RangeEnd') THEN coalesce(goroutine::VARCHAR, '?')
      ELSE coalesce(goroutine, -1)::VARCHAR
    END AS at_goroutine
  FROM named
)
SELECT
  trace_id,
  time_ns,
  kind,
  goroutine,
  resource_kind,
  resource,
  'M=' || at_thread || ' P=' || at_proc || ' G=' || at_goroutine || ' ' || kind || ' Time=' || time_ns || CASE kind
    WHEN 'StateTransition' THEN
      CASE resource_kind WHEN 'proc' THEN ' ProcID=' ELSE ' GoID=' END || resource || ' '
      || sched._state_name(from_state)
      || '->' || sched._state_name(to_state) || ' Reason=' || quoted
    WHEN 'Metric' THEN ' Name=' || quoted || ' Value=Value{Uint64(' || value || ')}'
    WHEN 'Label' THEN ' Label=' || quoted || ' Resource=' || scope
    WHEN 'RangeBegin' THEN ' Name=' || quoted || ' Scope=' || coalesce(scope, 'None')
    WHEN 'RangeEnd' THEN ' Name=' || quoted || ' Scope=' || coalesce(scope, 'None') || ' Attributes=['
      || coalesce(
        '"bytes swept"=Value{Uint64(' || value || ')} "bytes reclaimed"=Value{Uint64(' || reclaimed_bytes || ')}', ''
      ) || ']'
    WHEN 'TaskBegin' THEN ' ID=' || task || ' Parent=' || coalesce(value::VARCHAR, no_task) || ' Type=' || quoted
    WHEN 'TaskEnd' THEN ' ID=' || task || ' Parent=' || coalesce(value::VARCHAR, no_task) || ' Type=' || quoted
    WHEN 'RegionBegin' THEN ' Task=' || task || ' Type=' || quoted
    WHEN 'RegionEnd' THEN ' Task=' || task || ' Type=' || quoted
    WHEN 'Log' THEN ' Task=' || task || ' Category=' || quoted || ' Message=' || quoted_message
    WHEN 'Sync' THEN ' N=' || position || coalesce(clock, '')
    ELSE ''
  END,
  transition_stack_id,
  stack_id,
  transition_stack_id IS NOT NULL
  OR coalesce(resource_kind = 'goroutine' AND from_state = 'not exist' AND to_state IN ('runnable', 'waiting'), FALSE),
  stack_id IS NOT NULL OR kind = 'StackSample'
FROM told
