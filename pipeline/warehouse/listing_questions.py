"""What the compiler said of the lines of functions, asked when they are listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
LISTINGS: Final = ("int64.clamp", "stack._line", "escape.on_lines")


def verdicts(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int], pattern: str) -> Result:
    """Verdicts, and calls that were inlined, in the files of the functions that a regular expression finds."""
    query = "FROM escape.on_lines($ids, $pattern)"
    return ask(connection, query, {"ids": list(profile_ids), "pattern": pattern}, name="verdicts")


def owners(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int]) -> Result:
    """The services and builds of some profiles, and whether there is an escape report of each."""
    return ask(connection, _OWNERS, {"ids": list(profile_ids)}, name="owners", described=False)


_OWNERS: Final = """
SELECT DISTINCT
  profile.service,
  profile.build,
  EXISTS (
    FROM escape_report AS reports
    WHERE reports.service IS NOT DISTINCT FROM profile.service AND reports.build IS NOT DISTINCT FROM profile.build
  ) AS has_report
FROM profile
WHERE list_contains($ids, profile_id)
ORDER BY ALL
"""
