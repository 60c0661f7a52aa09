"""What there is: profiles, series and sources, each one query, each answered as a Result."""

from __future__ import annotations

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask, equal
from pipeline.warehouse.query import where as chosen
from pipeline.warehouse.questions import Selection

# What they stand on: a database that is made for one of them has no other views.
PROFILES = ("int64.clamp", "inventory.profiles")
SERIES = ("int64.clamp", "inventory.series")
SOURCES = ("int64.clamp", "inventory.sources")


def profiles(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Result:
    """The profiles of a selection, the newest first, those that do not say when last."""
    where, parameters = _conditions(selection, first="taken_at", last="taken_at")
    order = "ORDER BY taken_at DESC NULLS LAST, profile_id DESC"
    return ask(connection, f"FROM inventory.profiles{where}\n{order}", parameters, name="profiles")


def series(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Result:
    """The series that a selection has profiles of, those with the newest first."""
    where, parameters = _conditions(selection, first="first_at", last="last_at")
    order = "ORDER BY last_at DESC NULLS LAST, series_id"
    return ask(connection, f"FROM inventory.series{where}\n{order}", parameters, name="series")


def sources(connection: duckdb.DuckDBPyConnection, selection: Selection, *, status: str | None = None) -> Result:
    """The sources of a selection, what was read last first; `status` is ingested or refused."""
    where, parameters = _conditions(selection, first="taken_at", last="taken_at", status=status)
    order = "ORDER BY ingested_at DESC, source_id DESC"
    return ask(connection, f"FROM inventory.sources{where}\n{order}", parameters, name="sources")


def _conditions(
    selection: Selection, *, first: str, last: str, status: str | None = None
) -> tuple[str, dict[str, object]]:
    """A WHERE of what was given alone, so that the query is as short as the choice, and its parameters.

    first, last  columns of when what a row stands for was taken
    """
    owner = {name: getattr(selection, name) for name in ("service", "instance", "build", "kind")}
    return chosen(
        {
            **equal(**owner, series_id=selection.series, status=status),
            "since": (f"{last} >= $since", selection.since),
            "until": (f"{first} <= $until", selection.until),
            "parts": (_NAMED, list(selection.profiles) or None),
        }
    )


# As `questions.profiles` takes them: numbers are ids, all else is a hash or a part of a name.
_NAMED = """len(
  list_filter(
    $parts,
    lambda part: CASE
      WHEN regexp_full_match(part, '[0-9]+') THEN part = profile_id::VARCHAR
      ELSE part = profile_hash OR contains(array_to_string(names, chr(10)), part)
    END
  )
) > 0"""
