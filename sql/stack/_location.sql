-- One row per location, with the lines that its profile has, or those that an executable tells where it has none.
--
-- key: location_id
CREATE VIEW stack._location (
  -- The location.
  location_id,
  -- The binary; NULL when the profile does not say.
  mapping_id,
  -- Address of the instruction.
  address,
  -- The profile says that lines of functions alike were folded into one.
  is_folded,
  -- As in location; empty where nobody knows.
  lines
) AS
SELECT
  location.location_id,
  location.mapping_id,
  location.address,
  location.is_folded,
  CASE WHEN len(location.lines) > 0 THEN location.lines ELSE coalesce(symbolised.lines, location.lines) END
FROM location
LEFT JOIN symbolised_location AS symbolised USING (location_id)
