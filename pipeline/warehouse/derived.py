"""What the warehouse adds to the lake's tables, kept up with them: the cost is that of what is new and what it touches.

Totals and paths are of one profile or stack, and are made once. Series are cut at restarts anew where profiles of them
arrive. A stored view says by what its rows can be worked out apart (`stored: by series_id`): those of touched keys are
replaced, in a database beside in which every table and view shows these keys alone. What is only staged is a table there and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from pipeline.schema import tables
from pipeline.warehouse.modules import Key, create_beside, dependencies, modules, standing_on, stored_by, tables_under
from pipeline.warehouse.stack_paths import spell_stacks
from pipeline.warehouse.stages import Stage, stages
from pipeline.warehouse.symbols import symbolise

# What totals and paths of names are made of.
VIEWS = ("main.sample_value", "stack._line")

_SERIES: Key = ("series_id",)
_BUILD: Key = ("service", "build")
_FUNCTION: Key = ("function_id",)
_LABELS: Key = ("labels",)

# Samples of the series that are worked out at a time; a wide query over them takes some hundred megabytes.
_SAMPLES_AT_A_TIME = 3_000_000

_NEW = """
CREATE OR REPLACE TEMP TABLE new_source AS
SELECT source_id FROM profile ANTI JOIN derived_source USING (source_id)
UNION
SELECT source_id FROM escape_report ANTI JOIN derived_source USING (source_id)
UNION
SELECT source_id FROM binary_file ANTI JOIN derived_source USING (source_id)
UNION
SELECT source_id FROM process ANTI JOIN derived_source USING (source_id)
UNION
SELECT source_id FROM trace ANTI JOIN derived_source USING (source_id)
"""

# What expired is noted as it is taken out; see incoming.py.
_GONE = """
CREATE TEMP TABLE IF NOT EXISTS gone_series (series_id INTEGER);
CREATE TEMP TABLE IF NOT EXISTS gone_build (service VARCHAR, build VARCHAR);
CREATE TEMP TABLE IF NOT EXISTS gone_labels (labels MAP(VARCHAR, VARCHAR))
"""

_TOTALS = """
INSERT INTO profile_total
WITH totals AS (
  SELECT profile_id, sample_type, int64.clamp(SUM(value)) AS value
  FROM main.sample_value AS sample
  WHERE profile_id IN (SELECT profile_id FROM profile SEMI JOIN new_source USING (source_id))
  GROUP BY profile_id, sample_type
)
SELECT profile_id, sample_type, units.unit, totals.value
FROM totals
JOIN profile_sample_type AS units USING (profile_id, sample_type)
"""

# A process that starts again counts its allocations from zero. A profile of an interval (heap?seconds=30) counts
# them from its beginning, and tells nothing of a restart. A series keeps its number; what is cut off from it gets a new one.
_CUT = """
CREATE OR REPLACE TEMP TABLE cut AS
WITH touched AS (
  SELECT DISTINCT series_hash
  FROM profile
  WHERE source_id IN (FROM new_source) OR series_id IN (FROM gone_series)
),
allocated AS (
  SELECT
    profile_id,
    series_hash,
    series_id,
    time_ns,
    build_id,
    MAX(value) FILTER (sample_type = 'alloc_space' AND duration_ns = 0) AS alloc_bytes
  FROM profile
  SEMI JOIN touched USING (series_hash)
  LEFT JOIN profile_total USING (profile_id)
  GROUP BY profile_id, series_hash, series_id, time_ns, build_id
),
compared AS (
  SELECT
    profile_id,
    series_hash,
    series_id,
    time_ns,
    alloc_bytes < LAG(alloc_bytes IGNORE NULLS) OVER series
    OR build_id IS DISTINCT FROM LAG(build_id, 1, build_id) OVER series AS is_restart
  FROM allocated
  WINDOW series AS (PARTITION BY series_hash ORDER BY time_ns, profile_id)
),
counted AS (
  SELECT
    profile_id,
    series_hash,
    series_id,
    SUM(COALESCE(is_restart, false)::INTEGER) OVER (PARTITION BY series_hash ORDER BY time_ns, profile_id) AS run
  FROM compared
),
runs AS (SELECT series_hash, run, MIN(series_id) AS former FROM counted GROUP BY series_hash, run),
kept AS (
  SELECT
    series_hash,
    run,
    CASE WHEN row_number() OVER (PARTITION BY former ORDER BY series_hash, run) = 1 THEN former END AS series_id
  FROM runs
),
given AS (
  SELECT
    series_hash,
    run,
    COALESCE(
      series_id,
      (SELECT COALESCE(MAX(series_id), 0) FROM profile)
      + row_number() OVER (PARTITION BY series_id IS NULL ORDER BY series_hash, run)
    )::INTEGER AS series_id
  FROM kept
)
SELECT counted.profile_id, given.series_id
FROM counted
JOIN given ON given.series_hash = counted.series_hash AND given.run = counted.run
"""

_RENAME_SERIES = """
UPDATE profile
SET series_id = cut.series_id
FROM cut
WHERE profile.profile_id = cut.profile_id AND profile.series_id IS DISTINCT FROM cut.series_id
"""

# As the profiles were in series before, and as they are now: what has no profile any more goes too.
_TOUCHED_SERIES = """
CREATE OR REPLACE TEMP TABLE touched_series AS
SELECT DISTINCT series_id FROM profile WHERE profile_id IN (SELECT profile_id FROM cut) AND series_id IS NOT NULL
UNION
SELECT series_id FROM cut
UNION
FROM gone_series
"""
_TOUCH_BY_BINARY = """
INSERT INTO touched_series
SELECT series_id
FROM profile
JOIN profile_mapping USING (profile_id)
JOIN mapping USING (mapping_id)
WHERE mapping.build_id IN (
  SELECT unnest([build_id, go_build_id, lower(hex(go_build_id))]) FROM binary_file SEMI JOIN new_source USING (source_id)
)
UNION
SELECT profile.series_id
FROM profile
JOIN (FROM binary_file SEMI JOIN new_source USING (source_id)) AS programs
  -- NULL labels are labels too.
  ON programs.service IS NOT DISTINCT FROM profile.service AND programs.build IS NOT DISTINCT FROM profile.build
"""
_TOUCH_BY_SYMBOLS = """
INSERT INTO touched_series
SELECT DISTINCT series_id FROM attribution._allocation WHERE stack_id IN (FROM renamed_stack)
"""
# What is worked out by series is of heap profiles: of goroutines, traces and the rest nothing is, and nothing was.
_ONLY_HEAPS = """
DELETE FROM touched_series AS touched
WHERE NOT EXISTS (FROM heap.profiles WHERE heap.profiles.series_id = touched.series_id)
  AND NOT EXISTS (
    FROM profile
    JOIN profile_sample_type USING (profile_id)
    WHERE profile.series_id = touched.series_id AND sample_type = 'inuse_space'
  )
"""
_TOUCHED_BUILDS = """
CREATE OR REPLACE TEMP TABLE touched_build AS
SELECT service, build FROM profile WHERE series_id IN (SELECT series_id FROM touched_series)
UNION
SELECT service, build FROM escape_report SEMI JOIN new_source USING (source_id)
UNION
SELECT service, build FROM binary_file SEMI JOIN new_source USING (source_id)
UNION
FROM gone_build
"""
_TOUCH_BY_BUILD = """
INSERT INTO touched_series
SELECT DISTINCT profile.series_id
FROM profile
JOIN changed_build
  ON changed_build.service IS NOT DISTINCT FROM profile.service
  AND changed_build.build IS NOT DISTINCT FROM profile.build
WHERE profile.series_id NOT IN (SELECT series_id FROM touched_series)
"""
# The main module of any executable may be the one of functions that are here.
_TOUCHED_FUNCTIONS = """
CREATE OR REPLACE TEMP TABLE touched_function AS
SELECT function_id FROM function ANTI JOIN attribution._module USING (function_id)
UNION
SELECT function_id FROM function
WHERE EXISTS (FROM binary_file SEMI JOIN new_source USING (source_id) WHERE main_module IS NOT NULL)
"""
# Which process a file is of is asked among those with the same labels.
_TOUCHED_LABELS = """
CREATE OR REPLACE TEMP TABLE touched_labels AS
SELECT labels FROM process SEMI JOIN new_source USING (source_id)
UNION
SELECT labels FROM trace SEMI JOIN new_source USING (source_id)
UNION
SELECT labels FROM profile SEMI JOIN new_source USING (source_id)
UNION
FROM gone_labels
"""
_TOUCHED = {
    _SERIES: "touched_series",
    _BUILD: "touched_build",
    _FUNCTION: "touched_function",
    _LABELS: "touched_labels",
}

_SLICES = """
SELECT series_id, SUM(samples) OVER (ORDER BY service, build, arrival, series_id) // $most AS slice
FROM (
  -- Series of a build have their locations in common, and what arrived together lies together.
  SELECT
    series_id,
    coalesce(SUM(profile.sample_count), 0) AS samples,
    MIN(service) AS service,
    MIN(build) AS build,
    MIN(profile.rowid) AS arrival
  FROM (SELECT DISTINCT series_id FROM touched_series)
  LEFT JOIN profile USING (series_id)
  GROUP BY series_id
)
"""


def follow(
    connection: duckdb.DuckDBPyConnection,
    *,
    views: Collection[str] | None = None,
    advance: Callable[[float], None] = lambda share: None,
) -> None:
    """Bring everything derived up to the tables of the lake.

    views    only what these stand on, in a database that has no others; all when None
    advance  told what share of the work is done
    """
    names = standing_on(modules() if views is None else views)
    cut_series(connection)
    connection.execute(_TOUCH_BY_BINARY)
    is_renamed = symbolise(connection)
    if is_renamed and "attribution._allocation" in names:
        connection.execute(_TOUCH_BY_SYMBOLS)
    if "heap.profiles" in names:
        connection.execute(_ONLY_HEAPS)
    connection.execute(_TOUCHED_BUILDS)
    if "attribution._module" in names:
        connection.execute(_TOUCHED_FUNCTIONS)
    connection.execute(_TOUCHED_LABELS)
    if any("stack_path" in modules()[name].text for name in names):
        spell_stacks(connection, is_renamed=is_renamed)
    worked_out = stages(names)
    for done, stage in enumerate(worked_out):
        advance(done / len(worked_out))
        _replace(connection, stage)
    connection.execute("INSERT INTO derived_source FROM new_source")
    for table in ("new_source", "gone_series", "gone_build", "gone_labels", "cut", "renamed_stack", *_TOUCHED.values()):
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


def cut_series(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up the profiles that are new, and number their series anew, cut where the process restarted.

    Table `new_source` has the sources that are new then, `touched_series` the series that are others than before.
    """
    for statement in (_GONE, _NEW, _TOTALS, _CUT, _TOUCHED_SERIES, _RENAME_SERIES):
        connection.execute(statement)


def _any(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(connection.sql(f"{query} LIMIT 1").fetchall())


def _replace(connection: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    """Work out the views of a stage for the touched keys, and put them in the place of what is there."""
    touched = _TOUCHED[stage.key]
    if not _any(connection, f"FROM {touched}"):
        return
    if stage.key == _BUILD:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE changed_build AS FROM {touched} LIMIT 0")
    with _beside(connection, stage) as home:
        for done, keys in enumerate(_slices(connection, stage.key)):
            if done:
                # What a slice leaves free in the file the next one fills.
                connection.execute(f"CHECKPOINT {home}")
            connection.execute("DELETE FROM beside.main.key")
            connection.execute(f"INSERT INTO beside.main.key {keys}")
            for name in stage.views:
                _work_out(connection, name, stage=stage, home=home)
    if stage.key == _BUILD:
        connection.execute(_TOUCH_BY_BUILD)
        connection.execute("DROP TABLE temp.changed_build")


def _slices(connection: duckdb.DuckDBPyConnection, key: Key) -> Iterator[str]:
    """Queries of the keys to work out at a time: series by how many samples they have, others all at once."""
    if key != _SERIES:
        yield f"SELECT DISTINCT * FROM {_TOUCHED[key]}"
        return
    connection.execute(f"CREATE OR REPLACE TEMP TABLE slice AS {_SLICES}", {"most": _SAMPLES_AT_A_TIME})
    for (number,) in connection.sql("SELECT DISTINCT slice FROM slice ORDER BY slice").fetchall():
        yield f"SELECT series_id FROM slice WHERE slice = {number}"
    connection.execute("DROP TABLE temp.slice")


def _work_out(connection: duckdb.DuckDBPyConnection, name: str, *, stage: Stage, home: str) -> None:
    """Work out a view for the keys of `beside.main.key`: beside for the others of its stage, and at home if it is stored."""
    view = modules()[name]
    # What changed in a build is read beside.
    is_read = stage.key == _BUILD or any(name in dependencies(other) for other in standing_on(stage.views))
    connection.execute("USE beside")
    if is_read:
        # To delete all rows takes longer.
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM {name} LIMIT 0")
        connection.execute(f"INSERT INTO {name} {view.query}")
    if stored_by(view):
        if stage.key == _BUILD:
            connection.execute(f"USE {home}")
            connection.execute(_changed(name))
            connection.execute("USE beside")
        connection.execute(f"DELETE FROM {home}.{name} AS old WHERE {_is_touched(stage.key, 'old')}")
        connection.execute(f"INSERT INTO {home}.{name} {f'FROM {name}' if is_read else view.query}")
    connection.execute(f"USE {home}")


def _changed(name: str) -> str:
    """Note the builds whose rows are others than before."""
    columns = f"SELECT old FROM {name} AS old WHERE {_is_touched(_BUILD, 'old')}"
    new = f"SELECT new FROM beside.{name} AS new"
    return f"""
    INSERT INTO changed_build
    SELECT DISTINCT found.row.service, found.row.build
    FROM (
      (({columns}) EXCEPT ALL ({new})) UNION ALL (({new}) EXCEPT ALL ({columns}))
    ) AS found (row)
    """


def _is_touched(key: Key, table: str) -> str:
    # NULL labels are labels too.
    same = " AND ".join(f"keys.{column} IS NOT DISTINCT FROM {table}.{column}" for column in key)
    return f"EXISTS (FROM beside.main.key AS keys WHERE {same})"


@contextmanager
def _beside(connection: duckdb.DuckDBPyConnection, stage: Stage) -> Iterator[str]:
    """A database `beside` in which the tables and views that a stage stands on show the keys of its table `key` alone.

    Yields the name of the database that is worked on.
    """
    ((home,),) = connection.sql("SELECT current_database()").fetchall()
    connection.execute("ATTACH ':memory:' AS beside")
    try:
        connection.execute(
            f"CREATE TABLE beside.main.key AS SELECT {', '.join(stage.key)} FROM {_TOUCHED[stage.key]} LIMIT 0"
        )
        connection.execute("USE beside")
        read = {"profile", *tables_under(stage.views)}
        for name, condition in _shown(stage.key).items():
            if name not in read:
                continue
            connection.execute(f"CREATE VIEW main.{name} AS FROM {home}.main.{name} AS shown WHERE {condition}")
        create_beside(connection, stage.views, home=home, shown=lambda columns: _condition(stage.key, columns))
        connection.execute(f"USE {home}")
        yield str(home)
    finally:
        connection.execute(f"USE {home}")
        connection.execute("DETACH beside")


def _shown(key: Key) -> Mapping[str, str]:
    """Which rows of every table are shown: those of the keys, where it has the columns or its profile has."""
    found = {table.name: _condition(key, [column.name for column in table.columns]) for table in tables().values()}
    if found["profile"] != "true":
        for table in tables().values():
            if found[table.name] == "true" and "profile_id" in [column.name for column in table.columns]:
                found[table.name] = "profile_id IN (SELECT profile_id FROM beside.main.profile)"
    return {"profile": found.pop("profile"), **found}


def _condition(key: Key, columns: Sequence[str]) -> str:
    return _is_touched(key, "shown") if set(key) <= set(columns) else "true"
