"""Brings the DuckDB file up to the lake: only what is new, published by renaming."""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline import __version__
from pipeline.errors import LakeError, UsageError
from pipeline.schema import Table, tables
from pipeline.values import Changes
from pipeline.warehouse.connect import open_for_load, open_readonly
from pipeline.warehouse.faults import explained
from pipeline.warehouse.modules import create_modules, fingerprint, modules, quoted, refresh_stored
from pipeline.warehouse.stack_tree import number_stacks


@dataclass(frozen=True, slots=True)
class State:
    """Which state of which lake a database holds."""

    manifest_version: int
    declarations: str
    lake: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: from and to which manifest version, and how many rows each table gained."""

    from_version: int
    to_version: int
    rows: Mapping[str, int]


_FORGOTTEN_S = 24 * 60 * 60
_ASK_LAKE = "heapscape lake verify tells which files are not as they were written"
# What the lake may know of a refused source, and may replace.
_OF_REFUSED = ("source", "ingest_note")


def load(
    path: str,
    *,
    lake: str,
    version: int,
    changes: Callable[[int], Changes],
    threads: int | None = None,
    memory: str | None = None,
) -> Loaded:
    """Bring the database at `path` up to `version` of the lake.

    lake     fingerprint of the lake; a database of another lake, or of another release, is made anew
    changes  what was committed after a given version
    The new state is built in a copy beside the file, which then takes its place: readers see the old state or
    the new one, and a crash leaves the old.
    """
    _check_name(path)
    with explained(path, memory=memory):
        return _load(path, State(version, fingerprint(), lake), changes, threads=threads, memory=memory)


def _load(
    path: str, wanted: State, changes: Callable[[int], Changes], *, threads: int | None, memory: str | None
) -> Loaded:
    version = wanted.manifest_version
    state = _state(path)
    if state == wanted:
        return Loaded(version, version, {})
    is_new = state is None or (state.lake, state.declarations) != (wanted.lake, wanted.declarations)
    since = 0 if is_new or state is None else state.manifest_version
    draft = f"{path}.{os.getpid()}.draft"
    # In a container every process may have the same id, and a killed load leaves its draft.
    _remove(draft)
    _remove_forgotten(path)
    try:
        if not is_new:
            shutil.copyfile(path, draft)
        with open_for_load(draft, threads=threads, memory=memory) as connection:
            if is_new:
                # A statement by itself is written through to the disk.
                connection.begin()
                create_tables(connection)
                create_modules(connection)
                connection.commit()
            rows = _fill(connection, changes(since))
            _set_state(connection, wanted)
        _publish(draft, path)
    finally:
        _remove(draft)
    return Loaded(since, version, rows)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every declared table, without its constraints: the lake has checked them already."""
    for table in tables().values():
        columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
        comments = [f"COMMENT ON TABLE {table.name} IS {quoted(table.summary)}"]
        comments += [
            f'COMMENT ON COLUMN {table.name}."{column.name}" IS {quoted(column.doc)}' for column in table.columns
        ]
        connection.execute(";".join([f"CREATE TABLE {table.name} ({columns})", *comments]))


def derive(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what the warehouse adds to the lake's tables: totals, series cut at restarts, the tree of stacks."""
    connection.execute(_TOTALS)
    connection.execute(_SERIES)
    number_stacks(connection)


_TOTALS = """
INSERT INTO profile_total
SELECT profile_id, sample_type, unit, int64.clamp(SUM(value))
FROM sample
WHERE profile_id NOT IN (SELECT profile_id FROM profile_total)
GROUP BY profile_id, sample_type, unit
"""

# A process that starts again counts its allocations from zero. A profile of an interval (heap?seconds=30) counts
# them from its beginning, and tells nothing of a restart.
_SERIES = """
UPDATE profile
SET series_id = cut.series_id
FROM (
  WITH allocated AS (
    SELECT
      profile_id,
      series_key,
      time_ns,
      build_id,
      MAX(value) FILTER (sample_type = 'alloc_space' AND duration_ns = 0) AS alloc_bytes
    FROM profile
    LEFT JOIN profile_total USING (profile_id)
    GROUP BY profile_id, series_key, time_ns, build_id
  ),
  compared AS (
    SELECT
      profile_id,
      series_key,
      time_ns,
      alloc_bytes < LAG(alloc_bytes IGNORE NULLS) OVER series
      OR build_id IS DISTINCT FROM LAG(build_id, 1, build_id) OVER series AS is_restart
    FROM allocated
    WINDOW series AS (PARTITION BY series_key ORDER BY time_ns, profile_id)
  )
  SELECT
    profile_id,
    -- The first run keeps the key; the multiplier spreads the others, and nothing overflows.
    xor(
      series_key,
      (SUM(COALESCE(is_restart, false)::INTEGER)
        OVER (PARTITION BY series_key ORDER BY time_ns, profile_id))::UBIGINT * 1099511628211::UBIGINT
    ) AS series_id
  FROM compared
) AS cut
WHERE profile.profile_id = cut.profile_id AND profile.series_id <> cut.series_id
"""


def _fill(connection: duckdb.DuckDBPyConnection, changes: Changes) -> Mapping[str, int]:
    rows = Counter({name: -count for name, count in _forget(connection, changes.replaced).items() if count})
    for table in tables().values():
        paths = changes.files.get(table.name)
        if table.in_lake and paths:
            with explained(f"table {table.name} of the lake", memory=connection, otherwise=_ASK_LAKE):
                rows[table.name] += _insert(connection, table, paths)
    derive(connection)
    refresh_stored(connection)
    return rows


def _forget(connection: duckdb.DuckDBPyConnection, replaced: Set[int]) -> Mapping[str, int]:
    """Remove the rows of refused sources that were refused or went in since; how many of each table."""
    if not replaced:
        return {}
    query = "DELETE FROM {} WHERE source_id IN (SELECT UNNEST(?::UBIGINT[]))"
    return {name: _count(connection.execute(query.format(name), [sorted(replaced)])) for name in _OF_REFUSED}


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str]) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    values = ", ".join(f'"{column.name}"::{column.sql_type} AS "{column.name}"' for column in table.columns)
    files = f"read_parquet([{', '.join(map(quoted, paths))}], hive_partitioning = {bool(table.partition)}, union_by_name = true)"
    query = f"SELECT {values} FROM {files}"
    if is_content_keyed(table):
        # Every batch brings the symbols it needs; those that are here already are the same.
        key = table.key[0]
        query = f"SELECT DISTINCT ON ({key}) {names} FROM ({query}) WHERE {key} NOT IN (SELECT {key} FROM {table.name})"
    elif table.name in _OF_REFUSED:
        # A file in place of another has its rows again.
        query = f"FROM ({query}) ANTI JOIN {table.name} USING ({', '.join(table.key)})"
    return _count(connection.execute(f"INSERT INTO {table.name} ({names}) {query}"))


def _count(changed: duckdb.DuckDBPyConnection) -> int:
    """How many rows a statement inserted or deleted."""
    found = changed.fetchone()
    return int(found[0]) if found else 0


def is_content_keyed(table: Table) -> bool:
    """Whether rows belong to no source, but are keyed by their content: functions, stacks."""
    return len(table.key) == 1 and table.key[0] not in ("source_id", "profile_id", "trace_id")


def _check_name(path: str) -> None:
    taken = {name.partition(".")[0] for name in modules()}
    if Path(path).stem in taken:
        raise UsageError(
            f"{path}: DuckDB names a database after its file, and {Path(path).stem} is the name of a group of views; "
            "call the file something else"
        )
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{path}: the folder {folder} does not exist; make it first")


def _state(path: str) -> State | None:
    if not Path(path).exists():
        return None
    with open_readonly(path) as connection:
        try:
            rows = connection.sql("SELECT manifest_version, declarations, lake FROM warehouse_state").fetchall()
        except duckdb.CatalogException as error:
            raise LakeError(f"{path}: this DuckDB file was not made by heapscape; name another with --db") from error
    return State(*rows[0]) if rows else None


def _set_state(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    connection.execute("DELETE FROM warehouse_state")
    connection.execute(
        "INSERT INTO warehouse_state VALUES (?, ?, ?, ?)",
        [state.manifest_version, state.declarations, state.lake, __version__],
    )


def _remove(draft: str) -> None:
    for leftover in (draft, f"{draft}.wal"):
        Path(leftover).unlink(missing_ok=True)


def _remove_forgotten(path: str) -> None:
    """Remove drafts of loads that were killed: nobody has written to them for a day."""
    for draft in Path(path).absolute().parent.glob(f"{glob.escape(Path(path).name)}.*.draft*"):
        with suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > _FORGOTTEN_S:
                draft.unlink()


def _publish(draft: str, path: str) -> None:
    with open(draft, "rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
