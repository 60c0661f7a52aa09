"""How rows are kept that repeat themselves: what many have alike once, and times in ticks of Go's clock.

DuckDB keeps a number in as many bits as the largest of some 2,048 rows takes, and sees no other repetition. Of a trace's rows seven
columns have a few hundred combinations, and Go's clock counts 64 ns, which are six bits of nothing in every time. So a table
that declares `alike` is a view, over a table `_NAME` with the number of a combination, and a table `_NAME_alike` of these.
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


def kept_in(table: Table) -> str:
    """The table of DuckDB that has a row for each of a declared table's."""
    return f"_{table.name}" if table.alike else table.name


def definitions(table: Table) -> Iterator[str]:
    """What is created for a declared table."""
    if not table.alike:
        yield f"CREATE TABLE {table.name} ({_columns(_kept(table))})"
        return
    yield f"CREATE TABLE _{table.name} (alike_id INTEGER, {_columns(_kept(table))})"
    alike = {column.name: column.sql_type for column in table.columns if column.name in table.alike}
    yield f"CREATE TABLE _{table.name}_alike (alike_id INTEGER, {_columns(alike)})"
    shown = ", ".join(f'{_shown(table, column)} AS "{column.name}"' for column in table.columns)
    yield f"CREATE VIEW {table.name} AS SELECT {shown} FROM _{table.name} AS kept JOIN _{table.name}_alike USING (alike_id)"


def comments(table: Table) -> Iterator[tuple[str, str]]:
    """What is said in the catalog, by what of it."""
    yield f"{'VIEW' if table.alike else 'TABLE'} {table.name}", table.summary
    for column in table.columns:
        yield f'COLUMN {table.name}."{column.name}"', column.doc
    if not table.alike:
        return
    yield f"TABLE _{table.name}", f"How the rows of {table.name} are kept: ask that one."
    yield f"TABLE _{table.name}_alike", f"Values that rows of {table.name} have together."
    for name in (f"_{table.name}", f"_{table.name}_alike"):
        yield f"COLUMN {name}.alike_id", "Number of the combination of values."
    docs = {column.name: column.doc for column in table.columns}
    for name in _kept(table):
        yield f'COLUMN _{table.name}."{name}"', docs.get(name, "In ticks of 64 ns, and the ns beyond.")
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
) -> duckdb.DuckDBPyConnection:
    """Insert rows into a table that declares what is alike.

    rows    what stands in FROM, to be called `rows`
    raw     by column what stands for it in the rows
    values  by column its expression over them
    joins   by column a join that its expression needs
    """
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


def _kept(table: Table) -> Mapping[str, str]:
    """The columns of the table that has a row for each, but for the number of what is alike, with their types."""
    kept: dict[str, str] = {}
    for column in table.columns:
        if column.name in table.ticks:
            kept |= {f"{column.name}_ticks": "BIGINT", f"{column.name}_rest": "UTINYINT"}
        elif column.name not in table.alike:
            kept[column.name] = column.sql_type
    return kept


def _packed(table: Table, column: TableColumn, value: str) -> Iterator[str]:
    if column.name in table.ticks:
        # Rounded down, of negative times as well.
        yield from (f"({value}) >> {_TICK_BITS}", f"({value}) & {(1 << _TICK_BITS) - 1}")
    elif column.name not in table.alike:
        yield value


def _shown(table: Table, column: TableColumn) -> str:
    if column.name in table.ticks:
        return f'kept."{column.name}_ticks" * {1 << _TICK_BITS} + kept."{column.name}_rest"'
    return f'"{column.name}"'


def _columns(types: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {sql_type}' for name, sql_type in types.items())
