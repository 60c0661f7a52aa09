-- One row per group of series and bin of time: what is taken of them there; what a graph of Grafana's Pyroscope data source shows.
--
-- A bin has what was taken behind the one before it and not behind itself. Of a state it is the last in each series of
-- profiles, of a total what it grew by since the profile before, of an amount the sum; all are added up over the series.
--
-- key: labels, at_ms
-- column labels: The values of the labels that series are grouped by, in their order; empty without one.
-- column at_ms: The end of the bin, in milliseconds since 1970.
-- column value: In the sample type's unit.
CREATE MACRO pyroscope.points(
  -- Which series count, a list.
  series_ids,
  -- `name:sample_type:unit:period_type:period_unit`.
  wanted_type,
  -- The end of the first bin, in milliseconds since 1970.
  begin_ms,
  -- The last moment.
  end_ms,
  -- Length of a bin in milliseconds.
  step_ms,
  -- Labels to group by, a list of names.
  groups,
  -- Count only these stacks; all when NULL.
  stack_ids := NULL,
  -- The mean of what is taken, and not the sum, of all profiles of a bin.
  is_average := false
) AS TABLE
WITH chosen AS (
  SELECT series_id, sample_type, list_transform(groups, lambda name: coalesce(labels[name], '')) AS labels
  FROM pyroscope.stream
  WHERE profile_type = wanted_type AND series_id IN (SELECT unnest(series_ids::INTEGER[]))
),
totals AS (
  SELECT profile_id, sample_type, value
  FROM profile_total
  WHERE stack_ids IS NULL AND sample_type = split_part(wanted_type, ':', 2)
  UNION ALL
  SELECT profile_id, sample_type, int64.clamp(SUM(value))
  FROM main.sample_value AS sample
  WHERE stack_ids IS NOT NULL
    AND sample_type = split_part(wanted_type, ':', 2)
    AND stack_id IN (SELECT unnest(stack_ids::INTEGER[]))
  GROUP BY profile_id, sample_type
),
valued AS (
  SELECT
    chosen.labels,
    profiles.series_hash,
    profiles.taking,
    profiles.place,
    greatest(0, (profiles.time_ms::HUGEINT - begin_ms + step_ms - 1) // step_ms) AS bin,
    CASE
      WHEN profiles.taking = 'total' THEN greatest(0, coalesce(own.value, 0)::HUGEINT - coalesce(before.value, 0))
      ELSE coalesce(own.value, 0)::HUGEINT
    END AS value
  FROM pyroscope.profiles AS profiles
  JOIN chosen USING (series_id, sample_type)
  LEFT JOIN totals AS own USING (profile_id, sample_type)
  LEFT JOIN totals AS before
    ON before.profile_id = profiles.previous_profile_id AND before.sample_type = profiles.sample_type
  WHERE profiles.time_ms BETWEEN begin_ms - step_ms + 1 AND end_ms
    AND (profiles.taking <> 'total' OR profiles.previous_profile_id IS NOT NULL)
),
lasting AS (
  SELECT *, place = MAX(place) OVER (PARTITION BY series_hash, bin) AS is_last
  FROM valued
  WHERE begin_ms + bin * step_ms <= end_ms
)
SELECT
  labels,
  (begin_ms + bin * step_ms)::BIGINT AS at_ms,
  CASE WHEN is_average THEN AVG(value) ELSE int64.clamp(SUM(value)) END::DOUBLE AS value
FROM lasting
WHERE is_average OR taking <> 'state' OR is_last
GROUP BY labels, bin
ORDER BY labels, at_ms
