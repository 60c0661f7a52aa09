-- One row per allocation site of a series of heap profiles, from one of its profiles to a later one: what `heapscape growth --since` asks.
--
-- The columns of `attribution.growth_by_site_between`, with what the compiler says in place of the numbers of records.
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
-- column candidates: For class ambiguous: what the compiler says in the records that cannot be told apart.
-- column history: Live bytes at each of the moments the trend is fitted to.
CREATE MACRO attribution.growth_between(
  -- The series.
  wanted_series,
  -- The earlier of two of its profiles.
  earlier_profile,
  -- The later one.
  later_profile,
  -- So many, and of those that grew or shrank; NULL for all.
  most := NULL
) AS TABLE
WITH sites AS (
  SELECT *
  FROM attribution.growth_by_site_between(wanted_series, earlier_profile, later_profile)
  WHERE most IS NULL OR growth_bytes <> 0
  QUALIFY most IS NULL OR row_number() OVER (ORDER BY growth_bytes DESC, file, line, site_index) <= most
),
known AS (
  SELECT list({'escape_site_id': escape_site_id, 'message': message}) AS records
  FROM escape.site
  WHERE escape_site_id IN (SELECT unnest(candidates) FROM sites)
)
SELECT
  sites.series_id,
  sites.site_index,
  sites.service,
  sites.instance,
  sites.build,
  sites.function,
  sites.package,
  sites.file,
  sites.line,
  sites.first_bytes,
  sites.last_bytes,
  sites.growth_bytes,
  sites.growth_share,
  sites.slope_bytes_per_s,
  sites.r2,
  sites.rising_share,
  sites.relative_error,
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
  list_transform(
    sites.candidates,
    lambda candidate: list_filter(known.records, lambda record: record.escape_site_id = candidate)[1].message
  ) AS candidates,
  sites.history
FROM sites
CROSS JOIN known
ORDER BY sites.series_id, sites.growth_bytes DESC, sites.file, sites.line, sites.site_index
