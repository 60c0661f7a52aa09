"""What a gate asks: what is measured, held against thresholds, and the escapes that are new in a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse import questions
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = (*questions.GROWTH, "gate.measure", "gate.verdict", "gate.escapes")

# In the order in which people are told.
CHECKED = (
    "growth",
    "growth_share",
    "slope",
    "site_growth",
    "headroom",
    "headroom_time",
    "goroutines",
    "goroutine_growth",
    "pause",
    "pause_p99",
)


def measures(
    connection: duckdb.DuckDBPyConnection,
    thresholds: Mapping[str, float],
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
    series: int | None = None,
) -> Result:
    """What is measured, each with its threshold and verdict: what fails first. Of sites that keep to it only the one that grew most, a series.

    thresholds  by what is `checked`, in the unit of gate.measure
    """
    asked = [name for name in CHECKED if name in thresholds]
    parameters: dict[str, object] = {
        "asked": asked,
        "thresholds": [thresholds[name] for name in asked],
        "service": service,
        "instance": instance,
        "build": build,
        "series": series,
    }
    # In the text, so that what is not asked is not worked out.
    named = ", ".join(f"'{name}'" for name in asked)
    return ask(connection, _MEASURES.format(asked=named or "NULL"), parameters, name="checks", described=False)


_MEASURES = """
WITH thresholds AS (
  SELECT unnest($asked) AS checked, unnest($thresholds)::DOUBLE AS threshold
),
judged AS (
  SELECT
    measures.*,
    threshold,
    gate.verdict(side, value, low, high, threshold) AS verdict
  FROM gate.measure AS measures
  JOIN thresholds USING (checked)
  WHERE measures.checked IN ({asked})
    AND ($service IS NULL OR service = $service)
    AND ($instance IS NULL OR instance = $instance)
    AND ($build IS NULL OR build = $build)
    AND ($series IS NULL OR series_id = $series)
)
FROM judged
QUALIFY checked <> 'site_growth'
  OR verdict <> 'ok'
  OR row_number() OVER (PARTITION BY checked, verdict, series_id ORDER BY value DESC, site_index) = 1
ORDER BY
  list_position(['breach', 'uncertain', 'ok'], verdict),
  list_position($asked, checked),
  CASE side WHEN 'most' THEN -value ELSE value END NULLS LAST,
  service, instance, build, series_id, uri, process, source, site_index
"""


def new_escapes(
    connection: duckdb.DuckDBPyConnection,
    builds: Sequence[str],
    *,
    least: float | None,
    is_rate: bool = False,
    service: str | None = None,
) -> Result:
    """Escapes that a build has and the one before has not, as rows of `measures`; one that says so where there is none.

    least    bytes that are live, or with `is_rate` allocated a second, from which on it fails; None when any does. What no series tells
             the cost of is uncertain then
    """
    parameters: dict[str, object] = {
        "before": builds[0],
        "after": builds[1],
        "least": least,
        "is_rate": is_rate,
        "service": service,
    }
    return ask(connection, _NEW_ESCAPES, parameters, name="new escapes", described=False)


_NEW_ESCAPES = """
WITH found AS (
  SELECT *, CASE WHEN $is_rate THEN alloc_bytes_per_s ELSE live_bytes END::DOUBLE AS value
  FROM gate.escapes($before, $after)
  WHERE $service IS NULL OR service = $service
),
judged AS (
  SELECT
    'new_escapes' AS checked,
    'most' AS side,
    service,
    build,
    value,
    value AS low,
    value AS high,
    CASE WHEN $is_rate THEN 'bytes/s' ELSE 'bytes' END AS unit,
    expression,
    file,
    line,
    CASE kind WHEN 'moved_to_heap' THEN 'moved to heap: ' || expression ELSE expression || ' escapes to heap' END AS reason,
    $least::DOUBLE AS threshold,
    CASE
      WHEN $least IS NULL OR value > $least THEN 'breach'
      WHEN value IS NULL THEN 'uncertain'
      ELSE 'ok'
    END AS verdict
  FROM found
  UNION ALL BY NAME
  SELECT 'new_escapes' AS checked, 'most' AS side, $service AS service, $after AS build, 0 AS value, 0 AS low, 0 AS high,
    CASE WHEN $is_rate THEN 'bytes/s' ELSE 'bytes' END AS unit, $least::DOUBLE AS threshold, 'ok' AS verdict
  WHERE NOT EXISTS (FROM found)
)
FROM judged
ORDER BY list_position(['breach', 'uncertain', 'ok'], verdict), value DESC NULLS LAST, file, line, reason
"""
