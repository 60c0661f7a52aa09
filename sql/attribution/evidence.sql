-- One row per series of heap profiles, attribution class, and what the class or the choice of a record stands on: how many bytes.
--
-- How sure each byte's attribution is: what the executable confirms, what only one record could explain, what was
-- chosen by sizes or by order alone. The rows of a series add up to its growth.
--
-- key: series_id, attribution, decided_by, allocation_kind
CREATE VIEW attribution.evidence (
  -- The series.
  series_id,
  -- escape, ambiguous, implicit, caller, unmatched or unreported.
  attribution,
  -- For class escape: only_record, inlining, call, inlined_call, inner_expression, type_arguments, type, size, sizes,
  -- one_to_one or order.
  decided_by,
  -- What the executable asks the runtime for; NULL without the executable.
  allocation_kind,
  -- Sites.
  sites,
  -- Growth of these sites.
  growth_bytes,
  -- Live bytes of these sites in the last profile.
  last_bytes
) AS
SELECT
  series_id,
  attribution,
  decided_by,
  allocation_kind,
  COUNT(*),
  int64.clamp(SUM(growth_bytes)),
  int64.clamp(SUM(last_bytes))
FROM attribution.growth_by_site
GROUP BY ALL
