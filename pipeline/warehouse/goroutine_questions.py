"""The questions about goroutine profiles and dumps, each one query, each answered as a Result."""

from __future__ import annotations

from datetime import datetime

import duckdb

from pipeline.values import Result
from pipeline.warehouse.query import ask

# What they stand on: a database that is made for one of them has no other views.
VIEWS = ("int64.clamp", "goroutine.growth", "goroutine.growth_between", "stack.frames")


def growth(
    connection: duckdb.DuckDBPyConnection,
    *,
    service: str | None = None,
    instance: str | None = None,
    build: str | None = None,
    source: str | None = None,
    function: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Result:
    """Places that goroutines are at with their stacks, leaf first: of the series that grew most the first, of it the one that grew most.

    source    protobuf, text or dump; None for all
    function  that they are in, were started with or by, with or without what stands before a dot or a slash
    since, until  as if there were only what was taken in that span, UTC
    """
    parameters = {
        "service": service,
        "instance": instance,
        "build": build,
        "source": source,
        "function": function,
        "since": since,
        "until": until,
    }
    return ask(connection, _GROWTH, parameters, name="goroutines")


_GROWTH = """
WITH wanted AS (
  FROM goroutine.growth_between($since, $until)
  WHERE ($service IS NULL OR service = $service)
    AND ($instance IS NULL OR instance = $instance)
    AND ($build IS NULL OR build = $build)
    AND ($source IS NULL OR source = $source)
    AND (
      $function IS NULL
      OR list_bool_or(
        list_transform(
          [function, root_function, created_by],
          lambda name: name = $function OR ends_with(name, '.' || $function) OR ends_with(name, '/' || $function)
        )
      )
    )
),
stacks AS (
  SELECT
    frames.stack_id,
    list({'function': frames.function, 'file': frames.file, 'line': frames.line} ORDER BY frames.position) AS frames
  FROM (SELECT DISTINCT stack_id FROM wanted WHERE stack_id IS NOT NULL)
  JOIN stack.frames AS frames USING (stack_id)
  GROUP BY frames.stack_id
)
SELECT wanted.*, coalesce(stacks.frames, []) AS stack
FROM wanted
LEFT JOIN stacks USING (stack_id)
ORDER BY
  int64.clamp(SUM(growth) OVER (PARTITION BY series_id, source)) DESC,
  int64.clamp(SUM(last_count) OVER (PARTITION BY series_id, source)) DESC,
  series_id,
  source,
  coalesce(leaked, 0) > 0 DESC,
  growth DESC,
  last_count DESC,
  file,
  line,
  stack_id,
  state,
  created_by,
  created_file,
  created_line
"""
