-- The live bytes of a site at each of some moments, from the first on; 0 where it has none.
CREATE FUNCTION attribution._filled(
  -- Bytes, as _live has them; NULL for a site without any.
  sizes,
  -- At which moments, from 0; NULL for a site without any.
  moments,
  -- How many moments there are.
  moment_count
) AS
[coalesce(sizes[list_position(moments, moment)], 0) for moment in range(moment_count)]
