"""What a pprof file is made of, for the samples of some profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.values import Sampled
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS: Final = ("int64.clamp", "main.sample_value", "stack._location")

# What makes two samples one: nothing, stack and labels, the stack alone.
Unit = Literal["sample", "labelled stack", "stack"]


def sampled(
    connection: duckdb.DuckDBPyConnection,
    profiles: Mapping[int, int],
    sample_types: Sequence[str] | None = None,
    *,
    unit: Unit = "labelled stack",
    stack_ids: Sequence[int] | None = None,
    label_set_ids: Sequence[int] | None = None,
    is_never_negative: bool = False,
) -> Sampled:
    """The samples of some profiles, added up, with all that is needed to name their stacks.

    profiles           profile_id -> how often it counts; -1 takes it away
    sample_types       all of the profiles when None, in the order of the first profile that has them
    unit               `sample` keeps each sample of one profile apart, in the order of its file
    stack_ids          only samples with these; all when None
    label_set_ids      only samples with these; all when None
    is_never_negative  less than nothing counts as nothing
    """
    parameters: dict[str, object] = {
        "profiles": [
            {"profile_id": id, "times": times, "place": place} for place, (id, times) in enumerate(profiles.items())
        ],
        "types": None if sample_types is None else list(sample_types),
        "stacks": None if stack_ids is None else list(stack_ids),
        "sets": None if label_set_ids is None else list(label_set_ids),
    }

    def asked(query: str, **more: object) -> pa.Table:
        return ask(connection, _CHOSEN + query, {**parameters, **more}, described=False).table

    types = asked(_TYPES)
    rows = asked(_ROWS, unit=unit, least=0 if is_never_negative else None)
    is_first = rows["place"].to_numpy() == 1
    return Sampled(
        header=_header(asked(_HEADERS).to_pylist(), types["sample_type"].to_pylist(), is_whole=sample_types is None),
        sample_types=list(_named(types.to_pylist())),
        samples=rows.select(["stack_id", "label_set_id"]).filter(pa.array(is_first)),
        values=rows.select(["row_index", "position", "value"]),
        stacks=asked(_STACKS),
        label_sets=asked(_LABEL_SETS),
        locations=asked(_LOCATIONS),
        functions=asked(_FUNCTIONS),
        mappings=asked(_MAPPINGS, is_one=len(profiles) == 1),
    )


def whole(connection: duckdb.DuckDBPyConnection, profile_id: int) -> Sampled:
    """Every sample of one profile, in the order of its file; what `sampled` gives of `sample`, asked as it is stored."""

    def asked(query: str) -> pa.Table:
        return ask(connection, query, {"id": profile_id}, described=False).table

    (header,) = asked(_ONE_HEADER).to_pylist()
    types = header.pop("types")
    samples = asked(_ONE_SAMPLES)
    mappings = asked(_ONE_MAPPINGS)
    return Sampled(
        header=header,
        sample_types=list(_named(types)),
        samples=samples.select(["stack_id", "label_set_id"]),
        values=_long(samples, len(types)),
        stacks=asked(_USED + "SELECT stack_id, location_ids FROM used"),
        label_sets=asked(_ONE_LABEL_SETS),
        locations=asked(_USED + "SELECT location_id, mapping_id, address, is_folded, lines FROM placed"),
        functions=asked(_USED + _ONE_FUNCTIONS),
        mappings=mappings,
    )


def _long(samples: pa.Table, width: int) -> pa.Table:
    """The values of samples, a row for each that is there."""
    columns = [samples[f"value_{position}"].combine_chunks() for position in range(min(width, _IN_COLUMNS))]
    columns += [
        pc.list_element(samples["more_values"], position).combine_chunks() for position in range(width - _IN_COLUMNS)
    ]
    rows = np.arange(len(samples))
    return pa.table(
        {
            "row_index": np.tile(rows, width),
            "position": np.repeat(np.arange(width), len(samples)),
            "value": pa.concat_arrays(columns) if columns else pa.array([], pa.int64()),
        }
    )


def _named(types: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Names as the file has them: a repeated one without its position."""
    seen: set[str] = set()
    for position, one in enumerate(types):
        name = one["sample_type"]
        plain = name.removesuffix(f"#{position}")
        seen.add(name)
        yield plain if plain in seen else name, one["unit"]


# Values that a sample has in columns of their own.
_IN_COLUMNS: Final = 4
_ONE_HEADER: Final = """
SELECT
  time_ns, duration_ns, period, period_type, period_unit, default_sample_type, drop_frames, keep_frames, comments, doc_url,
  coalesce(
    (
      SELECT list({'sample_type': sample_type, 'unit': unit} ORDER BY position)
      FROM profile_sample_type AS types
      WHERE types.profile_id = profile.profile_id
    ),
    []
  ) AS types
FROM profile
WHERE profile_id = $id
"""
_ONE_SAMPLES: Final = """
SELECT stack_id, label_set_id, value_0, value_1, value_2, value_3, more_values
FROM sample
WHERE profile_id = $id
ORDER BY sample_index
"""
_USED: Final = """
WITH used AS (
  SELECT stack_id, location_ids FROM stack WHERE stack_id IN (SELECT stack_id FROM sample WHERE profile_id = $id)
),
placed AS (
  SELECT * FROM stack._location WHERE location_id IN (SELECT unnest(location_ids) FROM used)
)
"""
_ONE_FUNCTIONS: Final = """
SELECT function_id, name, system_name, file, start_line
FROM function
WHERE function_id IN (SELECT line.function_id FROM (SELECT unnest(lines) AS line FROM placed))
"""
_ONE_LABEL_SETS: Final = """
SELECT label_set_id, labels
FROM label_set
WHERE label_set_id IN (SELECT label_set_id FROM sample WHERE profile_id = $id)
"""
_ONE_MAPPINGS: Final = """
SELECT mapping_id, memory_start, memory_limit, mapping.* EXCLUDE (mapping_id)
FROM profile_mapping
JOIN mapping USING (mapping_id)
WHERE profile_id = $id
ORDER BY position
"""


def _header(headers: Sequence[Mapping[str, Any]], names: Sequence[str], *, is_whole: bool) -> Mapping[str, Any]:
    """Of one whole file its header, of several what pprof makes of theirs: google/pprof, profile/merge.go, combineHeaders.

    names  the sample types that are left: one that is not there any more is not the one to show first
    """
    if len(headers) == 1 and is_whole:
        return headers[0]
    added = [one for one in headers if one["times"] > 0]
    first = (added or [*headers, _NO_HEADER])[0]
    defaults = [one["default_sample_type"] for one in added if one["default_sample_type"] in names]
    return {
        **first,
        "time_ns": min((one["time_ns"] for one in added if one["time_ns"]), default=0),
        "duration_ns": _clamped(sum(one["duration_ns"] * one["times"] for one in headers)),
        "period": max((one["period"] for one in headers), default=0),
        "default_sample_type": next(iter(defaults), ""),
        "comments": list(dict.fromkeys(comment for one in headers for comment in one["comments"])),
        "doc_url": next((one["doc_url"] for one in headers if one["doc_url"]), ""),
    }


def _clamped(value: int) -> int:
    return min(max(value, -(2**63)), 2**63 - 1)


_NO_HEADER: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("period_type", "period_unit", "drop_frames", "keep_frames"), ""),
    "comments": [],
}
_CHOSEN: Final = """
WITH counted AS (
  SELECT each.profile_id, each.times, each.place
  FROM (SELECT unnest($profiles::STRUCT(profile_id INTEGER, times INTEGER, place INTEGER)[]) AS each)
),
typed AS (
  SELECT
    sample_type,
    arg_min(unit, (time_ns, profile_id)) AS unit,
    (row_number() OVER (
      ORDER BY list_position($types::VARCHAR[], sample_type), arg_min((time_ns, profile_id, position), (time_ns, profile_id))
    ) - 1)::INTEGER AS position
  FROM profile_sample_type
  JOIN counted USING (profile_id)
  JOIN profile USING (profile_id)
  WHERE $types IS NULL OR list_contains($types::VARCHAR[], sample_type)
  GROUP BY sample_type
),
chosen AS (
  SELECT sample.*, typed.position, counted.times, counted.place
  FROM sample_value AS sample
  JOIN counted USING (profile_id)
  JOIN typed USING (sample_type)
  WHERE ($stacks IS NULL OR stack_id IN (SELECT unnest($stacks::INTEGER[])))
    AND ($sets IS NULL OR label_set_id IN (SELECT unnest($sets::INTEGER[])))
  -- A sample of nothing but zeros is one too.
  UNION ALL
  SELECT profile_id, sample_index, stack_id, NULL, 0, label_set_id, 0, times, place
  FROM sample
  JOIN counted USING (profile_id)
  WHERE ($stacks IS NULL OR stack_id IN (SELECT unnest($stacks::INTEGER[])))
    AND ($sets IS NULL OR label_set_id IN (SELECT unnest($sets::INTEGER[])))
),
placed AS (
  SELECT * FROM stack._location WHERE location_id IN (
    SELECT unnest(location_ids) FROM stack WHERE stack_id IN (SELECT stack_id FROM chosen)
  )
)
"""
_TYPES: Final = "SELECT sample_type, unit FROM typed ORDER BY position"
_ROWS: Final = """,
added AS (
  SELECT
    CASE WHEN $unit = 'sample' THEN sample_index ELSE 0 END AS sample_index,
    stack_id,
    CASE WHEN $unit <> 'stack' THEN label_set_id END AS label_set_id,
    position,
    greatest(int64.clamp(SUM(value::HUGEINT * times)), $least::BIGINT) AS value,
    MIN((place, chosen.sample_index)) FILTER (value <> 0) AS seen_at
  FROM chosen
  GROUP BY ALL
),
-- Where a stack is met first, in the order of the profiles and their samples: profile/merge.go, mapSample.
met AS (
  SELECT *, MIN(seen_at) OVER (PARTITION BY sample_index, stack_id, label_set_id) AS first_at
  FROM added
  WHERE $unit = 'sample' OR value <> 0
)
SELECT
  dense_rank() OVER (ORDER BY sample_index, first_at, stack_id, label_set_id) - 1 AS row_index,
  row_number() OVER (PARTITION BY sample_index, stack_id, label_set_id ORDER BY position) AS place,
  stack_id,
  label_set_id,
  position,
  value
FROM met
ORDER BY row_index, position
"""
_HEADERS: Final = """
SELECT
  counted.times, time_ns, duration_ns, period, period_type, period_unit, default_sample_type, drop_frames, keep_frames, comments, doc_url
FROM profile
JOIN counted USING (profile_id)
ORDER BY counted.place
"""
_STACKS: Final = """
SELECT stack_id, location_ids FROM stack WHERE stack_id IN (SELECT stack_id FROM chosen) ORDER BY stack_id
"""
_LABEL_SETS: Final = """
SELECT label_set_id, labels FROM label_set WHERE label_set_id IN (SELECT label_set_id FROM chosen) ORDER BY label_set_id
"""
_LOCATIONS: Final = "SELECT location_id, mapping_id, address, is_folded, lines FROM placed ORDER BY location_id"
_FUNCTIONS: Final = """
SELECT function_id, name, system_name, file, start_line
FROM function
WHERE function_id IN (SELECT line.function_id FROM (SELECT unnest(lines) AS line FROM placed))
ORDER BY function_id
"""
# Of one file all mappings are there; of several the main binary and those that stacks need, each where the first file has it.
_MAPPINGS: Final = """
SELECT
  mapping_id,
  memory_start,
  memory_limit,
  mapping.* EXCLUDE (mapping_id)
FROM profile_mapping
JOIN counted USING (profile_id)
JOIN mapping USING (mapping_id)
WHERE $is_one
  OR mapping_id IN (SELECT mapping_id FROM placed)
  OR (place, position) = (
    SELECT MIN((place, position)) FROM profile_mapping JOIN counted USING (profile_id)
  )
QUALIFY $is_one OR row_number() OVER (PARTITION BY mapping_id ORDER BY place, position) = 1
ORDER BY position, place
"""
