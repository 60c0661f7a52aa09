-- One row per series and sample type: what Grafana's Pyroscope data source calls a profile type, and the labels to select by.
--
-- Heap and allocs profiles tell the same four figures under one name, memory: where there are both of the same labels and
-- program, those of kind heap are here. A sample type with a colon in its name is not, for it could not be named.
--
-- key: series_id, sample_type
CREATE VIEW pyroscope.stream (
  -- Profiles of one kind and program with the same labels, between two restarts.
  series_id,
  -- What was measured, as in `sample`.
  sample_type,
  -- `name:sample_type:unit:period_type:period_unit`.
  profile_type,
  -- process_cpu, memory, or the kind of the profiles.
  name,
  -- bytes, count, nanoseconds.
  unit,
  -- What is counted between samples.
  period_type,
  -- Unit of the period.
  period_unit,
  -- Those of the files, with service_name for the service, and what Pyroscope calls `__name__`, `__profile_type__` and so on.
  labels,
  -- When its first profile was taken, milliseconds since 1970.
  first_ms,
  -- When its last profile was taken.
  last_ms
) AS
WITH typed AS (
  SELECT
    profile.series_id,
    types.sample_type,
    any_value(profile.kind) AS kind,
    any_value(profile.labels) AS labels,
    any_value(coalesce(profile.service, '')) AS service,
    any_value(coalesce(profile.program, '')) AS program,
    any_value(coalesce(profile.build_id, '')) AS build_id,
    MIN(replace(types.unit, ':', '_')) AS unit,
    MIN(nullif(replace(profile.period_type, ':', '_'), '')) AS period_type,
    MIN(nullif(replace(profile.period_unit, ':', '_'), '')) AS period_unit,
    MIN(profile.time_ns) // 1000000 AS first_ms,
    MAX(profile.time_ns) // 1000000 AS last_ms
  FROM profile
  JOIN profile_sample_type AS types USING (profile_id)
  WHERE NOT contains(types.sample_type, ':')
  GROUP BY profile.series_id, types.sample_type
),
-- What a file does not say is what Go's own say.
named AS (
  SELECT
    * EXCLUDE (period_type, period_unit),
    CASE kind WHEN 'heap' THEN 'memory' WHEN 'allocs' THEN 'memory' WHEN 'cpu' THEN 'process_cpu' ELSE kind END AS name,
    coalesce(
      period_type,
      CASE
        WHEN kind IN ('heap', 'allocs') THEN 'space'
        WHEN kind IN ('mutex', 'block') THEN 'contentions'
        ELSE kind
      END
    ) AS period_type,
    coalesce(
      period_unit,
      CASE WHEN kind IN ('heap', 'allocs') THEN 'bytes' WHEN kind = 'cpu' THEN 'nanoseconds' ELSE 'count' END
    ) AS period_unit,
    nullif(coalesce(nullif(service, ''), labels['service_name'], ''), '') AS service_name
  FROM typed
  QUALIFY kind <> 'allocs' OR NOT bool_or(kind = 'heap') OVER (PARTITION BY sample_type, labels, program, build_id)
),
joined AS (
  SELECT
    *,
    concat_ws(':', name, sample_type, unit, period_type, period_unit) AS profile_type,
    coalesce(service_name, 'unknown_service') AS shown_service
  FROM named
)
SELECT
  series_id,
  sample_type,
  profile_type,
  name,
  unit,
  period_type,
  period_unit,
  map_from_entries(
    list_concat(
      list_filter(
        map_entries(labels),
        lambda label: label.key NOT IN ('service', 'service_name')
          AND NOT starts_with(label.key, '__')
          AND label.value <> ''
      ),
      [
        {'key': 'service_name', 'value': shown_service},
        {'key': '__service_name__', 'value': shown_service},
        {'key': '__name__', 'value': name},
        {'key': '__type__', 'value': sample_type},
        {'key': '__unit__', 'value': unit},
        {'key': '__period_type__', 'value': period_type},
        {'key': '__period_unit__', 'value': period_unit},
        {'key': '__profile_type__', 'value': profile_type}
      ]
    )
  ),
  first_ms,
  last_ms
FROM joined
