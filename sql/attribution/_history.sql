-- One row per series of heap profiles and moment of it that trends are fitted to: at most 64, evenly thinned.
--
-- The first and the last profile are always among them.
--
-- key: series_id, profile_id
-- staged: by series_id
CREATE VIEW attribution._history (
  -- The series.
  series_id,
  -- The profile.
  profile_id,
  -- Seconds since the series began.
  elapsed_s,
  -- Place among the moments, from 0.
  moment
) AS
WITH counted AS (
  SELECT *, COUNT(*) OVER (PARTITION BY series_id) AS profiles
  FROM heap.profiles
)
SELECT
  series_id,
  profile_id,
  elapsed_s,
  (row_number() OVER (PARTITION BY series_id ORDER BY position) - 1)::INTEGER
FROM counted
WHERE profiles <= 64
  -- Place i of 64 goes to the profile nearest to i / 63 of the way.
  OR position IN (SELECT (i * (profiles - 1) / 63.0).round()::INTEGER FROM range(64) AS places (i))
