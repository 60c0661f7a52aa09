-- One row per allocation site of a series of heap profiles: how it grew from one of its profiles to a later one.
--
-- The columns of `growth_by_site`, which is about the first and the last, and `site_history`: class, reason and records are the same,
-- figures are of the time between the two. Trends are over those of the series' at most 64 thinned moments that lie
-- there. The error that sampling leaves is not worked out, and NULL.
--
-- key: series_id, site_index
-- column series_id: The series.
-- column site_index: Number of the site within the series: the first of its stacks; changes when data is added.
-- column service: From labels; NULL without one.
-- column instance: From labels; NULL without one.
-- column build: From labels; NULL without one.
-- column function: Function the compiler reports in: the outermost of the leaf location; `<none>` for an empty stack.
-- column package: Its package; NULL when the name has none.
-- column file: Its file as the profile spells it.
-- column line: The line of the allocation, or of the call it was inlined at.
-- column first_bytes: Live bytes in the earlier profile.
-- column last_bytes: Live bytes in the later profile.
-- column growth_bytes: Later minus earlier.
-- column growth_share: Share of the growth of the series; NULL when that is zero.
-- column slope_bytes_per_s: Theil–Sen: the median of the slopes between all pairs of moments; NULL without two.
-- column r2: How well a straight line fits, 0 to 1; NULL where there is no slope or nothing changes.
-- column rising_share: Share of the intervals in which it rose; NULL without an interval.
-- column relative_error: NULL: the error that sampling leaves is worked out for whole series alone.
-- column attribution: escape, ambiguous, implicit, caller, unmatched or unreported.
-- column allocation_kind: What the executable asks the runtime for there, as in `call_site`; NULL without it.
-- column decided_by: For class escape: what the choice of the record stands on, as in `growth_by_site`.
-- column escape_kind: moved_to_heap or escapes, for class escape.
-- column expression: The compiler's rendering of what escapes, for class escape.
-- column reason: Why it is on the heap, in one sentence.
-- column escape_site_id: The record that explains it, for class escape.
-- column inner_function: The innermost function, when something was inlined there.
-- column inner_file: Its file.
-- column inner_line: Its line, where the expression stands.
-- column caller_function: For class caller: the nearest function on the stack whose package has a report.
-- column caller_file: For class caller: its file.
-- column caller_line: For class caller: its line.
-- column candidates: For class ambiguous: the records that cannot be told apart.
-- column history: Live bytes at each of the moments the trend is fitted to.
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
  SELECT
    list(history.elapsed_s ORDER BY history.moment) AS times,
    attribution._pairs(times) AS pairs,
    attribution._distances(times) AS distances,
    MIN(history.moment) AS first_moment,
    MAX(history.moment) AS last_moment
  FROM attribution._history AS history
  JOIN heap.profiles AS profiles USING (series_id, profile_id)
  JOIN span ON profiles.position BETWEEN span.first_position AND span.last_position
  WHERE history.series_id = wanted_series
),
histories AS (
  SELECT
    sites.site_index,
    sites.history[moments.first_moment + 1:moments.last_moment + 1] AS history,
    moments.pairs,
    moments.distances
  FROM attribution.site_history([wanted_series]) AS sites
  CROSS JOIN moments
),
trends AS (
  SELECT
    site_index,
    attribution._r2(history, distances) AS r2,
    attribution._rising(history) AS rising_share,
    attribution._slope(history, pairs) AS slope_bytes_per_s,
    history
  FROM histories
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
SELECT
  sites.series_id,
  site_index,
  sites.service,
  sites.instance,
  sites.build,
  sites.function,
  sites.package,
  sites.file,
  sites.line,
  figures.first_bytes,
  figures.last_bytes,
  figures.growth_bytes,
  round(figures.growth_bytes / nullif(int64.clamp(SUM(figures.growth_bytes) OVER ()), 0), 6) AS growth_share,
  trends.slope_bytes_per_s,
  round(trends.r2, 6) AS r2,
  round(trends.rising_share, 6) AS rising_share,
  NULL::DOUBLE AS relative_error,
  sites.attribution,
  sites.allocation_kind,
  sites.decided_by,
  sites.escape_kind,
  sites.expression,
  sites.reason,
  sites.escape_site_id,
  sites.inner_function,
  sites.inner_file,
  sites.inner_line,
  sites.caller_function,
  sites.caller_file,
  sites.caller_line,
  sites.candidates,
  trends.history
FROM attribution.growth_by_site AS sites
JOIN figures USING (site_index)
LEFT JOIN trends USING (site_index)
WHERE sites.series_id = wanted_series
ORDER BY sites.site_index
