-- One row per series, leaf location and record that may explain its allocations, after weighing the evidence.
--
-- All records at the outermost line stand to begin with. Out are those whose inline chain does not end at the
-- sample's innermost line; where no chain tells, those that the compiler does not report at the innermost line
-- too, if it reports on that file at all; and for a location with nothing inlined those of inlined functions. Then,
-- each only as long as it leaves one standing: the record stands at an inlined call of the right function; type
-- arguments in the function's name stand in the expression; a constant size is a size seen; many sizes mean a
-- record whose objects vary, one size one whose objects do not. Where a line has as many records as locations, a record that
-- is the only choice of one location is no choice of another.
--
-- key: series_id, location_id, escape_site_id
-- stored: on load
CREATE VIEW attribution._candidate (
  -- The series.
  series_id,
  -- Leaf location.
  location_id,
  -- The record.
  escape_site_id,
  -- moved_to_heap or escapes.
  kind,
  -- The compiler's rendering of what escapes.
  expression
) AS
WITH at_line AS (
  SELECT locations.*, records.* EXCLUDE (service, build, package, base_name, line, inner_base_name, inner_line),
    records.inner_base_name AS chain_base_name,
    records.inner_line AS chain_line
  FROM attribution._location AS locations
  JOIN attribution._package AS packages
    -- NULL labels are labels too.
    ON packages.service IS NOT DISTINCT FROM locations.service
    AND packages.build IS NOT DISTINCT FROM locations.build
    AND packages.package = locations.package
    AND packages.folder = locations.folder
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM locations.service
    AND records.build IS NOT DISTINCT FROM locations.build
    AND records.package = packages.reported_package
    AND records.base_name = locations.base_name
    AND records.line = locations.line
),
at_inner_line AS (
  SELECT DISTINCT locations.series_id, locations.location_id, records.kind, records.bare_expression
  FROM attribution._location AS locations
  JOIN attribution._package AS packages
    ON packages.service IS NOT DISTINCT FROM locations.service
    AND packages.build IS NOT DISTINCT FROM locations.build
    AND packages.package = locations.inner_package
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM locations.service
    AND records.build IS NOT DISTINCT FROM locations.build
    AND records.package = packages.reported_package
    AND records.base_name = locations.inner_base_name
    AND records.line = locations.inner_line
  WHERE locations.has_inlined
),
-- Files the report would tell of the innermost line of. Of a closure that is always inlined it tells nothing.
inner_files AS (
  SELECT DISTINCT locations.series_id, locations.location_id
  FROM attribution._location AS locations
  JOIN attribution._package AS packages
    ON packages.service IS NOT DISTINCT FROM locations.service
    AND packages.build IS NOT DISTINCT FROM locations.build
    AND packages.package = locations.inner_package
  JOIN attribution._file AS files
    ON files.service IS NOT DISTINCT FROM locations.service
    AND files.build IS NOT DISTINCT FROM locations.build
    AND files.package = packages.reported_package
    AND files.base_name = locations.inner_base_name
  WHERE NOT regexp_matches(locations.inner_function, '\.func\d+(\.\d+)*$')
),
possible AS (
  SELECT
    at_line.*,
    -- The report names a function from where it is called: create, session.New, (*T).Put.
    at_line.is_from_inlined AND coalesce(list_bool_or(
      list_transform(at_line.called_functions, lambda called:
        list_bool_or(list_transform(at_line.inlined_functions, lambda inlined:
          inlined = called OR ends_with(inlined, '.' || called) OR ends_with(inlined, '/' || called)
        ))
      )
    ), false) AS fits_call,
    contains(
      at_line.expression, regexp_extract(at_line.inner_function, '\[(.*)\]', 1)
    ) AS fits_type_arguments,
    at_line.slot_bytes IS NULL OR len(at_line.object_bytes) = 0
    OR list_contains(at_line.object_bytes, at_line.slot_bytes) AS fits_constant,
    len(at_line.object_bytes) = 0 OR (len(at_line.object_bytes) > 1) = at_line.is_variable_size AS fits_sizes
  FROM at_line
  LEFT JOIN at_inner_line
    ON at_inner_line.series_id = at_line.series_id
    AND at_inner_line.location_id = at_line.location_id
    AND at_inner_line.kind = at_line.kind
    AND at_inner_line.bare_expression = at_line.bare_expression
  LEFT JOIN inner_files
    ON inner_files.series_id = at_line.series_id
    AND inner_files.location_id = at_line.location_id
  WHERE CASE
    WHEN at_line.has_inline_chain AND at_line.has_inlined
      THEN coalesce(
        at_line.chain_line = at_line.inner_line AND at_line.chain_base_name = at_line.inner_base_name, false
      )
    WHEN at_line.has_inline_chain THEN at_line.chain_line IS NULL
    WHEN at_line.has_inlined THEN at_inner_line.kind IS NOT NULL OR inner_files.location_id IS NULL
    ELSE NOT at_line.is_from_inlined
  END
),
-- Each piece of evidence counts only among those that the ones before it left.
by_call AS (
  SELECT * FROM possible
  QUALIFY fits_call OR NOT has_inlined OR NOT bool_or(fits_call) OVER (PARTITION BY series_id, location_id)
),
by_type_arguments AS (
  SELECT * FROM by_call
  QUALIFY fits_type_arguments OR NOT bool_or(fits_type_arguments) OVER (PARTITION BY series_id, location_id)
),
by_constant AS (
  SELECT * FROM by_type_arguments
  QUALIFY fits_constant OR NOT bool_or(fits_constant) OVER (PARTITION BY series_id, location_id)
),
by_sizes AS (
  SELECT DISTINCT series_id, location_id, function, base_name, line, escape_site_id, kind, expression
  FROM (
    SELECT * FROM by_constant
    QUALIFY fits_sizes OR NOT bool_or(fits_sizes) OVER (PARTITION BY series_id, location_id)
  )
),
counted AS (
  SELECT
    *,
    COUNT(*) OVER (PARTITION BY series_id, location_id) AS choices,
    COUNT(DISTINCT location_id) OVER here = COUNT(DISTINCT escape_site_id) OVER here AS is_one_to_one
  FROM by_sizes
  WINDOW here AS (PARTITION BY series_id, function, base_name, line)
),
claimed AS (
  SELECT DISTINCT series_id, escape_site_id
  FROM counted
  WHERE choices = 1 AND is_one_to_one
)
SELECT series_id, location_id, escape_site_id, kind, expression
FROM counted
WHERE choices = 1
  OR NOT is_one_to_one
  -- Taken by the only location that it can be of.
  OR (series_id, escape_site_id) NOT IN (SELECT series_id, escape_site_id FROM claimed)
