"""The database that a case is asked in: empty tables under every view, filled with the rows a case gives.

What a case does not say is what an ordinary lake would have:

* a column that may be NULL is NULL, one that may not is empty, zero or false;
* a profile is of kind heap, sampled at rate 1, its own source, of the series 1; `taken_at` and `time_ns` go together;
* samples are given by `sample_value`: without labels; those of one profile, stack and label set are one sample;
* without rows for `profile_sample_type`, a profile has the four types of a heap profile and those of its samples;
* the label set 0 is the one without labels.

Then the warehouse does what it does on loading: totals, series cut at restarts, symbols, paths of stacks. Stored views are worked
out once and whole: that they may be kept up piece by piece is for tests/warehouse/test_derived.py to say. To have DuckDB plan
queries is nearly all that a case costs, so none is planned that has nothing to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from pipeline.schema import TableColumn, tables
from pipeline.warehouse.derived import cut_series
from pipeline.warehouse.load import create_tables
from pipeline.warehouse.modules import Key, create_modules, modules, quoted, staged_by, standing_on, stored_by
from pipeline.warehouse.packing import is_packed, pack
from pipeline.warehouse.stack_paths import spell_stacks
from pipeline.warehouse.symbols import symbolise
from tests.sql.case import Block, CaseError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY = {
    "VARCHAR": "",
    "BLOB": "",
    "BOOLEAN": "false",
    "DATE": "1970-01-01",
    "TIMESTAMP": "1970-01-01 00:00:00",
    "DOUBLE": "0",
}
_PLAIN_ROW = {
    "profile": {
        "kind": "heap",
        "series_id": "NULL",
        "series_hash": "1",
        "period": "1",
        "period_type": "space",
        "period_unit": "bytes",
    },
    "escape_report": {"spelling": "m2"},
}

# What a heap profile always has, and what its samples say besides.
_IMPLIED_TYPES = """
INSERT INTO profile_sample_type
SELECT
  profile_id,
  (row_number() OVER (PARTITION BY profile_id ORDER BY sample_type) - 1)::INTEGER,
  sample_type,
  CASE regexp_extract(sample_type, '[^_]*$')
    WHEN 'space' THEN 'bytes'
    WHEN 'cpu' THEN 'nanoseconds'
    WHEN 'delay' THEN 'nanoseconds'
    ELSE 'count'
  END
FROM (
  SELECT profile_id, unnest(['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space']) AS sample_type
  FROM profile
  WHERE kind IN ('heap', 'allocs')
  UNION
  SELECT profile_id, sample_type FROM given_value
)
"""
_GIVEN_VALUES = """
CREATE OR REPLACE TEMP TABLE given_value (
  profile_id INTEGER, sample_index INTEGER, stack_id INTEGER, sample_type VARCHAR, value BIGINT, label_set_id INTEGER
)
"""
# All values of a sample in one row: zero for a type that the case gives none of.
_SAMPLES = """
CREATE OR REPLACE TEMP TABLE given_sample AS
WITH kept AS (
  SELECT
    profile_id,
    sample_index,
    any_value(stack_id) AS stack_id,
    any_value(label_set_id) AS label_set_id,
    map(list(position), list(value)) AS of_position,
    (SELECT COUNT(*) FROM profile_sample_type AS every WHERE every.profile_id = given_value.profile_id) AS types
  FROM given_value
  JOIN profile_sample_type USING (profile_id, sample_type)
  GROUP BY profile_id, sample_index
),
listed AS (
  SELECT * EXCLUDE (of_position, types), [coalesce(of_position[place::INTEGER], 0) for place in range(types)] AS every
  FROM kept
)
SELECT
  * EXCLUDE (every),
  every[1] AS value_0,
  every[2] AS value_1,
  every[3] AS value_2,
  every[4] AS value_3,
  CASE WHEN len(every) > 4 THEN every[5:] END AS more_values
FROM listed
"""
# Without rows in one of these there is no key that a view could be stored by.
_KEYS_FROM: Mapping[Key, tuple[str, ...]] = {
    ("series_id",): ("profile",),
    ("service", "build"): ("profile", "escape_report", "binary_file"),
    ("function_id",): ("function",),
    ("labels",): ("profile", "process", "trace"),
}
_IMPLIED_LABELS = """
INSERT INTO label_set BY NAME
SELECT 0 AS label_set_id, '' AS label_set_hash, [] AS labels WHERE 0 NOT IN (SELECT label_set_id FROM label_set)
"""

Row = Mapping[str, str]


@contextmanager
def open_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with every declared table, view and macro, under the name it has in production."""
    with duckdb.connect(":memory:") as connection:
        # Cases have a handful of rows: waking threads up costs more than they do.
        connection.execute("SET threads = 1")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("ATTACH ':memory:' AS heapscape")
        connection.execute("USE heapscape")
        create_tables(connection)
        create_modules(connection)
        for name, view in modules().items():
            if staged_by(view):
                connection.execute(f"CREATE OR REPLACE TEMP TABLE shape AS FROM {name} LIMIT 0")
                connection.execute(f"DROP VIEW {name}; CREATE TABLE {name} AS FROM temp.shape")
        connection.execute("DROP TABLE temp.shape")
        yield connection


def fill(
    connection: duckdb.DuckDBPyConnection, given: Sequence[Block], *, views: Collection[str] | None = None
) -> None:
    """Empty the world, put the given rows in, and derive what the warehouse derives.

    views  only what these stand on; all when None
    """
    # What came in since is undone: to delete it from hundreds of tables takes a fifth of all that cases take. A new world has
    # nothing to undo.
    with suppress(duckdb.TransactionException):
        connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    values = [block for block in given if block.target == "sample_value"]
    for block in given:
        if block not in values:
            _insert(connection, block)
    if values or any(block.target == "profile" for block in given):
        _insert_samples(connection, values, is_typed=any(block.target == "profile_sample_type" for block in given))
    connection.execute(_IMPLIED_LABELS)
    _derive(connection, {block.target for block in given}, views=modules() if views is None else views)


def ask(connection: duckdb.DuckDBPyConnection, want: Block) -> pa.Table:
    """The rows behind a want, its columns only."""
    names = ", ".join(f'"{column}"' for column in want.columns)
    return connection.sql(f"SELECT {names} FROM {want.target}").to_arrow_table()


def spelled(found: pa.Table) -> list[tuple[str, ...]]:
    """Rows with each value as text."""
    columns = [
        [_text(value, kind) for value in found[name].to_pylist()]
        for name, kind in zip(found.column_names, found.schema.types, strict=True)
    ]
    return list(zip(*columns, strict=True))


def wanted(want: Block, found: pa.Table) -> list[tuple[str, ...]]:
    """The rows of a want, each cell as `spelled` spells what was found."""
    return [
        tuple(_respelled(cell, kind) for cell, kind in zip(row, found.schema.types, strict=True)) for row in want.rows
    ]


def _insert_samples(connection: duckdb.DuckDBPyConnection, values: Sequence[Block], *, is_typed: bool) -> None:
    connection.execute(_GIVEN_VALUES)
    _insert_values(connection, values)
    if not is_typed:
        connection.execute(_IMPLIED_TYPES)
    if values:
        connection.execute(_SAMPLES)
        samples = {column.name: f'rows."{column.name}"' for column in tables()["sample"].columns}
        pack(connection, tables()["sample"], "given_sample", raw={}, values=samples, joins={})


def _derive(connection: duckdb.DuckDBPyConnection, given: Collection[str], *, views: Collection[str]) -> None:
    """What the warehouse derives from rows that are all new, as far as some views stand on it."""
    names = standing_on(views)
    if "profile" in given:
        cut_series(connection)
        connection.execute("INSERT INTO derived_source FROM new_source")
    symbolise(connection)
    if any("stack_path" in modules()[name].text for name in names):
        spell_stacks(connection)
    for name in names:
        view = modules()[name]
        key = stored_by(view) or staged_by(view)
        if key and not given.isdisjoint(_KEYS_FROM[key]):
            connection.execute(f"INSERT INTO {name} {view.query}")


def _insert(connection: duckdb.DuckDBPyConnection, block: Block) -> None:
    table = tables().get(block.target)
    if table is None or not table.in_lake:
        raise CaseError(f"given {block.target}: not a table of the lake; views and derived tables follow from those")
    declared = {column.name: column for column in table.columns}
    if unknown := set(block.columns) - set(declared):
        raise CaseError(f"given {block.target}: it has no column {', '.join(sorted(unknown))}")
    rows = [_completed(block.target, dict(zip(block.columns, row, strict=True)), declared) for row in block.rows]
    texts = [[row[name] for name in declared] for row in rows]
    if not rows:
        return
    if not is_packed(table):
        # A text that is inserted is read as what the column is.
        connection.execute(f"INSERT INTO {table.name} {_values(texts)}")
        return
    names = ", ".join(f'"{name}"' for name in declared)
    values = {column.name: f'rows."{column.name}"::{column.sql_type}' for column in table.columns}
    given = f"(FROM ({_values(texts)}) AS given({names}))"
    pack(connection, table, given, raw={name: name for name in values}, values=values, joins={})


def _values(rows: Sequence[Sequence[str | None]]) -> str:
    """Rows of texts as SQL."""
    texts = (", ".join("NULL" if cell is None else quoted(cell) for cell in row) for row in rows)
    return f"VALUES {', '.join(f'({text})' for text in texts)}"


def _completed(table: str, row: Row, declared: Mapping[str, TableColumn]) -> dict[str, str | None]:
    full = {**_PLAIN_ROW.get(table, {}), **row}
    if table == "profile":
        full = {"source_id": full["profile_id"], **_clock(full), **full}
    return {name: _cell(full.get(name), column) for name, column in declared.items()}


def _clock(row: Row) -> dict[str, str]:
    """The other spellings of the moment a profile was taken."""
    if "time_ns" in row:
        taken_at = _EPOCH + timedelta(microseconds=int(row["time_ns"]) // 1000)
        return {"taken_at": f"{taken_at:%Y-%m-%d %H:%M:%S.%f}", "day": f"{taken_at:%Y-%m-%d}"}
    taken_at = datetime.fromisoformat(row.get("taken_at", "1970-01-01")).replace(tzinfo=UTC)
    return {"time_ns": str((taken_at - _EPOCH) // timedelta(microseconds=1) * 1000), "day": f"{taken_at:%Y-%m-%d}"}


def _insert_values(connection: duckdb.DuckDBPyConnection, blocks: Sequence[Block]) -> None:
    """What a case gives of samples: those of one profile, stack and label set are one, unless it numbers them."""
    given = [dict(zip(block.columns, row, strict=True)) for block in blocks for row in block.rows]
    places: dict[tuple[str | None, ...], int] = {}
    times: Counter[tuple[str | None, ...]] = Counter()
    rows: list[list[str | None]] = []
    for row in given:
        sample = (row["profile_id"], row["stack_id"], row.get("label_set_id", "0"))
        time = times[(*sample, row["sample_type"])]
        times[(*sample, row["sample_type"])] += 1
        index = row.get("sample_index", str(places.setdefault((*sample, str(time)), len(places))))
        rows.append([sample[0], index, sample[1], row["sample_type"], str(int(row["value"], 0)), sample[2]])
    if rows:
        connection.execute(f"INSERT INTO given_value {_values(rows)}")


def _cell(cell: str | None, column: TableColumn) -> str | None:
    if cell is None and not column.nullable:
        if column.sql_type.endswith("[]"):
            return "[]"
        return "{}" if column.sql_type.startswith("MAP(") else _EMPTY.get(column.sql_type, "0")
    if cell is None or cell == "NULL":
        return None
    return "" if cell == "''" else cell


def _text(value: object, kind: pa.DataType) -> str:
    """A value as a case spells it: addresses in hexadecimal, six digits of a ratio."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # Sums that should be zero are off by the last bit.
        return f"{round(value, 12):.6g}"
    if isinstance(value, int):
        return f"{value:#018x}" if pa.types.is_uint64(kind) and value >> 32 else str(value)
    if isinstance(value, list):
        return _listed(value, kind)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_text(part, kind.field(name).type)}" for name, part in value.items()) + "}"
    return str(value) or "''"


def _listed(values: Sequence[object], kind: pa.DataType) -> str:
    if not pa.types.is_map(kind):
        return "[" + ", ".join(_text(value, kind.value_type) for value in values) + "]"
    pairs = [pair for pair in values if isinstance(pair, tuple)]
    return "{" + ", ".join(f"{_text(key, kind.key_type)}={_text(item, kind.item_type)}" for key, item in pairs) + "}"


def _respelled(cell: str, kind: pa.DataType) -> str:
    if cell == "NULL":
        return cell
    if pa.types.is_integer(kind):
        return _text(int(cell, 0), kind)
    if pa.types.is_floating(kind):
        return _text(float(cell), kind)
    return cell
