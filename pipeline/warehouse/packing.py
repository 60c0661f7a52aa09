"""How rows are kept that repeat themselves: what many have alike once, times in ticks of Go's clock, objects as bytes by size.

DuckDB keeps a number in as many bits as the largest of some 2,048 rows takes, and sees no other repetition. Of a trace's rows seven
columns have a few hundred combinations, and Go's clock counts 64 ns, which are six bits of nothing in every time. So a table
that declares `alike` is a view, over a table `_NAME` with the number of a combination, and a table `_NAME_alike` of these.

The objects of a heap profile are all of the size in their label, and the runtime scales objects and bytes alike (runtime/pprof,
scaleHeapSample): bytes by size are the objects, to the last one. So a table that declares `objects` is a view, over a table
`_NAME` with that size and how many more there are, which is 0 and takes no room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from pipeline.schema import Table, TableColumn

_TICK_BITS = 6

# The combinations that arrive, as the rows have them and as the table will.
_ARRIVED = """
CREATE OR REPLACE TEMP TABLE arrived AS
SELECT {raws}, times, {values}
FROM (SELECT {raw}, COUNT(*) AS times FROM {rows} AS rows {joins} GROUP BY ALL) AS rows
{alike_joins}
"""
# The most frequent have the smallest numbers, which take the fewest bits.
_NUMBER = """
INSERT INTO _{name}_alike
SELECT
  (SELECT coalesce(MAX(alike_id), -1) FROM _{name}_alike) + row_number() OVER (ORDER BY SUM(times) DESC, {alike}),
  {alike}
FROM arrived
ANTI JOIN _{name}_alike AS known ON {is_known}
GROUP BY {alike}
"""
_KEY = """
CREATE OR REPLACE TEMP TABLE key_alike AS
SELECT arrived.*, known.alike_id FROM arrived JOIN _{name}_alike AS known ON {is_known}
"""
_INSERT = """
INSERT INTO _{name}
SELECT key_alike.alike_id, {values} FROM {rows} AS rows JOIN key_alike ON {is_key} {joins}
"""
# Below a block of 2 bytes and beyond these nothing is saved, or a difference might have more than 64 bits.
_BLOCKS = """
CREATE OR REPLACE TEMP TABLE block AS
SELECT label_set_id, list_filter(labels, lambda label: label.key = 'bytes')[1].num AS block_bytes
FROM {label_sets}
WHERE block_bytes BETWEEN 2 AND 2147483647
"""
_INSERT_OBJECTS = """
INSERT INTO _{name}
SELECT {kept}
FROM (
  SELECT rows.*, CASE WHEN {is_safe} THEN block_bytes END::INTEGER AS block_bytes
  FROM (SELECT {values} FROM {rows} AS rows {joins}) AS rows
  LEFT JOIN block USING (label_set_id)
) AS rows
"""
_MOST = 1 << 62
_DOCS = {
    "block_bytes": "The size of the objects, from the label that heap profiles have; NULL where objects are kept as they are.",
    "ticks": "In ticks of 64 ns.",
    "rest": "What is to be added to it.",
}


def is_packed(table: Table) -> bool:
    """Whether a declared table is a view."""
    return bool(table.alike or table.objects)


def kept_in(table: Table) -> str:
    """The table of DuckDB that has a row for each of a declared table's."""
    return f"_{table.name}" if is_packed(table) else table.name


def definitions(table: Table) -> Iterator[str]:
    """What is created for a declared table."""
    yield f"CREATE TABLE {kept_in(table)} ({_columns(_kept(table))})"
    if not is_packed(table):
        return
    shown = ", ".join(f'{_shown(table, column)} AS "{column.name}"' for column in table.columns)
    if table.objects:
        yield f"CREATE VIEW {table.name} AS SELECT {shown} FROM _{table.name} AS kept"
        return
    alike = {column.name: column.sql_type for column in table.columns if column.name in table.alike}
    yield f"CREATE TABLE _{table.name}_alike (alike_id INTEGER, {_columns(alike)})"
    yield f"CREATE VIEW {table.name} AS SELECT {shown} FROM _{table.name} AS kept JOIN _{table.name}_alike USING (alike_id)"


def comments(table: Table) -> Iterator[tuple[str, str]]:
    """What is said in the catalog, by what of it."""
    yield f"{'VIEW' if is_packed(table) else 'TABLE'} {table.name}", table.summary
    for column in table.columns:
        yield f'COLUMN {table.name}."{column.name}"', column.doc
    if not is_packed(table):
        return
    yield f"TABLE _{table.name}", f"How the rows of {table.name} are kept: ask that one."
    docs = {column.name: column.doc for column in table.columns} | {"alike_id": "Number of the combination of values."}
    for name in _kept(table):
        yield f'COLUMN _{table.name}."{name}"', docs.get(name) or _DOCS.get(name) or _DOCS[name.rpartition("_")[-1]]
    if not table.alike:
        return
    yield f"TABLE _{table.name}_alike", f"Values that rows of {table.name} have together."
    yield f"COLUMN _{table.name}_alike.alike_id", docs["alike_id"]
    for name in table.alike:
        yield f'COLUMN _{table.name}_alike."{name}"', docs[name]


def pack(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    *,
    raw: Mapping[str, str],
    values: Mapping[str, str],
    joins: Mapping[str, str],
    label_sets: str = "label_set",
) -> duckdb.DuckDBPyConnection:
    """Insert rows into a table that is packed.

    rows    what stands in FROM, to be called `rows`
    raw     by column what stands for it in the rows
    values  by column its expression over them
    joins   by column a join that its expression needs
    label_sets  what stands in FROM, for those that the rows have
    """
    if table.objects:
        return _pack_objects(connection, table, rows, values=values, joins=joins, label_sets=label_sets)
    taken = {name: f'rows."{raw[name]}"' for name in table.alike}
    alike_joins = " ".join(join for name, join in joins.items() if name in table.alike)
    words = {
        "name": table.name,
        "rows": rows,
        "raw": ", ".join(taken.values()),
        "raws": ", ".join(f'{one} AS "raw_{name}"' for name, one in taken.items()),
        "alike": ", ".join(f'arrived."{name}"' for name in table.alike),
        "joins": " ".join(join for name, join in joins.items() if name not in table.alike),
        "is_known": " AND ".join(f'known."{name}" IS NOT DISTINCT FROM arrived."{name}"' for name in table.alike),
        "is_key": " AND ".join(f'key_alike."raw_{name}" IS NOT DISTINCT FROM {one}' for name, one in taken.items()),
    }
    arrived = ", ".join(f'{values[name]} AS "{name}"' for name in table.alike)
    kept = ", ".join(one for column in table.columns for one in _packed(table, column, values[column.name]))
    connection.execute(_ARRIVED.format(**words, alike_joins=alike_joins, values=arrived))
    connection.execute(_NUMBER.format(**words))
    connection.execute(_KEY.format(**words))
    return connection.execute(_INSERT.format(**words, values=kept))


def _pack_objects(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: str,
    *,
    values: Mapping[str, str],
    joins: Mapping[str, str],
    label_sets: str,
) -> duckdb.DuckDBPyConnection:
    connection.execute(_BLOCKS.format(label_sets=label_sets))
    counted = {*table.objects, *table.objects.values()}
    return connection.execute(
        _INSERT_OBJECTS.format(
            name=table.name,
            rows=rows,
            joins=" ".join(joins.values()),
            values=", ".join(f'{value} AS "{name}"' for name, value in values.items()),
            is_safe=" AND ".join(f'coalesce(rows."{name}", 0) BETWEEN 0 AND {_MOST}' for name in sorted(counted)),
            kept=", ".join(
                [
                    "block_bytes",
                    *(one for column in table.columns for one in _packed(table, column, f'rows."{column.name}"')),
                ]
            ),
        )
    )


def _kept(table: Table) -> Mapping[str, str]:
    """The columns of the table that has a row for each, with their types."""
    kept = {"alike_id": "INTEGER"} if table.alike else {"block_bytes": "INTEGER"} if table.objects else {}
    for column in table.columns:
        if column.name in table.ticks:
            kept |= {f"{column.name}_ticks": "BIGINT", f"{column.name}_rest": "UTINYINT"}
        elif column.name in table.objects:
            kept[f"{column.name}_rest"] = column.sql_type
        elif column.name not in table.alike:
            kept[column.name] = column.sql_type
    return kept


def _packed(table: Table, column: TableColumn, value: str) -> Iterator[str]:
    if column.name in table.ticks:
        # Rounded down, of negative times as well.
        yield from (f"({value}) >> {_TICK_BITS}", f"({value}) & {(1 << _TICK_BITS) - 1}")
    elif column.name in table.objects:
        yield f"{value} - {_objects(table, column, 'rows')}"
    elif column.name not in table.alike:
        yield value


def _shown(table: Table, column: TableColumn) -> str:
    if column.name in table.ticks:
        return f'kept."{column.name}_ticks" * {1 << _TICK_BITS} + kept."{column.name}_rest"'
    if column.name in table.objects:
        return f'{_objects(table, column, "kept")} + kept."{column.name}_rest"'
    return f'"{column.name}"'


def _objects(table: Table, column: TableColumn, rows: str) -> str:
    return f'coalesce({rows}."{table.objects[column.name]}" // {rows}.block_bytes, 0)'


def _columns(types: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {sql_type}' for name, sql_type in types.items())
