-- One row per allocation site of a series of heap profiles: how it grew from one of its profiles to a later one.
--
-- The columns of `growth_by_site`, which is about the first and the last: class, reason and records are the same, figures are of the
-- time between the two. Trends are over those of the series' at most 64 thinned moments that lie there. The error that sampling leaves is
-- not worked out, and NULL.
--
-- key: series_id, site_index
CREATE MACRO attribution.growth_by_site_between(
  -- The series.
  wanted_series,
  -- The earlier of two of its profiles.
  earlier_profile,
  -- The later one.
  later_profile
) AS TABLE
WITH ends AS (
  SELECT
    allocations.site_index,
    int64.clamp(coalesce(SUM(sample.value) FILTER (sample.profile_id = earlier_profile), 0)) AS first_bytes,
    int64.clamp(coalesce(SUM(sample.value) FILTER (sample.profile_id = later_profile), 0)) AS last_bytes
  FROM main.sample_value AS sample
  JOIN attribution._allocation AS allocations USING (stack_id)
  WHERE sample.profile_id IN (earlier_profile, later_profile)
    AND sample.sample_type = 'inuse_space'
    AND allocations.series_id = wanted_series
  GROUP BY allocations.site_index
),
span AS (
  SELECT
    MIN(position) FILTER (profile_id = earlier_profile) AS first_position,
    MAX(position) FILTER (profile_id = later_profile) AS last_position
  FROM heap.profiles
  WHERE series_id = wanted_series
),
moments AS (
  SELECT history.moment, history.elapsed_s
  FROM attribution._history AS history
  JOIN heap.profiles AS profiles USING (series_id, profile_id)
  JOIN span ON profiles.position BETWEEN span.first_position AND span.last_position
  WHERE history.series_id = wanted_series
),
points AS (
  SELECT
    sites.site_index,
    moments.elapsed_s,
    moments.moment,
    sites.history[moments.moment + 1] AS inuse_bytes
  FROM attribution.growth_by_site AS sites
  CROSS JOIN moments
  WHERE sites.series_id = wanted_series
),
trends AS (
  SELECT
    site_index,
    CASE WHEN MAX(inuse_bytes) > MIN(inuse_bytes) AND MAX(elapsed_s) > MIN(elapsed_s)
      THEN regr_r2(inuse_bytes, elapsed_s)
    END AS r2,
    list(inuse_bytes ORDER BY moment) AS history,
    list(elapsed_s ORDER BY moment) AS elapsed_s
  FROM points
  GROUP BY site_index
),
slopes AS (
  SELECT
    site_index,
    list_avg([(history[place + 1] > history[place])::INTEGER for place in range(1, len(history))]) AS rising_share,
    list_aggregate(
      flatten([
        [
          (history[later]::DOUBLE - history[earlier]::DOUBLE) / nullif(elapsed_s[later] - elapsed_s[earlier], 0)
          for earlier in range(1, later)
        ]
        for later in range(2, len(history) + 1)
      ]),
      'median'
    ) AS slope_bytes_per_s
  FROM trends
),
figures AS (
  SELECT
    sites.site_index,
    coalesce(ends.first_bytes, 0) AS first_bytes,
    coalesce(ends.last_bytes, 0) AS last_bytes,
    int64.clamp(coalesce(ends.last_bytes, 0)::HUGEINT - coalesce(ends.first_bytes, 0)) AS growth_bytes
  FROM attribution.growth_by_site AS sites
  LEFT JOIN ends USING (site_index)
  WHERE sites.series_id = wanted_series
)
SELECT sites.* REPLACE (
  figures.first_bytes AS first_bytes,
  figures.last_bytes AS last_bytes,
  figures.growth_bytes AS growth_bytes,
  round(figures.growth_bytes / nullif(int64.clamp(SUM(figures.growth_bytes) OVER ()), 0), 6) AS growth_share,
  slopes.slope_bytes_per_s AS slope_bytes_per_s,
  round(trends.r2, 6) AS r2,
  round(slopes.rising_share, 6) AS rising_share,
  NULL::DOUBLE AS relative_error,
  trends.history AS history
)
FROM attribution.growth_by_site AS sites
JOIN figures USING (site_index)
LEFT JOIN trends USING (site_index)
LEFT JOIN slopes USING (site_index)
WHERE sites.series_id = wanted_series
ORDER BY sites.site_index
