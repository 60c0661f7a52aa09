"""The values of one sample type in some profiles, straight from the table of samples.

The view `main.sample_value` joins every sample with its types before it is known which profiles are wanted; asked by a list of
profiles it reads all of them. The table alone is read at the blocks where the profiles are.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.warehouse.query import ask

# At which place the profiles have the type: all at the same one, as a rule.
_POSITIONS = """
SELECT profile_id, position
FROM profile_sample_type
WHERE sample_type = $wanted AND position >= 0 AND profile_id IN (SELECT unnest($ids::INTEGER[]))
ORDER BY position, profile_id
"""
_KEPT = 4


def values_of(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int], sample_type: str) -> str:
    """What stands in FROM, in brackets, for their samples: profile_id, stack_id and the value, which is not zero.

    Who asks joins it with those of the profiles that are wanted: it has others, too, where all have the type at one place.
    """
    parameters = {"ids": list(profile_ids), "wanted": sample_type}
    found = ask(connection, _POSITIONS, parameters, name="positions", described=False).table
    at: dict[int, list[int]] = {}
    for profile_id, position in zip(found["profile_id"].to_pylist(), found["position"].to_pylist(), strict=True):
        at.setdefault(position, []).append(profile_id)
    if not at:
        return "SELECT profile_id, stack_id, value_0 AS value FROM sample LIMIT 0"
    is_one = len(at) == 1 and len(next(iter(at.values()))) == len(set(profile_ids))
    return " UNION ALL ".join(_part(position, None if is_one else own) for position, own in at.items())


def _part(position: int, profile_ids: Sequence[int] | None) -> str:
    # Lists begin at 1.
    value = f"value_{position}" if position < _KEPT else f"more_values[{position - _KEPT + 1}]"
    where = "" if profile_ids is None else f"AND profile_id IN ({', '.join(map(str, profile_ids))})"
    return f"SELECT profile_id, stack_id, {value} AS value FROM sample WHERE {value} <> 0 {where}"
