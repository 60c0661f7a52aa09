-- Whether a regular expression finds anything in a line of a location; never when there is none.
--
-- The expression may fit anywhere, as after pprof's -focus and its kin, which look at functions, files and binaries.
CREATE FUNCTION flame._matches(
  -- A regular expression (RE2); NULL for none.
  pattern,
  -- The function.
  function_name,
  -- Its file.
  file_name,
  -- The binary.
  binary_name
) AS
(
  pattern IS NOT NULL
  AND (
    coalesce(regexp_matches(function_name, coalesce(pattern, '')), false)
    OR coalesce(regexp_matches(file_name, coalesce(pattern, '')), false)
    OR coalesce(regexp_matches(binary_name, coalesce(pattern, '')), false)
  )
)
