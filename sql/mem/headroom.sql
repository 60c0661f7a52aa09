-- One row per process whose limit of memory is known: how much is left of it, and how long it lasts at the present slope.
--
-- All files that are known to tell of a process are taken together (`mem.accounting`); the row is of the latest.
--
-- The limit is GOMEMLIMIT where metrics tell it, else the label `memory_limit` that the file was given: `--label
-- memory_limit=512MiB`. Beyond GOMEMLIMIT the collector works harder; beyond a container's limit the process dies. The system counts
-- what the program takes outside of Go as well, which no file tells.
--
-- key: source_id, process
CREATE VIEW mem.headroom (
  -- The file.
  source_id,
  -- The process, as in `process`.
  process,
  -- The process over all its files, as in `mem.accounting`.
  run,
  -- From labels; NULL without one.
  service,
  -- From labels; NULL without one.
  instance,
  -- The last moment, UTC; NULL where no moment has a time.
  taken_at,
  -- Moments.
  moments,
  -- `GOMEMLIMIT` or `label`.
  limit_from,
  -- The limit.
  limit_bytes,
  -- What counts against it, at the last moment.
  used_bytes,
  -- What is left; negative beyond it.
  headroom_bytes,
  -- Ordinary least squares over all moments; NULL for one, or without times.
  slope_bytes_per_s,
  -- Until the limit is reached at this slope; NULL where memory does not grow.
  seconds_left
) AS
WITH moments AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY run ORDER BY taken_at NULLS FIRST, source_id, position) AS place,
    epoch(taken_at) AS taken_s
  FROM mem.accounting
),
summed AS (
  SELECT
    run,
    arg_max(source_id, place) AS source_id,
    arg_max(process, place) AS process,
    any_value(service) AS service,
    any_value(instance) AS instance,
    MAX(taken_at) AS taken_at,
    COUNT(*) AS moments,
    arg_max(used_bytes, place) AS used_bytes,
    arg_max(limit_bytes, place) AS limit_bytes,
    CASE WHEN MAX(taken_s) > MIN(taken_s) THEN regr_slope(used_bytes, taken_s) END AS slope_bytes_per_s
  FROM moments
  GROUP BY run
),
labelled AS (
  SELECT
    source_id,
    process,
    TRY_CAST(
      TRY_CAST(regexp_extract(labels['memory_limit'], '^([0-9.]+) ?([KMGT]?i?)B?$', 1) AS DOUBLE)
      * CASE regexp_extract(labels['memory_limit'], '^([0-9.]+) ?([KMGT]?i?)B?$', 2)
        WHEN '' THEN 1
        WHEN 'K' THEN 1e3
        WHEN 'M' THEN 1e6
        WHEN 'G' THEN 1e9
        WHEN 'T' THEN 1e12
        WHEN 'Ki' THEN 1024.0
        WHEN 'Mi' THEN 1048576.0
        WHEN 'Gi' THEN 1073741824.0
        WHEN 'Ti' THEN 1099511627776.0
      END AS BIGINT
    ) AS limit_bytes
  FROM process
),
limited AS (
  SELECT
    summed.* EXCLUDE (limit_bytes),
    CASE WHEN summed.limit_bytes IS NOT NULL THEN 'GOMEMLIMIT' ELSE 'label' END AS limit_from,
    coalesce(summed.limit_bytes, labelled.limit_bytes) AS limit_bytes
  FROM summed
  LEFT JOIN labelled USING (source_id, process)
)
SELECT
  source_id,
  process,
  run,
  service,
  instance,
  taken_at,
  moments,
  limit_from,
  limit_bytes,
  used_bytes,
  int64.clamp(limit_bytes::HUGEINT - used_bytes),
  slope_bytes_per_s,
  CASE WHEN slope_bytes_per_s > 0 AND limit_bytes >= used_bytes
    THEN (limit_bytes::HUGEINT - used_bytes) / slope_bytes_per_s
  END
FROM limited
WHERE limit_bytes IS NOT NULL AND used_bytes IS NOT NULL
