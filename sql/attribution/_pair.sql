-- One row per series, leaf location and record of its outermost line that may explain its allocations.
--
-- A generic function's records stand in the report of the packages that instantiate it, under its own file.
-- Go's profiles name one file for all lines of a function; of one that is put together of several (goyacc's, by
-- `//line`) the records are those of the function's lines, whatever their file.
-- Out are records whose inline chain does not end at the sample's innermost line; where no chain tells, those that the
-- compiler does not report in the same form at the innermost line too, if it reports on that file at all; for a
-- location with nothing inlined those of inlined functions, unless only they can compile to the call; and where the
-- executable is at hand those that cannot compile to the call it has there.
--
-- key: series_id, location_id, escape_site_id
CREATE VIEW attribution._pair (
  -- The series.
  series_id,
  -- Leaf location.
  location_id,
  -- The record.
  escape_site_id,
  -- How many records stand at its outermost line.
  records_at_line,
  -- How many of them can have been inlined as the location was.
  records_in_place,
  -- How many of those can compile to the call; the same where the executable is not at hand.
  records_of_call,
  -- What speaks for it, the most telling first: its call is of a function that the location has inlined; its expression is
  -- reported at the innermost line; type arguments of the function stand in it; its type is the one the call is given;
  -- its constant size was seen; as many sizes were seen as it can have.
  evidence
) AS
WITH places AS (
  SELECT
    locations.*,
    packages.reported_package,
    packages.reported_folder,
    regexp_extract(locations.function, '^(?:[^\[]*/)?[^./\[]*\.([^\[]*)$', 1) AS function_there
  FROM attribution._location AS locations
  JOIN attribution._package AS packages
    -- NULL labels are labels too.
    ON packages.service IS NOT DISTINCT FROM locations.service
    AND packages.build IS NOT DISTINCT FROM locations.build
    AND packages.package = locations.package
    AND packages.folder = locations.folder
),
standing AS (
  SELECT places.series_id, places.location_id, records.*, true AS is_own
  FROM places
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM places.service
    AND records.build IS NOT DISTINCT FROM places.build
    AND records.package = places.reported_package
    AND records.base_name = places.base_name
    AND records.line = places.line
    AND (places.reported_folder IS NULL OR records.folder_name = places.reported_folder)
  UNION ALL
  SELECT places.series_id, places.location_id, records.*, true
  FROM places
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM places.service
    AND records.build IS NOT DISTINCT FROM places.build
    AND records.package = places.reported_package
    AND records.function = places.function_there
    AND records.line = places.line
    AND records.base_name <> places.base_name
  -- A package's initialisers are `init` in every file.
  WHERE NOT regexp_matches(places.function_there, '^init($|\.)')
  UNION ALL
  SELECT locations.series_id, locations.location_id, records.*, false
  FROM attribution._location AS locations
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM locations.service
    AND records.build IS NOT DISTINCT FROM locations.build
    AND records.folder_name = regexp_extract(locations.folder, '[^/\\]*$')
    AND records.base_name = locations.base_name
    AND records.line = locations.line
  WHERE contains(locations.function, '[')
),
-- Every package that instantiates a generic function reports the same of it.
reported AS (
  SELECT *
  FROM standing
  QUALIFY row_number() OVER (
    PARTITION BY series_id, location_id, "column", kind, expression
    ORDER BY is_own DESC, escape_site_id
  ) = 1
),
at_line AS (
  SELECT
    locations.*,
    calls.kind AS call_kind,
    calls.entry_point,
    calls.type_name AS called_type,
    reported.* EXCLUDE (series_id, location_id, service, build, package, base_name, function, line, "column", is_own),
    regexp_extract(locations.inner_function, '\[(.*)\]', 1) AS type_arguments
  FROM reported
  JOIN attribution._location AS locations USING (series_id, location_id)
  LEFT JOIN attribution._call AS calls USING (series_id, location_id)
),
-- What is reported at the innermost line itself: of the innermost package, or where a generic function is instantiated.
inner_standing AS (
  SELECT locations.series_id, locations.location_id, records.kind, records.form, records.bare_expression
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
  UNION ALL
  SELECT locations.series_id, locations.location_id, records.kind, records.form, records.bare_expression
  FROM attribution._location AS locations
  JOIN attribution._record AS records
    ON records.service IS NOT DISTINCT FROM locations.service
    AND records.build IS NOT DISTINCT FROM locations.build
    AND records.folder_name = regexp_extract(locations.inner_file, '([^/\\]+)[/\\][^/\\]*$', 1)
    AND records.base_name = locations.inner_base_name
    AND records.line = locations.inner_line
  WHERE locations.has_inlined AND contains(locations.inner_function, '[')
),
inner_records AS (
  SELECT
    series_id,
    location_id,
    list(DISTINCT {'kind': kind, 'form': form}) AS forms,
    list(DISTINCT {'kind': kind, 'expression': bare_expression}) AS expressions
  FROM inner_standing
  GROUP BY series_id, location_id
),
-- Files the report would tell of the innermost line of. Of a closure that is always inlined, as the body of a loop over
-- a function is, it tells nothing, and of
-- a generic function only where it is instantiated.
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
  WHERE NOT regexp_matches(locations.inner_function, '\.func\d+(\.\d+)*$|-range\d+$')
    AND NOT contains(locations.inner_function, '[')
),
weighed AS (
  SELECT
    at_line.series_id,
    at_line.location_id,
    at_line.escape_site_id,
    CASE
      WHEN at_line.has_inline_chain AND at_line.has_inlined THEN coalesce(
        list_contains(at_line.inner_places, {'base_name': at_line.inner_base_name, 'line': at_line.inner_line}), false
      )
      WHEN at_line.has_inline_chain THEN at_line.inner_places IS NULL OR at_line.kind = 'moved_to_heap'
      WHEN at_line.has_inlined
        THEN list_contains(inner_records.forms, {'kind': at_line.kind, 'form': at_line.form})
        OR inner_files.location_id IS NULL
      ELSE NOT at_line.is_from_inlined
        OR at_line.is_of_caller
    END AS is_in_place,
    at_line.has_inlined,
    at_line.call_kind,
    at_line.call_kind IS NULL OR (
      list_contains(at_line.call_kinds, at_line.call_kind)
      -- A map for eight elements at most, or for no number of them, has a function of its own, walk/builtin.go: walkMakeMap.
      AND NOT coalesce(
        CASE at_line.entry_point
          WHEN 'makemap_small'
            THEN TRY_CAST(regexp_extract(at_line.expression, '^make\(map\[.*, (\d+)\)$', 1) AS BIGINT) > 8
          WHEN 'makemap'
            THEN regexp_matches(at_line.expression, '^make\(map\[([^,]*|.*, [0-8])\)$')
        END,
        false
      )
    ) AS is_of_call,
    -- The report names a function from where it is called: create, session.New, (*T).Put.
    at_line.has_inlined AND at_line.is_from_inlined AND coalesce(list_bool_or(
      list_transform(at_line.called_functions, lambda called:
        list_bool_or(list_transform(at_line.inlined_functions, lambda inlined:
          inlined = called OR ends_with(inlined, '.' || called) OR ends_with(inlined, '/' || called)
        ))
      )
    ), false) AS fits_call,
    coalesce(list_contains(
      inner_records.expressions, {'kind': at_line.kind, 'expression': at_line.bare_expression}
    ), false) AS fits_inner,
    coalesce(list_bool_and(list_transform(
      regexp_extract_all(at_line.expression, 'go\.shape\.[\[\]*]*\w+'),
      lambda shape: contains(at_line.type_arguments, shape)
    )), true) AS fits_shapes,
    NOT regexp_matches(replace(at_line.expression, 'map[', ''), '\w\[go\.shape\.')
    OR contains(at_line.expression, at_line.type_arguments) AS fits_type_arguments,
    coalesce(at_line.type_name = at_line.called_type, true) AS fits_type,
    len(at_line.object_bytes) = 0 OR CASE
      WHEN at_line.slot_bytes IS NOT NULL THEN list_contains(at_line.object_bytes, at_line.slot_bytes)
      -- A whole number of bytes an element, and at most an eighth lost to rounding up.
      WHEN at_line.elements > 0 THEN coalesce(list_bool_or(list_transform(
        at_line.object_bytes,
        lambda b: b >= at_line.elements AND b % at_line.elements <= b // 8
      )), false)
      ELSE true
    END AS fits_constant,
    len(at_line.object_bytes) < 2 OR at_line.is_variable_size AS fits_sizes,
    at_line.kind = 'moved_to_heap'
    OR at_line.has_inlined = (at_line.is_from_inlined AND NOT at_line.is_of_caller) AS fits_owner,
    NOT (at_line.is_variable_size AND len(at_line.object_bytes) = 1) AS fits_one_size,
    at_line.is_variable_size OR at_line.slot_bytes IS NOT NULL OR at_line.elements IS NOT NULL
    OR coalesce(list_max(at_line.object_bytes), 0) < 1024 AS fits_scale
  FROM at_line
  LEFT JOIN inner_records USING (series_id, location_id)
  LEFT JOIN inner_files USING (series_id, location_id)
),
-- Where the place leaves nothing of what can compile to the call, it was read too narrowly: code that was inlined may
-- have lost its line.
placed AS (
  SELECT * REPLACE (
    is_in_place
    OR (
      NOT has_inlined
      AND call_kind IS NOT NULL
      AND NOT coalesce(bool_or(is_in_place AND is_of_call) OVER here, false)
    ) AS is_in_place
  )
  FROM weighed
  WINDOW here AS (PARTITION BY series_id, location_id)
),
counted AS (
  SELECT
    *,
    COUNT(*) OVER here AS records_at_line,
    COUNT(*) FILTER (is_in_place) OVER here AS records_in_place,
    COUNT(*) FILTER (is_in_place AND is_of_call) OVER here AS records_of_call
  FROM placed
  WINDOW here AS (PARTITION BY series_id, location_id)
)
SELECT
  series_id,
  location_id,
  escape_site_id,
  records_at_line,
  records_in_place,
  records_of_call,
  fits_call::INTEGER * 512
  + fits_owner::INTEGER * 256
  + fits_inner::INTEGER * 128
  + fits_shapes::INTEGER * 64
  + fits_type_arguments::INTEGER * 32
  + fits_type::INTEGER * 16
  + fits_constant::INTEGER * 8
  + fits_sizes::INTEGER * 4
  + fits_scale::INTEGER * 2
  + fits_one_size::INTEGER
FROM counted
WHERE is_in_place AND is_of_call
  -- Where nothing else tells, a line of one variable is not where objects of many sizes come from.
  AND (fits_sizes OR call_kind IS NOT NULL)
