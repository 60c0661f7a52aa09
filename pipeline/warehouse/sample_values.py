"""The values of one sample type in some profiles, straight from the table of samples.

The view `main.sample_value` hands a choice of profiles down to the samples, but looks for the type at each place that it may have:
it reads the profiles' samples five times, each time with a join. Here the place is looked up first, and its column read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from pipeline.values import Int32s
from pipeline.warehouse.query import ask

# At which place the profiles have the type: all at the same one, as a rule.
_POSITIONS = """
SELECT profile_id, position
FROM profile_sample_type
WHERE sample_type = $wanted AND position >= 0 AND profile_id IN (SELECT unnest($ids::INTEGER[]))
ORDER BY position, profile_id
"""
_KEPT = 4


# Profiles that have the same types at the same places, as a rule most of all.
_LAYOUTS = """
WITH of_profiles AS (
  SELECT profile_id, list({'position': position, 'sample_type': sample_type, 'unit': unit} ORDER BY position) AS types
  FROM profile_sample_type
  WHERE position >= 0
  GROUP BY profile_id
)
SELECT types, list(profile_id) AS profile_ids
FROM of_profiles
GROUP BY types
"""
# Four bytes each.
_MOST_PROFILES = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Layouts:
    """Where profiles have their sample types, for who asks of many.

    every   rows of profile_sample_type, in order
    places  by number of a profile which of these it has, the last for none
    """

    every: Sequence[Sequence[Mapping[str, Any]]]
    places: Int32s

    def positions(self, profile_ids: Sequence[int], sample_type: str) -> dict[int, list[int]]:
        """The profiles that have the type, by its place in them."""
        at: dict[int, list[int]] = {}
        for profile_id, layout in zip(profile_ids, self.places[list(profile_ids)].tolist(), strict=True):
            for one in self.every[layout]:
                if one["sample_type"] == sample_type:
                    at.setdefault(one["position"], []).append(profile_id)
        return at

    def common(self, profile_ids: Sequence[int]) -> dict[str, str]:
        """The unit of each sample type that all of the profiles have, in the order of the first."""
        first, *others = dict.fromkeys(self.places[list(profile_ids)].tolist())
        known = [{one["sample_type"] for one in self.every[layout]} for layout in others]
        types = {one["sample_type"]: one["unit"] for one in self.every[first]}
        return {name: unit for name, unit in types.items() if all(name in names for names in known)}


def every_layout(connection: duckdb.DuckDBPyConnection) -> Layouts | None:
    """That of every profile of a database; None where they are too many."""
    found = ask(connection, "SELECT coalesce(MAX(profile_id), 0) AS last FROM profile", described=False).table
    (last,) = found["last"].to_pylist()
    if last >= _MOST_PROFILES:
        return None
    rows = ask(connection, _LAYOUTS, described=False).table
    places = np.full(last + 1, rows.num_rows, np.int32)
    for layout, own in enumerate(rows["profile_ids"]):
        places[own.values.to_numpy()] = layout
    return Layouts([*rows["types"].to_pylist(), []], places)


def values_of(
    connection: duckdb.DuckDBPyConnection,
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    layouts: Layouts | None = None,
) -> str:
    """What stands in FROM, in brackets, for their samples: profile_id, stack_id and the value, which is not zero.

    Who asks joins it with those of the profiles that are wanted: it has others, too, where all have the type at one place.
    layouts  those of all profiles, where they are at hand
    """
    at = layouts.positions(profile_ids, sample_type) if layouts else _positions(connection, profile_ids, sample_type)
    if not at:
        return "SELECT profile_id, stack_id, value_0 AS value FROM sample LIMIT 0"
    is_one = len(at) == 1 and len(next(iter(at.values()))) == len(set(profile_ids))
    return " UNION ALL ".join(_part(position, None if is_one else own) for position, own in at.items())


def _positions(
    connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int], sample_type: str
) -> dict[int, list[int]]:
    """The profiles that have the type, by its place in them."""
    parameters = {"ids": list(profile_ids), "wanted": sample_type}
    found = ask(connection, _POSITIONS, parameters, name="positions", described=False).table
    at: dict[int, list[int]] = {}
    for profile_id, position in zip(found["profile_id"].to_pylist(), found["position"].to_pylist(), strict=True):
        at.setdefault(position, []).append(profile_id)
    return at


def _part(position: int, profile_ids: Sequence[int] | None) -> str:
    # Lists begin at 1.
    value = f"value_{position}" if position < _KEPT else f"more_values[{position - _KEPT + 1}]"
    where = "" if profile_ids is None else f"AND profile_id IN ({', '.join(map(str, profile_ids))})"
    return f"SELECT profile_id, stack_id, {value} AS value FROM sample WHERE {value} <> 0 {where}"
