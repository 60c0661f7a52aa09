-- Whether a function has a name, with or without what stands before a dot or a slash: `is_named(function, 'Cache.Put')`.
--
-- A function without a name has the empty one.
CREATE FUNCTION main.is_named(
  -- The function; may be NULL.
  function,
  -- `Put`, `Cache.Put`, `store.Cache.Put` or the whole of it.
  name
) AS
coalesce(function, '') = name
OR (name <> '' AND (ends_with(function, '.' || name) OR ends_with(function, '/' || name)))
