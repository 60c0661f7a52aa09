-- One row per location without lines in the code of an executable that was given: the function its address is in.
--
-- An address is looked up as the profile has it: where that is behind a call, the producer has to have taken one off, as Go's own do.
--
-- key: location_id
CREATE VIEW stack._physical (
  -- The location.
  location_id,
  -- The executable.
  source_id,
  -- The function, as in `binary_function`.
  address,
  -- Bytes from where it begins.
  offset_bytes
) AS
WITH placed AS (
  SELECT
    location.location_id,
    programs.source_id,
    ((location.address::HUGEINT + mapping.file_offset_bytes) % 18446744073709551616)::UBIGINT AS address
  FROM location
  JOIN mapping USING (mapping_id)
  JOIN stack._program AS programs USING (mapping_id)
  WHERE len(location.lines) = 0
)
SELECT
  placed.location_id,
  placed.source_id,
  functions.address,
  placed.address - functions.address
FROM placed
ASOF JOIN binary_function AS functions
  ON functions.source_id = placed.source_id AND functions.address <= placed.address
WHERE placed.address - functions.address < functions.size_bytes
