-- One row per verdict that its size, or a size that is not constant, decides, and series of heap profiles with allocations of it.
--
-- As the compiler's explanations tell (-m=2, -json); of -m alone, makes of a constant size above the limit. Limits are those of
-- cmd/compile/internal/ir/cfg.go and base/flag.go without -smallframes. Of a verdict that no profile tells of the series and
-- what it costs are NULL. Maps, and conversions and joining of strings, whose small ones stay too, are in `escape.level`.
--
-- key: service, build, escape_site_id, series_id
CREATE VIEW escape.too_large (
  -- The verdict.
  escape_site_id,
  -- From labels of the report; NULL without one.
  service,
  -- From labels of the report; NULL without one.
  build,
  -- The series; NULL where none has allocations of it.
  series_id,
  -- Import path; `main` where only a JSON log tells.
  package,
  -- File's base name.
  base_name,
  -- Line of the outermost call after inlining.
  line,
  -- Byte column; 0 when the report has none.
  "column",
  -- The compiler's rendering: a variable's name, `make([]byte, n)`.
  expression,
  -- In the compiler's words: `too large for stack`, `too aligned for stack`, `non-constant size`, `zero-sized element`.
  reason,
  -- `certain`, or `conditional` where what is small enough stays on the stack (Go 1.25 and newer).
  certainty,
  -- Version of the compiler, as a JSON log or the executable of the build tells; NULL without.
  go_version,
  -- What may at most be on the stack: 10 MiB of a variable, from Go 1.24 on 128 KiB; 64 KiB of new, make and &T{}; of a
  -- size that is not constant nothing, from Go 1.25 on 32 bytes. NULL for other reasons, and without a version where it matters.
  limit_bytes,
  -- Bytes asked for, where the expression gives a constant size; NULL otherwise.
  constant_bytes,
  -- Bytes allocated a second; NULL without two moments.
  alloc_bytes_per_s,
  -- Live bytes in the last profile.
  live_bytes,
  -- Share of all live bytes in the last profile, which is what a GC cycle has to mark.
  gc_share,
  -- Share of the GC's work that would not have to be done on the stack, as in `escape.level`.
  saved_gc_share
) AS
WITH told AS (
  SELECT steps.escape_site_id, reports.service, reports.build, MIN(steps.operation) AS reason
  FROM escape_step AS steps
  JOIN escape_report AS reports USING (source_id)
  WHERE steps.operation IN ('too large for stack', 'too aligned for stack', 'non-constant size', 'zero-sized element')
  GROUP BY steps.escape_site_id, reports.service, reports.build
),
versions AS (
  SELECT service, build, MIN(go_version) AS go_version
  FROM (
    SELECT service, build, go_version FROM escape_report
    UNION ALL
    SELECT service, build, go_version FROM binary_file
  )
  GROUP BY service, build
),
-- Nobody reported appends before Go 1.25.
newer AS (
  SELECT DISTINCT service, build, TRUE AS is_newer
  FROM escape.site
  WHERE expression = 'append'
),
sites AS (
  SELECT
    levels.*,
    versions.go_version,
    records.constant_bytes,
    TRY_CAST(regexp_extract(versions.go_version, '^go1\.(\d+)', 1) AS INTEGER) AS minor,
    coalesce(newer.is_newer, FALSE) AS is_newer,
    CASE
      WHEN told.reason IS NOT NULL THEN told.reason
      WHEN levels.condition = 'size' AND regexp_matches(levels.expression, '^(append|make\(\[\])')
        THEN 'non-constant size'
      WHEN starts_with(levels.expression, 'make(') AND records.constant_bytes > 65536 THEN 'too large for stack'
    END AS size_reason
  FROM escape.level AS levels
  LEFT JOIN told
    -- NULL labels are labels too.
    ON told.escape_site_id = levels.escape_site_id
    AND told.service IS NOT DISTINCT FROM levels.service
    AND told.build IS NOT DISTINCT FROM levels.build
  LEFT JOIN versions
    ON versions.service IS NOT DISTINCT FROM levels.service AND versions.build IS NOT DISTINCT FROM levels.build
  LEFT JOIN newer
    ON newer.service IS NOT DISTINCT FROM levels.service AND newer.build IS NOT DISTINCT FROM levels.build
  LEFT JOIN attribution._record AS records
    ON records.escape_site_id = levels.escape_site_id
    AND records.service IS NOT DISTINCT FROM levels.service
    AND records.build IS NOT DISTINCT FROM levels.build
)
SELECT
  escape_site_id,
  service,
  build,
  series_id,
  package,
  base_name,
  line,
  "column",
  expression,
  size_reason,
  certainty,
  go_version,
  CASE
    WHEN size_reason = 'non-constant size' THEN CASE certainty WHEN 'conditional' THEN 32 ELSE 0 END
    WHEN size_reason <> 'too large for stack' THEN NULL
    WHEN kind = 'escapes' AND regexp_matches(expression, '^(&|new\(|make\(|func literal)|\.\w+$') THEN 65536
    WHEN minor >= 24 OR minor IS NULL AND is_newer THEN 131072
    WHEN minor < 24 THEN 10485760
  END::BIGINT,
  constant_bytes,
  alloc_bytes_per_s,
  live_bytes,
  gc_share,
  saved_gc_share
FROM sites
WHERE size_reason IS NOT NULL
