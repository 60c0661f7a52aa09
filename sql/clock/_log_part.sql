-- One row per process of a log with cycles: the log that it is a part of, where one process's log was cut, or read more than once.
--
-- Rotation renames a log and begins another, in which cycle numbers and times since the start go on. Parts are looked for among
-- equally labelled logs whose names differ in nothing but a number, a date or what they are packed with, and whose lines have
-- the same prefix. They are put together where they tell of the same cycles; where stamps put their starts within two seconds
-- of each other; without stamps, where one alone goes on with the next number, or else the next but one, as a line may be cut
-- in two, in time for the GC that is due every two minutes. What could be a part of two is of none.
--
-- key: source_id, process
-- stored: by labels
CREATE VIEW clock._log_part (
  -- The log.
  source_id,
  -- The process, as in `process`.
  process,
  -- All labels given to the source.
  labels,
  -- The first part of the log, the file with its first cycle; the same file where it has no others.
  log_source_id,
  -- The process in it.
  log_process,
  -- How it is known: `cycles`, `stamps`, `parts`, as in `clock.file`; NULL where there are no other parts.
  found_by,
  -- Cycles that another part tells of as well.
  shared_cycles,
  -- Number from which on its cycles are told by no part before it.
  first_cycle
) AS
WITH RECURSIVE ends AS (
  SELECT
    source_id,
    process,
    MIN(cycle) AS first_cycle,
    MAX(cycle) AS last_cycle,
    arg_min(start_ns, cycle) AS first_ns,
    arg_max(int64.clamp(start_ns::HUGEINT + sweep_termination_ns + mark_ns + mark_termination_ns), cycle) AS last_ns
  FROM gctrace_cycle
  GROUP BY source_id, process
),
named AS (
  SELECT
    ends.*,
    members.labels,
    CASE WHEN processes.started_by = 'stamp' THEN epoch_us(processes.started_at) END AS started_us,
    {
      owner: members.owner,
      prefix: processes.prefix,
      -- Packed, dated, numbered, and what multilog and others call the newest and an older one.
      name: regexp_replace(
        regexp_replace(
          regexp_replace(
            regexp_replace(
              regexp_replace(files.uri, '(^|/)(date|dt|ds|year|month|day|hour|hr|minute)=[^/]*', '', 'gi'),
              '(\.(gz|zst|bz2|xz|lz4|lzma|zip|Z))+$',
              ''
            ),
            '(^|[^0-9A-Za-z])20\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])'
            || '([T_./-]?\d\d([-:.]?\d\d([-:.]?\d\d([.,]\d+)?)?)?)?(Z|[+-]\d\d:?\d\d)?\b',
            '',
            'g'
          ),
          '[._-]1\d{9}(\d{3})?\b|(^|/)(current|@[0-9a-f]{24}\.[su])$|\.(old|bak|prev)$|\.\d{1,5}$',
          ''
        ),
        '\.\d{1,5}(\.[A-Za-z]+)$',
        '\1'
      )
    } AS family
  FROM ends
  JOIN clock._member AS members USING (source_id, process)
  JOIN process AS processes USING (source_id, process)
  LEFT JOIN source AS files USING (source_id)
),
parts AS (
  SELECT
    *,
    row_number() OVER (ORDER BY first_cycle, last_cycle DESC, source_id, process) AS part,
    COUNT(*) FILTER (family.name IS NOT NULL) OVER (PARTITION BY family) AS relatives
  FROM named
),
-- A cycle by all that its line says, and with the one before it, as first cycles of two processes may be alike.
lines AS (
  SELECT
    parts.family,
    parts.part,
    cycles.cycle,
    hash(
      cycles.cycle, start_ns, sweep_termination_ns, mark_ns, mark_termination_ns, sweep_termination_cpu_ns,
      assist_cpu_ns, background_cpu_ns, idle_cpu_ns, heap_start_bytes, heap_end_bytes, heap_live_bytes
    ) AS said
  FROM gctrace_cycle AS cycles
  JOIN parts USING (source_id, process)
  WHERE parts.relatives > 1
),
pairs AS (
  SELECT *, hash(said, LAG(said) OVER (PARTITION BY part ORDER BY cycle)) AS pair
  FROM lines
  QUALIFY LAG(cycle) OVER (PARTITION BY part ORDER BY cycle) = cycle::HUGEINT - 1
),
shared AS (
  SELECT part, COUNT(*) AS cycles
  FROM (FROM lines QUALIFY COUNT(*) OVER (PARTITION BY family, said) > 1)
  GROUP BY part
),
-- By its first and last pair, so that parts which begin or end alike are one.
told AS (
  SELECT part, MIN(first_part) AS parent, arg_min(first_part, cycle) AS head, arg_max(first_part, cycle) AS tail
  FROM (SELECT part, cycle, MIN(part) OVER (PARTITION BY family, pair) AS first_part FROM pairs)
  GROUP BY part
),
placed AS (
  SELECT
    parts.*,
    nullif(told.parent, part) AS parent,
    coalesce(told.head, part) AS head,
    coalesce(told.tail, part) AS tail
  FROM parts
  LEFT JOIN told USING (part)
  WHERE parts.relatives > 1
),
starts AS (
  SELECT
    *,
    started_us - LAG(started_us) OVER (PARTITION BY family ORDER BY started_us, part) <= 2_000_000 AS is_near
  FROM placed
  WHERE started_us IS NOT NULL
),
started AS (
  SELECT
    *,
    COUNT(*) FILTER (is_near IS NOT TRUE) OVER (PARTITION BY family ORDER BY started_us, part) AS start
  FROM starts
),
followed AS (
  SELECT
    *,
    MAX(last_cycle) OVER earlier AS before_cycle,
    arg_max(last_ns, last_cycle) OVER earlier AS before_ns,
    arg_max(part, last_cycle) OVER earlier AS before_part
  FROM started
  WINDOW earlier AS (PARTITION BY family, start ORDER BY part ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
by_stamps AS (
  SELECT part, before_part AS parent, 'stamps' AS found_by
  FROM followed
  WHERE parent IS NULL
  -- Two processes that were started at once are not told apart by that.
  QUALIFY before_part IS NOT NULL AND NOT bool_or(
    before_part IS NOT NULL AND (first_cycle <= before_cycle OR first_ns::HUGEINT + 1_000_000 < before_ns)
  ) OVER (PARTITION BY family, start)
),
next AS (
  SELECT later.part, later.head, earlier.tail, later.step
  FROM (SELECT *, unnest([1, 2]) AS step FROM placed) AS later
  JOIN placed AS earlier
    ON earlier.family = later.family AND earlier.last_cycle = later.first_cycle::HUGEINT - later.step
  WHERE later.first_ns::HUGEINT - earlier.last_ns BETWEEN -1_000_000 AND later.step * 180_000_000_000
    AND coalesce(abs(later.started_us::HUGEINT - earlier.started_us) <= 2_000_000, TRUE)
  QUALIFY step = MIN(step) OVER (PARTITION BY later.head) AND step = MIN(step) OVER (PARTITION BY earlier.tail)
),
by_number AS (
  SELECT DISTINCT part, tail AS parent, 'parts' AS found_by
  FROM (
    FROM next
    QUALIFY COUNT(DISTINCT tail) OVER (PARTITION BY head) = 1 AND COUNT(DISTINCT head) OVER (PARTITION BY tail) = 1
  )
  WHERE head = part
),
joined AS (
  SELECT
    part,
    coalesce(placed.parent, by_stamps.parent, by_number.parent, part) AS parent,
    CASE
      WHEN placed.parent IS NOT NULL THEN 'cycles' ELSE coalesce(by_stamps.found_by, by_number.found_by)
    END AS found_by
  FROM placed
  LEFT JOIN by_stamps USING (part)
  LEFT JOIN by_number USING (part)
),
-- Each jump is twice as long as the one before.
jumps AS (
  SELECT part, parent AS root, 1 AS jump FROM joined
  UNION ALL
  SELECT one.part, other.root, one.jump + 1
  FROM jumps AS one
  JOIN jumps AS other ON other.part = one.root
  WHERE one.jump < 20
),
roots AS (
  SELECT part, root FROM jumps WHERE jump = 20
)
SELECT
  parts.source_id,
  parts.process,
  parts.labels,
  coalesce(firsts.source_id, parts.source_id),
  coalesce(firsts.process, parts.process),
  coalesce(joined.found_by, MIN(joined.found_by) OVER whole),
  coalesce(shared.cycles, 0),
  coalesce(
    int64.clamp(
      MAX(parts.last_cycle) OVER (
        whole ORDER BY parts.part ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      )::HUGEINT + 1
    ),
    parts.first_cycle
  )
FROM parts
LEFT JOIN joined USING (part)
LEFT JOIN roots USING (part)
LEFT JOIN parts AS firsts ON firsts.part = roots.root
LEFT JOIN shared ON shared.part = parts.part
WINDOW whole AS (PARTITION BY coalesce(roots.root, parts.part))
