"""What a gate asks: what is measured, held against thresholds, and the escapes that are new in a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from pipeline.values import Result
from pipeline.warehouse import questions
from pipeline.warehouse.query import ask, equal, where

# What they stand on: a database that is made for one of them has no other views.
VIEWS = (*questions.GROWTH, "gate.judged", "gate.new_escapes")

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
    chosen, parameters = where(equal(service=service, instance=instance, build=build, series_id=series))
    parameters |= {"asked": asked, "thresholds": [thresholds[name] for name in asked]}
    return ask(connection, f"FROM gate.judged($asked, $thresholds){chosen}", parameters, name="checks", described=False)


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
    query = "FROM gate.new_escapes($before, $after, $least, is_rate := $is_rate, of_service := $service)"
    before, after = builds
    parameters = {"before": before, "after": after, "least": least, "is_rate": is_rate, "service": service}
    return ask(connection, query, parameters, name="new escapes", described=False)
