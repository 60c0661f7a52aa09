-- One row per stack of goroutines: the function of the program's that they are in, and what its frames tell that they wait for.
--
-- key: stack_id
-- column stack_id: Where they are.
-- column function: The function that is nearest to the leaf and not of Go's own, or without one, not of its runtime; NULL when there is neither.
-- column file: Its file; NULL without one.
-- column line: The line it is at; NULL when unknown.
-- column state: What they wait for in the runtime's words, as far as functions of Go's own at the leaf tell; NULL when they do not.
-- column frames: Function, file and line of every frame, leaf first.
CREATE MACRO goroutine._place(
  -- Only these stacks; all when NULL.
  stack_ids
) AS TABLE
WITH frames AS (
  SELECT stack_id, unnest(location_ids) AS location_id, unnest(range(len(location_ids))) AS place
  FROM stack
  WHERE stack_ids IS NULL OR stack_id IN (SELECT unnest(stack_ids))
),
named AS (
  SELECT
    frames.stack_id,
    lines.function,
    lines.file,
    lines.line,
    frames.place::BIGINT * 1000 + lines.depth AS depth,
    coalesce(modules.module, '') = 'std' AS is_std,
    regexp_matches(coalesce(lines.package, ''), '^(runtime|internal/runtime/.*|runtime/internal/.*)$') AS is_runtime
  FROM frames
  JOIN stack._line AS lines USING (location_id)
  LEFT JOIN attribution._module AS modules USING (function_id)
  -- So that the lines of these alone are unfolded.
  WHERE stack_ids IS NULL OR lines.location_id IN (SELECT location_id FROM frames)
),
states AS (
  FROM (VALUES
    ('runtime.chanrecv', 'chan receive'),
    ('runtime.chansend', 'chan send'),
    ('runtime.selectgo', 'select'),
    ('runtime.block', 'select (no cases)'),
    ('time.Sleep', 'sleep'),
    ('internal/poll.runtime_pollWait', 'IO wait'),
    ('sync.runtime_notifyListWait', 'sync.Cond.Wait'),
    ('sync.runtime_SemacquireMutex', 'sync.Mutex.Lock'),
    ('internal/sync.runtime_SemacquireMutex', 'sync.Mutex.Lock'),
    ('sync.runtime_SemacquireRWMutex', 'sync.RWMutex.Lock'),
    ('sync.runtime_SemacquireRWMutexR', 'sync.RWMutex.RLock'),
    ('sync.runtime_SemacquireWaitGroup', 'sync.WaitGroup.Wait'),
    ('sync.runtime_Semacquire', 'semacquire')
  ) AS states(function, state)
),
own AS (
  SELECT
    stack_id,
    MIN(depth) FILTER (NOT is_std) AS depth,
    MIN(depth) FILTER (NOT is_runtime) AS other,
    list({'function': function, 'file': file, 'line': line} ORDER BY depth) AS frames
  FROM named
  GROUP BY stack_id
)
SELECT
  own.stack_id,
  frame.function,
  frame.file,
  frame.line,
  (
    SELECT arg_min(states.state, named.depth)
    FROM named
    JOIN states USING (function)
    WHERE named.stack_id = own.stack_id AND named.depth < coalesce(own.depth, 9223372036854775807)
  ) AS state,
  own.frames
FROM own
LEFT JOIN named AS frame ON frame.stack_id = own.stack_id AND frame.depth = coalesce(own.depth, own.other)
ORDER BY own.stack_id
