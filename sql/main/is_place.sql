-- Whether a path ends in a place, in whole parts, with or without the versions of modules: `is_place(file, 'store/cache.go')`.
--
-- `cache.go` is a place of `store/cache.go` and none of `mycache.go`. What stands behind the path, such as `:21`, is of
-- its last part.
CREATE FUNCTION main.is_place(
  -- The path; may be NULL.
  path,
  -- Its end: `cache.go`, `store/cache.go` or the whole of it.
  place
) AS
path IS NOT NULL
AND (
  ends_with('/' || path, '/' || place)
  OR ends_with('/' || regexp_replace(path, '@v[^/]*', '', 'g'), '/' || place)
)
