"""Rows that repeat themselves are kept once, and are as they came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import duckdb
import pytest

from pipeline.schema import tables
from pipeline.warehouse.packing import definitions, kept_in, pack

TABLE = tables()["goroutine_transition"]
NAMES = [column.name for column in TABLE.columns]
# A change of state and its return, of a clock of 64 ns.
RUNS = (1, 6400, 7, "runnable", "", None, 64, "running", "", 3, None, None, 26, 0)
WAITS = (1, 6464, 7, "running", "", 3, 128, "waiting", "chan send", None, 8, 4, None, None)


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name in ("goroutine_transition", "label_set", "sample"):
            connection.execute(";".join(definitions(tables()[name])))
        yield connection


def put(
    connection: duckdb.DuckDBPyConnection,
    *rows: Sequence[object],
    values: Mapping[str, str] = MappingProxyType({}),
    joins: Mapping[str, str] = MappingProxyType({}),
) -> None:
    types = ", ".join(f'"{column.name}" {column.sql_type}' for column in TABLE.columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE given ({types})")
    connection.executemany(f"INSERT INTO given VALUES ({', '.join('?' * len(NAMES))})", rows)
    values = {name: f'rows."{name}"' for name in NAMES} | dict(values)
    pack(connection, TABLE, "given", raw={name: name for name in NAMES}, values=values, joins=joins)


def changed(row: Sequence[object], **values: object) -> tuple[object, ...]:
    return tuple(values.get(name, value) for name, value in zip(NAMES, row, strict=True))


def shown(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.sql(f"FROM {TABLE.name} ORDER BY time_ns").fetchall()


def test_rows_are_shown_as_they_came_with_every_null(database: duckdb.DuckDBPyConnection) -> None:
    nothing = changed(RUNS, time_ns=6500, stack_id=None, duration_ns=None, thread=None, proc=None)

    put(database, RUNS, WAITS, nothing)

    assert shown(database) == [RUNS, WAITS, nothing]


@pytest.mark.parametrize("time_ns", [0, 63, 64, -1, -63, -64, -65, 2**63 - 1, -(2**63)])
def test_every_time_of_64_bits_is_itself_again(database: duckdb.DuckDBPyConnection, time_ns: int) -> None:
    row = changed(RUNS, time_ns=time_ns, duration_ns=time_ns)

    put(database, row)

    assert shown(database) == [row]


def test_what_rows_have_alike_is_kept_once_and_the_most_frequent_has_the_smallest_number(
    database: duckdb.DuckDBPyConnection,
) -> None:
    put(database, *(changed(RUNS, time_ns=time) for time in range(3)), WAITS, changed(WAITS, goroutine=9))

    kept = database.sql("SELECT alike_id, to_state FROM _goroutine_transition_alike ORDER BY alike_id").fetchall()
    assert kept == [(0, "running"), (1, "waiting")]
    assert len(shown(database)) == 5


def test_rows_that_arrive_later_keep_the_numbers_that_are_given(database: duckdb.DuckDBPyConnection) -> None:
    put(database, RUNS)
    put(database, *(changed(WAITS, time_ns=time) for time in (7000, 8000)), changed(RUNS, time_ns=9000))

    kept = database.sql("SELECT alike_id, to_state FROM _goroutine_transition_alike ORDER BY alike_id").fetchall()
    assert kept == [(0, "running"), (1, "waiting")]
    assert [row[1] for row in shown(database)] == [6400, 7000, 8000, 9000]


def test_a_row_without_what_a_join_asks_for_leaves_nothing_behind(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("CREATE TEMP TABLE key_source (hash BIGINT, id INTEGER); INSERT INTO key_source VALUES (1, 42)")

    put(
        database,
        RUNS,
        changed(WAITS, trace_id=2),
        values={"trace_id": "of_trace.id"},
        joins={"trace_id": "JOIN key_source AS of_trace ON of_trace.hash = rows.trace_id"},
    )

    assert shown(database) == [changed(RUNS, trace_id=42)]
    assert database.sql("SELECT COUNT(*) FROM _goroutine_transition_alike").fetchall() == [(1,)]


def test_a_table_is_kept_in_itself_unless_it_says_what_is_alike_or_counts_objects() -> None:
    assert {name for name, table in tables().items() if kept_in(table) != name} == {"goroutine_transition", "sample"}
    assert kept_in(TABLE) == "_goroutine_transition"


SAMPLE = tables()["sample"]
# The third one: objects of 48 bytes.
LABELS = """
INSERT INTO label_set VALUES
  (1, '01', []),
  (2, '02', [{'key': 'bytes', 'str': 'large', 'num': NULL, 'num_unit': NULL}]),
  (3, '03', [{'key': 'bytes', 'str': NULL, 'num': 48, 'num_unit': 'bytes'}]),
  (4, '04', [{'key': 'bytes', 'str': NULL, 'num': 0, 'num_unit': NULL}]),
  (5, '05', [{'key': 'bytes', 'str': NULL, 'num': -9223372036854775808, 'num_unit': NULL}])
"""


def sampled(database: duckdb.DuckDBPyConnection, *values: object, label_set: int) -> tuple[object, object]:
    """The values of one sample as they are shown, and the columns that objects are kept in."""
    database.execute(LABELS)
    names = [column.name for column in SAMPLE.columns]
    types = ", ".join(f'"{column.name}" {column.sql_type}' for column in SAMPLE.columns)
    database.execute(f"CREATE OR REPLACE TEMP TABLE given ({types})")
    database.execute(f"INSERT INTO given VALUES ({', '.join('?' * len(names))})", [1, 0, 7, *values, None, label_set])
    pack(database, SAMPLE, "given", raw={}, values={name: f'rows."{name}"' for name in names}, joins={})
    (shown,) = database.sql("SELECT value_0, value_1, value_2, value_3 FROM sample").fetchall()
    (kept,) = database.sql("SELECT block_bytes, value_0_rest, value_2_rest FROM _sample").fetchall()
    return shown, kept


def test_objects_of_one_size_are_kept_as_what_their_bytes_do_not_tell(database: duckdb.DuckDBPyConnection) -> None:
    # As the runtime scales three objects of 48 bytes, and as a merge of profiles may round.
    values = (32770, 32770 * 48 + 47, 11, 480)

    assert sampled(database, *values, label_set=3) == (values, (48, 0, 1))


@pytest.mark.parametrize("label_set", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    "values",
    [
        (2, 96, None, None),
        (2, None, None, None),
        (-3, 5, -3, -144),
        (2**63 - 1, 2**63 - 1, -(2**63), 2**63 - 1),
        (-(2**63), -(2**63), 2**62, 2**62),
        (2**62, 0, 0, 2**62),
    ],
)
def test_samples_of_any_values_and_labels_are_shown_as_they_came(
    database: duckdb.DuckDBPyConnection, values: tuple[object, ...], label_set: int
) -> None:
    assert sampled(database, *values, label_set=label_set)[0] == values
