-- One row per series, leaf location and record that explains its allocations, or may: what is left of the evidence.
--
-- Of the pairs of a location those with the most telling evidence stay. Where a line has as many records as locations, a
-- record that is the only choice of one location is no choice of another. Records of the same words are given out in
-- the order of their columns and of the calls' addresses. A record is of one call: where several calls of a line have no
-- other choice, nothing is decided, and all that may explain them stay.
--
-- key: series_id, location_id, escape_site_id
-- stored: by series_id
CREATE VIEW attribution._candidate (
  -- The series.
  series_id,
  -- Leaf location.
  location_id,
  -- The record.
  escape_site_id,
  -- moved_to_heap or escapes.
  kind,
  -- The compiler's rendering of what escapes.
  expression,
  -- What the choice stands on: only_record, inlining (the chain, or the same form at the innermost line), call (the
  -- executable's), inlined_call, inner_expression, type_arguments, type (the executable's), size, sizes, scale, one_size, one_to_one or order; NULL where nothing is decided.
  decided_by
) AS
WITH ranked AS (
  SELECT
    *,
    MAX(evidence) OVER (PARTITION BY series_id, location_id) AS best
  FROM attribution._pair
),
contested AS (
  SELECT
    *,
    MAX(evidence) FILTER (evidence < best) OVER (PARTITION BY series_id, location_id) AS runner_up
  FROM ranked
),
foremost AS (
  SELECT
    contested.series_id,
    contested.location_id,
    contested.escape_site_id,
    records.kind,
    records.expression,
    records."column",
    locations.function,
    locations.base_name,
    locations.line,
    locations.inner_base_name,
    locations.inlined_lines,
    locations.address,
    calls.kind AS call_kind,
    COUNT(*) OVER (PARTITION BY contested.series_id, contested.location_id) AS choices,
    CASE
      WHEN contested.records_at_line = 1 THEN 'only_record'
      WHEN contested.records_in_place = 1 THEN 'inlining'
      WHEN contested.records_of_call = 1 THEN 'call'
      WHEN xor(contested.best, contested.runner_up) >= 256 THEN 'inlined_call'
      WHEN xor(contested.best, contested.runner_up) >= 128 THEN 'inner_expression'
      WHEN xor(contested.best, contested.runner_up) >= 32 THEN 'type_arguments'
      WHEN xor(contested.best, contested.runner_up) >= 16 THEN 'type'
      WHEN xor(contested.best, contested.runner_up) >= 8 THEN 'size'
      WHEN xor(contested.best, contested.runner_up) >= 4 THEN 'sizes'
      WHEN xor(contested.best, contested.runner_up) >= 2 THEN 'scale'
      ELSE 'one_size'
    END AS decided_by
  FROM contested
  JOIN attribution._location AS locations USING (series_id, location_id)
  LEFT JOIN attribution._call AS calls USING (series_id, location_id)
  JOIN attribution._record AS records
    -- NULL labels are labels too.
    ON records.escape_site_id = contested.escape_site_id
    AND records.service IS NOT DISTINCT FROM locations.service
    AND records.build IS NOT DISTINCT FROM locations.build
  WHERE contested.evidence = contested.best
),
counted AS (
  SELECT
    *,
    COUNT(DISTINCT location_id) OVER here = COUNT(DISTINCT escape_site_id) OVER here AS is_one_to_one
  FROM foremost
  WINDOW here AS (PARTITION BY series_id, function, base_name, line)
),
claimed AS (
  SELECT DISTINCT series_id, escape_site_id
  FROM counted
  WHERE choices = 1 AND is_one_to_one
),
unclaimed AS (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY series_id, location_id) AS left_over
  FROM counted
  WHERE choices = 1
    OR NOT is_one_to_one
    -- Taken by the only location that it can be of.
    OR (series_id, escape_site_id) NOT IN (SELECT series_id, escape_site_id FROM claimed)
),
choices AS (
  SELECT
    series_id,
    location_id,
    any_value(address) AS address,
    list(escape_site_id ORDER BY "column", escape_site_id) AS records,
    COUNT(DISTINCT (kind, expression)) AS wordings
  FROM unclaimed
  GROUP BY series_id, location_id
),
twins AS (
  SELECT
    series_id,
    location_id,
    records[least(row_number() OVER (PARTITION BY series_id, records ORDER BY address, location_id), len(records))]
      AS escape_site_id
  FROM choices
  WHERE len(records) > 1 AND wordings = 1
),
chosen AS (
  SELECT
    unclaimed.*,
    CASE
      WHEN twins.location_id IS NOT NULL THEN 'order'
      WHEN unclaimed.choices = 1 THEN unclaimed.decided_by
      WHEN unclaimed.left_over = 1 THEN 'one_to_one'
    END AS choice_decided_by
  FROM unclaimed
  LEFT JOIN twins USING (series_id, location_id)
  WHERE twins.location_id IS NULL OR twins.escape_site_id = unclaimed.escape_site_id
),
decided AS (
  SELECT
    *,
    choice_decided_by IS NOT NULL
    AND COUNT(choice_decided_by) OVER (
      PARTITION BY series_id, escape_site_id, function, base_name, line, inner_base_name, inlined_lines, call_kind
    ) > 1 AS is_contested
  FROM chosen
)
SELECT series_id, location_id, escape_site_id, kind, expression, choice_decided_by
FROM decided
WHERE NOT is_contested
UNION ALL
SELECT pairs.series_id, pairs.location_id, pairs.escape_site_id, records.kind, records.expression, NULL
FROM decided
JOIN attribution._pair AS pairs USING (series_id, location_id)
JOIN heap.series AS series USING (series_id)
JOIN attribution._record AS records
  -- NULL labels are labels too.
  ON records.escape_site_id = pairs.escape_site_id
  AND records.service IS NOT DISTINCT FROM series.service
  AND records.build IS NOT DISTINCT FROM series.build
WHERE decided.is_contested
