-- One row per function of a profile: the module its package is of, and whether that is the program's own.
--
-- A file of a module that was downloaded has the version in its path, with or without -trimpath. Of the others those
-- whose first name is one of the standard library's are Go's own, unless an executable or the main package's path says
-- that the program's module is called so too. What is left is the program's: its module and what it was put together with
-- from folders (a workspace, `replace`, vendor/ keeps the module's path without a version).
--
-- key: function_id
-- stored: by function_id
CREATE VIEW attribution._module (
  -- The function.
  function_id,
  -- Module path, `std` for Go's own; NULL where the name has no package.
  module,
  -- Its version; NULL for the program's own module, Go's own and vendored code.
  version,
  -- It is the program's own code.
  is_own
) AS
WITH named AS (
  SELECT
    function_id,
    package,
    -- Upper-case letters are written as !x in the module cache.
    regexp_extract(file, '^(?:.*[/\\]pkg[/\\]mod[/\\])?([^@]+)@(v[^/\\]+)[/\\]', 1) AS module,
    regexp_extract(file, '^(?:.*[/\\]pkg[/\\]mod[/\\])?([^@]+)@(v[^/\\]+)[/\\]', 2) AS version,
    regexp_extract(file, '[/\\]vendor[/\\]((?:[^/\\]+[/\\]){1,3})', 1) AS vendored
  FROM function
),
mains AS (
  SELECT DISTINCT main_module AS path FROM binary_file WHERE main_module IS NOT NULL
),
placed AS (
  SELECT
    named.*,
    (
      SELECT MAX(mains.path)
      FROM mains
      WHERE named.package = mains.path OR starts_with(named.package, mains.path || '/')
    ) AS main_module,
    main.is_std(named.package) AS is_std
  FROM named
)
SELECT
  function_id,
  CASE
    WHEN package IS NULL THEN NULL
    WHEN module <> '' THEN array_to_string(list_transform(
      string_split(module, '!'), lambda part, n: CASE WHEN n = 1 THEN part ELSE upper(part[1]) || part[2:] END
    ), '')
    WHEN vendored <> '' THEN rtrim(vendored, '/\')
    WHEN main_module IS NOT NULL THEN main_module
    WHEN is_std THEN 'std'
    WHEN package = 'main' THEN 'main'
    ELSE array_to_string(string_split(package, '/')[:3], '/')
  END,
  nullif(version, ''),
  coalesce(package IS NOT NULL AND module = '' AND vendored = '' AND (main_module IS NOT NULL OR NOT is_std), false)
FROM placed
