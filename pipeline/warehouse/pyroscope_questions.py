"""What Grafana's Pyroscope data source asks: profile types, labels, figures over time, and what stacks weigh in a range of time.

Times are milliseconds since 1970, both ends included. How a type counts over time is said in sql/pyroscope/profiles.sql.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import duckdb

from pipeline.errors import UsageError
from pipeline.values import Result
from pipeline.warehouse.faults import first_line
from pipeline.warehouse.query import ask

Operator = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label has a value, or not; a label that is not there is empty. A regular expression is RE2, and matches the whole."""

    name: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Range:
    """Milliseconds since 1970, both ends included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose profiles count, when, and which of their samples.

    profile_type  `name:sample_type:unit:period_type:period_unit`
    call_site     functions that stacks begin with, root first
    span_ids      and
    trace_ids     of samples, as labels have them; None for all samples
    profiles      hashes; None for all
    """

    profile_type: str
    matchers: tuple[Matcher, ...]
    during: Range
    call_site: tuple[str, ...] = ()
    span_ids: tuple[str, ...] | None = None
    trace_ids: tuple[str, ...] | None = None
    profiles: tuple[str, ...] | None = None

    @property
    def sample_type(self) -> str:
        """What is measured, as in `sample`."""
        return self.profile_type.split(":")[1]


@dataclass(frozen=True, slots=True)
class Weights:
    """How often each profile counts, and which stacks and label sets do; None for all."""

    sample_type: str
    profiles: Mapping[int, int]
    stacks: tuple[int, ...] | None
    label_sets: tuple[int, ...] | None


_IS_PLAIN: Final = "regexp_full_match({}, '[a-zA-Z_][a-zA-Z0-9_]*')"
_TESTS: Final[Mapping[Operator, str]] = {
    "=": "{label} = {value}",
    "!=": "{label} <> {value}",
    "=~": "regexp_full_match({label}, {value}, 's')",
    "!~": "NOT regexp_full_match({label}, {value}, 's')",
}


def profile_types(connection: duckdb.DuckDBPyConnection, during: Range | None) -> Result:
    """Every profile type with profiles in the range, what is shown first at the top; those of all times when it has none."""
    query = f"""
    WITH types AS (
      SELECT profile_type, name, sample_type, unit, period_type, period_unit, bool_or({_DURING}) AS is_within
      FROM pyroscope.stream
      GROUP BY ALL
    )
    FROM types
    WHERE is_within OR NOT (SELECT bool_or(is_within) FROM types)
    ORDER BY profile_type NOT LIKE 'memory:inuse\\_space:%' ESCAPE '\\', profile_type
    """
    return ask(connection, query, _times(during), name="profile types")


def label_names(
    connection: duckdb.DuckDBPyConnection, matchers: Sequence[Matcher], during: Range | None, *, are_all: bool = False
) -> Result:
    """The names of the labels of what is selected; without are_all only those that old clients can write."""
    where, parameters = _where(connection, matchers, during)
    query = f"""
    SELECT DISTINCT name
    FROM (SELECT unnest(map_keys(labels)) AS name FROM pyroscope.stream WHERE {where})
    WHERE $all OR {_IS_PLAIN.format("name")}
    ORDER BY name
    """
    return ask(connection, query, {**parameters, "all": are_all}, name="label names")


def label_values(
    connection: duckdb.DuckDBPyConnection, name: str, matchers: Sequence[Matcher], during: Range | None
) -> Result:
    """The values of one label of what is selected."""
    where, parameters = _where(connection, matchers, during)
    query = f"""
    SELECT DISTINCT labels[$name] AS name FROM pyroscope.stream WHERE {where} AND labels[$name] <> '' ORDER BY name
    """
    return ask(connection, query, {**parameters, "name": name}, name="label values")


def label_sets(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    matchers: Sequence[Matcher],
    during: Range | None,
    *,
    are_all: bool = False,
) -> Result:
    """Every set of labels of what is selected, of the named ones, or of all when there are no names."""
    where, parameters = _where(connection, matchers, during)
    query = f"""
    SELECT DISTINCT
      list_filter(
        map_entries(labels),
        lambda label: (len($names) = 0 OR list_contains($names, label.key)) AND ($all OR {_IS_PLAIN.format("label.key")})
      ) AS labels
    FROM pyroscope.stream
    WHERE {where}
    ORDER BY labels
    """
    return ask(connection, query, {**parameters, "names": list(names), "all": are_all}, name="label sets")


def times(connection: duckdb.DuckDBPyConnection) -> Result:
    """When the oldest and the newest profile were taken; NULL when there is none."""
    query = "SELECT MIN(first_ms) AS oldest_ms, MAX(last_ms) AS newest_ms FROM pyroscope.stream"
    return ask(connection, query, name="times")


def points(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    *,
    step_ms: int,
    group_by: Sequence[str],
    limit: int,
    is_average: bool = False,
) -> Result:
    """One row per series of the answer, the largest first: its labels, and lists of times and values.

    A point has what was taken behind the one before it and not behind itself. Of a state it is the last in each series of
    profiles, of everything else the sum, and either is added up over the series.
    limit  so many series, all when 0
    """
    # A bin begins before its end: what was taken in the first is older than the range.
    during = Range(selection.during.start - step_ms + 1, selection.during.end)
    stacks = _stacks(connection, selection)
    parameters = {
        "series": _series(connection, selection, during),
        "type": selection.profile_type,
        "begin": selection.during.start,
        "end": selection.during.end,
        "step": step_ms,
        "groups": list(group_by),
        "stacks": None if stacks is None else list(stacks),
        "is_average": is_average,
        "limit": limit or _ALL,
    }
    return ask(connection, _POINTS, parameters, name="points")


_ALL = (1 << 63) - 1
_POINTS = """
SELECT labels, list(at_ms ORDER BY at_ms) AS at_ms, list(value ORDER BY at_ms) AS value
FROM pyroscope.points($series, $type, $begin, $end, $step, $groups, stack_ids := $stacks, is_average := $is_average) AS points
GROUP BY labels
ORDER BY SUM(points.value) DESC, labels
LIMIT $limit
"""


def weights(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Weights:
    """Which profiles make up what is selected: of states the last of each series, of totals the last less the one before the range."""
    query = "FROM pyroscope.weights($series, $type, $begin, $end, profile_hashes := $profiles)"
    parameters = {
        "series": _series(connection, selection, selection.during),
        "type": selection.sample_type,
        "begin": selection.during.start,
        "end": selection.during.end,
        "profiles": None if selection.profiles is None else list(selection.profiles),
    }
    found = ask(connection, query, parameters).table
    return Weights(
        selection.sample_type,
        dict(zip(found["profile_id"].to_pylist(), found["times"].to_pylist(), strict=True)),
        _stacks(connection, selection),
        _label_sets(connection, selection),
    )


def flame_graph(
    connection: duckdb.DuckDBPyConnection, right: Weights, *, left: Weights | None = None, max_nodes: int
) -> Result:
    """The bars of a flame graph, level by level; with a left side, of the difference."""
    rows = [{"profile_id": id, "times_left": 0, "times_right": times} for id, times in right.profiles.items()]
    rows += [
        {"profile_id": id, "times_left": times, "times_right": 0}
        for id, times in (left.profiles if left else {}).items()
    ]
    parameters = {
        "weights": rows,
        "wanted": right.sample_type,
        "nodes": max_nodes,
        "stacks": None if right.stacks is None else list(right.stacks),
        "sets": None if right.label_sets is None else list(right.label_sets),
    }
    query = "FROM pyroscope.flame_graph($weights, $wanted, $nodes, stack_ids := $stacks, label_set_ids := $sets)"
    return ask(connection, query, parameters, name="flame graph")


def _series(connection: duckdb.DuckDBPyConnection, selection: Selection, during: Range) -> list[int]:
    """The series of what is selected, as far as labels and time say."""
    where, parameters = _where(connection, selection.matchers, during)
    query = f"SELECT series_id FROM pyroscope.stream WHERE profile_type = $type AND {where} ORDER BY series_id"
    found = ask(connection, query, {**parameters, "type": selection.profile_type}, described=False).table
    ids: list[int] = found["series_id"].to_pylist()
    return ids


def _stacks(connection: duckdb.DuckDBPyConnection, selection: Selection) -> tuple[int, ...] | None:
    """The stacks that begin with the call site; None for all."""
    if not selection.call_site:
        return None
    query = """
    WITH wanted AS (SELECT unnest($names) AS label, unnest(range(len($names))) AS place),
    site AS (
      SELECT list(label_id ORDER BY place) AS label_ids FROM wanted LEFT JOIN stack_label USING (label)
    )
    SELECT stack_id
    FROM stack_path
    WHERE label_ids[:len($names)] = (SELECT label_ids FROM site)
    """
    found = ask(connection, query, {"names": list(selection.call_site)}).table
    return tuple(found["stack_id"].to_pylist())


def _label_sets(connection: duckdb.DuckDBPyConnection, selection: Selection) -> tuple[int, ...] | None:
    """The label sets of the spans and traces; None for all."""
    if selection.span_ids is None and selection.trace_ids is None:
        return None
    query = """
    SELECT label_set_id
    FROM label_set
    WHERE len(list_filter(labels, lambda label:
      (label.key IN ('span_id', 'profile_id') AND list_contains($spans, label.str))
      OR (label.key = 'trace_id' AND list_contains($traces, label.str))
    )) > 0
    """
    parameters = {"spans": list(selection.span_ids or ()), "traces": list(selection.trace_ids or ())}
    return tuple(ask(connection, query, parameters).table["label_set_id"].to_pylist())


_DURING = "($start IS NULL OR (last_ms >= $start AND first_ms <= $end))"


def _times(during: Range | None) -> dict[str, object]:
    return {"start": during.start if during else None, "end": during.end if during else None}


def _where(
    connection: duckdb.DuckDBPyConnection, matchers: Sequence[Matcher], during: Range | None
) -> tuple[str, dict[str, object]]:
    """Conditions on `pyroscope.stream`, and what they are about."""
    parameters, tests = _times(during), [_DURING]
    for place, matcher in enumerate(matchers):
        if matcher.operator in ("=~", "!~"):
            _check(connection, matcher.value)
        parameters[f"name_{place}"], parameters[f"value_{place}"] = matcher.name, matcher.value
        label = f"coalesce(labels[$name_{place}], '')"
        tests.append(_TESTS[matcher.operator].format(label=label, value=f"$value_{place}"))
    return " AND ".join(tests), parameters


def _check(connection: duckdb.DuckDBPyConnection, pattern: str) -> None:
    try:
        connection.execute("SELECT regexp_full_match('', $pattern, 's')", {"pattern": pattern}).fetchall()
    except duckdb.InvalidInputException as error:
        raise UsageError(f"{pattern[:200]}: not a regular expression: {first_line(error)}") from error
