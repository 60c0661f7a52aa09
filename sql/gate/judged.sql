-- One row per measure of `gate.measure` with its threshold and verdict: what `heapscape check` asks.
--
-- Of the sites of a series that keep to their threshold only the one that grew most is here. What is not asked for is not worked out.
--
-- key: checked, series_id, source_id, process, source, function, file, line, site_index
-- column checked: growth, growth_share (of the first profile), slope, site_growth, goroutines, goroutine_growth, pause (the longest), pause_p99, headroom or headroom_time.
-- column side: Whether a threshold is the `most` or the `least` that it may be.
-- column service: From labels; NULL without one.
-- column instance: From labels; NULL without one.
-- column build: From labels; NULL without one.
-- column series_id: The series; NULL of what is of a process.
-- column program: Main package of a series of heap profiles, or the path of its executable; NULL when neither is known, and of others.
-- column source_id: The file that tells of a process; NULL of a series.
-- column uri: Where that was found first.
-- column process: The process in it; NULL of a series.
-- column source: What tells of goroutines or pauses, as in `goroutine.growth` and `gc.pause_distribution`; NULL of others.
-- column value: The measure; of headroom_time NULL where memory does not grow.
-- column low: Where its 95 % interval begins; NULL where nothing bounds it.
-- column high: Where it ends, likewise.
-- column unit: bytes, share, bytes/s, goroutines, ns or s.
-- column site_index: Number of the site, of site_growth.
-- column function: Where to look, of site_growth and goroutines; NULL of others.
-- column file: Its file.
-- column line: The line.
-- column reason: Why the site allocates on the heap, of site_growth.
-- column threshold: What it is held against.
-- column verdict: `ok`, `breach` or `uncertain`, as `gate.verdict` has it.
CREATE MACRO gate.judged(
  -- What is checked, a list of names.
  asked,
  -- The most or the least that each of these may be, in their order.
  thresholds
) AS TABLE
WITH judged AS (
  SELECT
    *,
    (thresholds::DOUBLE[])[list_position(asked, checked)] AS threshold,
    gate.verdict(side, value, low, high, threshold) AS verdict
  FROM gate.measure
  WHERE list_contains(asked, checked)
)
SELECT
  checked,
  side,
  service,
  instance,
  build,
  series_id,
  program,
  source_id,
  uri,
  process,
  source,
  value,
  low,
  high,
  unit,
  site_index,
  function,
  file,
  line,
  reason,
  threshold,
  verdict
FROM judged
QUALIFY checked <> 'site_growth'
  OR verdict <> 'ok'
  -- By what a choice is of, too, so that it reaches below the window.
  OR row_number() OVER (
    PARTITION BY checked, verdict, series_id, service, instance, build ORDER BY value DESC, site_index
  ) = 1
ORDER BY
  list_position(['breach', 'uncertain', 'ok'], verdict),
  list_position(asked, checked),
  CASE side WHEN 'most' THEN -value ELSE value END NULLS LAST,
  service, instance, build, series_id, uri, process, source, site_index
