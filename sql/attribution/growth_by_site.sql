-- One row per series of heap profiles and allocation site: how it grew, and what the compiler says of it.
--
-- Growth is last minus first profile of the series, absence being zero; the sum over sites is the growth of the
-- series, to the byte. Trend figures are over at most 64 evenly thinned profiles; `site_history` has the bytes in
-- each. A series of one profile has no growth, no trend and no error. Shares, errors and fits have six digits, which take half the room that all have.
--
-- key: series_id, site_index
-- stored: by series_id
CREATE VIEW attribution.growth_by_site (
  -- The series.
  series_id,
  -- Number of the site within the series: the first of its stacks; changes when data is added.
  site_index,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- From labels; NULL without one.
  build,
  -- Function the compiler reports in: the outermost of the leaf location; `<none>` for an empty stack.
  function,
  -- Its package; NULL when the name has none.
  package,
  -- Its file as the profile spells it.
  file,
  -- The line of the allocation, or of the call it was inlined at.
  line,
  -- Live bytes in the first profile.
  first_bytes,
  -- Live bytes in the last profile.
  last_bytes,
  -- Last minus first.
  growth_bytes,
  -- Share of the growth of the series; NULL when that is zero.
  growth_share,
  -- Theil–Sen: the median of the slopes between all pairs of profiles; NULL without two moments.
  slope_bytes_per_s,
  -- How well a straight line fits, 0 to 1; NULL where there is no slope or nothing changes.
  r2,
  -- Share of the intervals in which it rose; NULL without an interval.
  rising_share,
  -- Half-width of the 95 % interval that sampling leaves around the growth, as a share of it; 0 when every
  -- allocation was sampled, NULL without growth.
  relative_error,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- What the executable asks the runtime for there: new, make, append, map, map_growth, channel, ..., as in
  -- `call_site`; NULL without the executable.
  allocation_kind,
  -- For class escape: what the choice of the record stands on: only_record, inlining, call, inlined_call,
  -- inner_expression, type_arguments, type, size, sizes, one_to_one or order.
  decided_by,
  -- moved_to_heap or escapes, for class escape.
  escape_kind,
  -- The compiler's rendering of what escapes, for class escape.
  expression,
  -- Why it is on the heap, in one sentence.
  reason,
  -- The record that explains it, for class escape.
  escape_site_id,
  -- The innermost function, when something was inlined there.
  inner_function,
  -- Its file.
  inner_file,
  -- Its line, where the expression stands.
  inner_line,
  -- For class caller: the nearest function on the stack whose package has a report.
  caller_function,
  -- For class caller: its file.
  caller_file,
  -- For class caller: its line.
  caller_line,
  -- For class ambiguous: the records that cannot be told apart.
  candidates
) AS
WITH spans AS (
  SELECT
    series_id,
    list(elapsed_s ORDER BY moment) AS times,
    attribution._pairs(times) AS pairs,
    attribution._distances(times) AS distances
  FROM attribution._history
  GROUP BY series_id
),
-- Without what all sites of a series share, which would be copied for each.
sizes AS MATERIALIZED (
  SELECT sites.series_id, sites.site_index, live.sizes, live.moments
  FROM attribution._site AS sites
  LEFT JOIN attribution._live AS live USING (series_id, site_index)
),
histories AS (
  SELECT
    series_id,
    sizes.site_index,
    attribution._filled(sizes.sizes, sizes.moments, len(spans.times)) AS history,
    spans.pairs,
    spans.distances
  FROM sizes
  JOIN spans USING (series_id)
),
trends AS (
  SELECT
    series_id,
    site_index,
    history[1] AS first_bytes,
    history[-1] AS last_bytes,
    int64.clamp(history[-1]::HUGEINT - history[1]) AS growth_bytes,
    attribution._r2(history, distances) AS r2,
    attribution._rising(history) AS rising_share,
    CASE WHEN list_min(history) < list_max(history) THEN attribution._slope(history, pairs)
      WHEN len(pairs) > 0 THEN 0
    END AS slope_bytes_per_s
  FROM histories
),
errors AS (
  SELECT allocations.series_id, allocations.site_index, SUM(sampling.variance) AS variance
  FROM heap._sampling AS sampling
  JOIN heap.profiles AS ends USING (profile_id)
  JOIN heap.series AS series ON series.series_id = ends.series_id AND series.profiles > 1
  JOIN attribution._allocation AS allocations
    ON allocations.series_id = series.series_id AND allocations.stack_id = sampling.stack_id
  GROUP BY allocations.series_id, allocations.site_index
)
SELECT
  series_id,
  site_index,
  series.service,
  series.instance,
  series.build,
  sites.function,
  sites.package,
  sites.file,
  sites.line,
  trends.first_bytes,
  trends.last_bytes,
  trends.growth_bytes,
  round(trends.growth_bytes / nullif(series.growth_bytes, 0), 6),
  trends.slope_bytes_per_s,
  round(trends.r2, 6),
  round(trends.rising_share, 6),
  round(1.96 * sqrt(coalesce(errors.variance, 0)) / nullif(abs(trends.growth_bytes::DOUBLE), 0), 6),
  sites.attribution,
  sites.allocation_kind,
  sites.decided_by,
  records.kind,
  records.expression,
  CASE sites.attribution
    WHEN 'escape' THEN reasons.reason
    WHEN 'ambiguous' THEN CASE
      WHEN len(sites.candidates) = 1
        THEN 'one escape is reported on this line, and more than one allocation is seen that it may be'
      ELSE len(sites.candidates) || ' escapes are reported on this line and cannot be told apart'
    END
    WHEN 'implicit' THEN 'the compiler reports no escape on this line: '
      || CASE sites.allocation_kind
        WHEN 'new' THEN 'an object is made'
        WHEN 'make' THEN 'a slice is made'
        WHEN 'map_growth' THEN 'the map grows'
        WHEN 'map' THEN 'a map is made'
        WHEN 'channel' THEN 'a channel is made'
        WHEN 'append' THEN 'append needs more room'
        WHEN 'concatenation' THEN 'strings are joined'
        WHEN 'conversion' THEN 'text is converted'
        WHEN 'boxing' THEN 'a value is converted to an interface'
        WHEN 'goroutine' THEN 'a goroutine is started'
        WHEN 'defer' THEN 'a call is deferred in a loop'
        WHEN 'runtime' THEN 'the runtime allocates for itself'
        WHEN 'hidden' THEN 'what is called here allocates, and profiles leave it out'
        ELSE 'the language allocates here (map, channel, append, string)'
      END
      || CASE
        WHEN contains(sites.function, '[')
          AND coalesce(sites.allocation_kind, 'new') IN ('new', 'make', 'map', 'boxing', 'conversion', 'concatenation')
          THEN '; a generic function is reported where it is instantiated, by a package that may have no report'
        ELSE ''
      END
    WHEN 'caller' THEN 'called from ' || sites.caller_function || ', the nearest function with a report'
    WHEN 'unmatched' THEN 'the package has a report, but it says nothing of this file'
    ELSE 'no report for any package on the stack'
  END,
  sites.escape_site_id,
  sites.inner_function,
  sites.inner_file,
  sites.inner_line,
  sites.caller_function,
  sites.caller_file,
  sites.caller_line,
  sites.candidates
FROM attribution._site AS sites
JOIN trends USING (series_id, site_index)
JOIN heap.series AS series USING (series_id)
LEFT JOIN errors USING (series_id, site_index)
LEFT JOIN attribution._record AS records
  -- NULL labels are labels too.
  ON records.escape_site_id = sites.escape_site_id
  AND records.service IS NOT DISTINCT FROM series.service
  AND records.build IS NOT DISTINCT FROM series.build
LEFT JOIN escape.reason AS reasons
  ON reasons.escape_site_id = sites.escape_site_id
  AND reasons.service IS NOT DISTINCT FROM series.service
  AND reasons.build IS NOT DISTINCT FROM series.build
