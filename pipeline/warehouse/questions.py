"""The questions the commands ask, each one query, each answered as a Result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import duckdb

from pipeline.values import Question, Result
from pipeline.warehouse import flame_tree
from pipeline.warehouse.query import ask
from pipeline.warehouse.runnable import Expression, literal

# What the questions of a command stand on: a database that is made for one of them has no other views.
STACKS = ("int64.clamp", "stack._line")
FLAMES = (*STACKS, "flame.tree", "flame.diff", "flame.weighted", "flame.folded", "stack.frames")
SITE_FLAMES = (*FLAMES, "heap.series", "heap.series_between", "attribution.site_stacks", "main.is_place")
GROWTH = (
    "int64.clamp",
    "heap.series",
    "heap.series_between",
    "heap.ends",
    "attribution.growth_by_site",
    "attribution.growth",
    "attribution.growth_between",
    "attribution.own_code_between",
    "attribution.modules_between",
    "attribution.coverage",
    "attribution.coverage_between",
    "attribution.misfit",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which profiles a question is about; None and empty mean any.

    profiles  ids as 16 hexadecimal digits, or parts of the uri
    since, until  when they were taken, UTC, both ends included; what does not say when fits no span
    """

    service: str | None = None
    instance: str | None = None
    build: str | None = None
    kind: str | None = None
    series: str | None = None
    profiles: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_of_a_span(self) -> bool:
        """Whether it is about a part of the time there is."""
        return self.since is not None or self.until is not None


def inputs(connection: duckdb.DuckDBPyConnection) -> Result:
    """How many inputs of each format and status there are."""
    return ask(
        connection,
        "SELECT format, status, COUNT(*) AS inputs, int64.clamp(SUM(size_bytes)) AS size_bytes FROM source GROUP BY ALL ORDER BY ALL",
        name="inputs",
    )


def profiles(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Result:
    """The profiles of a selection, oldest first, with the uri and the binary of each."""
    return ask(connection, _PROFILES, _parameters(selection), name="profiles", described=False)


_PROFILES = """
SELECT
  profile.profile_id,
  series_id,
  source.uri,
  profile.kind,
  service,
  instance,
  build,
  taken_at,
  time_ns,
  duration_ns,
  default_sample_type,
  comments,
  doc_url,
  coalesce(mapping.file, '') AS file,
  coalesce(mapping.build_id, '') AS build_id
FROM profile
JOIN source USING (source_id)
LEFT JOIN profile_mapping ON profile_mapping.profile_id = profile.profile_id AND profile_mapping.position = 0
LEFT JOIN mapping USING (mapping_id)
WHERE ($service IS NULL OR service = $service)
  AND ($instance IS NULL OR instance = $instance)
  AND ($build IS NULL OR build = $build)
  AND ($kind IS NULL OR kind = $kind)
  AND ($series IS NULL OR series_id = $series)
  AND (($since IS NULL AND $until IS NULL) OR time_ns <> 0)
  AND ($since IS NULL OR taken_at >= $since)
  AND ($until IS NULL OR taken_at <= $until)
  AND (
    len($profiles) = 0
    OR len(
      list_filter(
        $profiles,
        lambda part: CASE
          WHEN regexp_full_match(part, '[0-9]+') THEN part = profile.profile_id::VARCHAR
          ELSE contains(source.uri, part) OR part = profile.profile_hash
        END
      )
    ) > 0
  )
ORDER BY time_ns, profile.profile_id
"""


def sample_types(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int]) -> Result:
    """The sample types that all of the profiles have, in the order of the first."""
    return ask(
        connection,
        _SAMPLE_TYPES,
        {"ids": list(profile_ids), "first": profile_ids[0]},
        name="sample types",
        described=False,
    )


_SAMPLE_TYPES = """
SELECT sample_type, any_value(unit) AS unit
FROM profile_sample_type
WHERE list_contains($ids, profile_id)
GROUP BY sample_type
HAVING COUNT(DISTINCT profile_id) = len($ids)
ORDER BY MIN(position) FILTER (profile_id = $first)
"""


def series(connection: duckdb.DuckDBPyConnection, selection: Selection, *, least: int = 2) -> Result:
    """Series of heap profiles that have a growth, the largest first; with `least` of 1 those of one profile too.

    Of a span of time they are as if there were only its profiles.
    """
    source = "heap.series_between($since, $until)" if selection.is_of_a_span else "heap.series"
    return ask(connection, _SERIES.format(source=source), {**_parameters(selection), "least": least}, name="series")


_SERIES = """
SELECT * EXCLUDE (labels), labels::VARCHAR AS label_text
FROM {source}
WHERE profiles >= $least
  AND ($service IS NULL OR service = $service)
  AND ($instance IS NULL OR instance = $instance)
  AND ($build IS NULL OR build = $build)
  AND ($kind IS NULL OR kind = $kind)
  AND ($series IS NULL OR series_id = $series)
  AND len($profiles) >= 0
  AND ($since IS NULL OR last_at >= $since)
  AND ($until IS NULL OR first_at <= $until)
ORDER BY growth_bytes DESC, series_id
"""


def series_ids(selection: Selection) -> Expression:
    """The series of `series` with a growth as an expression: the list of their ids, whenever it is asked."""
    of_series = {"service": selection.service, "instance": selection.instance, "build": selection.build}
    of_series |= {"kind": selection.kind, "series_id": selection.series}
    conditions = [f"{name} = {literal(value)}" for name, value in of_series.items() if value is not None]
    return Expression(f"(SELECT list(series_id) FROM heap.series WHERE {' AND '.join(['profiles > 1', *conditions])})")


def top(
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    base_ids: Sequence[int] = (),
    pattern: str | None = None,
    filters: Mapping[str, str] | None = None,
) -> Question:
    """The query of functions with their weights, as `heapscape top` and `diff` work them out, and `peek` those that match.

    pattern  of the functions to be looked at, with callers and callees; None for all, without
    filters  parameters of `flame.top` and `flame.peek`
    """
    more = {"base_ids": list(base_ids), **(filters or {})}
    named = {name: value for name, value in more.items() if value}
    given = {"ids": list(profile_ids), "wanted": sample_type, **({} if pattern is None else {"pattern": pattern})}
    calls = ", ".join([*(f"${name}" for name in given), *(f"{name} := ${name}" for name in named)])
    return Question(f"FROM flame.{'top' if pattern is None else 'peek'}({calls})", {**given, **named})


def flows(
    connection: duckdb.DuckDBPyConnection, series_ids: Sequence[int], records: Sequence[int] | None = None
) -> Result:
    """The compiler's explanations of the records that explain some series; of some of these records only when given."""
    where = "" if records is None else " AND list_contains($records, escape_site_id)"
    query = f"""
    SELECT DISTINCT * EXCLUDE (series_id)
    FROM attribution.flow
    WHERE list_contains($ids, series_id){where}
    ORDER BY escape_site_id, step
    """
    parameters = {"ids": list(series_ids), **({} if records is None else {"records": list(records)})}
    return ask(connection, query, parameters, name="flow")


def site_stacks(connection: duckdb.DuckDBPyConnection, series_id: int, file: str, line: int) -> Result:
    """The stacks of a series whose allocation site is a line; `file` is the end of a path."""
    query = "FROM attribution.site_stacks($series, $file, $line)"
    return ask(connection, query, {"series": series_id, "file": file, "line": line}, name="stacks")


def tree(
    connection: duckdb.DuckDBPyConnection,
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    most: int | None = None,
    names: flame_tree.Names | None = None,
) -> Result:
    """Flame graph rows in depth-first order; of some stacks only when given; most and names are as in `flame_tree.tree`."""
    found = flame_tree.tree(connection, [], profile_ids, sample_type, stacks=stacks, most=most, names=names)
    parameters: dict[str, object] = {"ids": list(profile_ids), "wanted": sample_type}
    return replace(one_sided(found), question=_flame_query("flame.tree($ids, $wanted", parameters, stacks))


def one_sided(found: Result) -> Result:
    """The right one of two flame graphs that are laid over each other."""
    table = found.table.drop_columns(["value", "self"]).rename_columns({"valueRight": "value", "selfRight": "self"})
    return Result("flame graph", (), table)


def _flame_query(begun: str, parameters: dict[str, object], stacks: Sequence[int] | None) -> Question:
    if stacks is None:
        return Question(f"FROM {begun})", parameters)
    return Question(f"FROM {begun}, stack_ids := $stacks)", {**parameters, "stacks": list(stacks)})


def diff(
    connection: duckdb.DuckDBPyConnection,
    base_ids: Sequence[int],
    profile_ids: Sequence[int],
    sample_type: str,
    *,
    stacks: Sequence[int] | None = None,
    most: int | None = None,
    names: flame_tree.Names | None = None,
) -> Result:
    """Rows of two flame graphs laid over each other, in depth-first order; most and names are as in `flame_tree.tree`."""
    found = flame_tree.tree(connection, base_ids, profile_ids, sample_type, stacks=stacks, most=most, names=names)
    parameters: dict[str, object] = {"base": list(base_ids), "ids": list(profile_ids), "wanted": sample_type}
    return Result("difference", (), found.table, _flame_query("flame.diff($base, $ids, $wanted", parameters, stacks))


def folded(connection: duckdb.DuckDBPyConnection, profile_ids: Sequence[int], sample_type: str) -> Result:
    """Each distinct list of functions, root first, with its weight."""
    query = "FROM flame.folded($ids, $wanted)"
    return ask(connection, query, {"ids": list(profile_ids), "wanted": sample_type}, name="folded stacks")


def refused(connection: duckdb.DuckDBPyConnection) -> Result:
    """Inputs that did not go in, and why."""
    return ask(connection, "SELECT uri, reason FROM source WHERE status = 'refused' ORDER BY uri", name="refused")


def notes(connection: duckdb.DuckDBPyConnection) -> Result:
    """What was odd about inputs that went in, by kind."""
    query = """
    SELECT kind, severity, int64.clamp(SUM(count)) AS count, arg_min(uri, uri) AS uri, arg_min(example, uri) AS example
    FROM ingest_note JOIN source USING (source_id) GROUP BY kind, severity ORDER BY kind
    """
    return ask(connection, query, name="notes")


def _parameters(selection: Selection) -> dict[str, object]:
    return {**asdict(selection), "profiles": list(selection.profiles)}
