"""From hashes of the lake to the numbers of one database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline import flow
from pipeline.schema import tables
from tests.builders.profile import profile
from tests.builders.trace import BLOCKED, trace
from tests.warehouse.builder import heap, offer


def asked(db: Path, query: str) -> list[tuple[object, ...]]:
    (rows,) = answered(db, [query])
    return rows


def answered(db: Path, queries: Iterable[str]) -> list[list[tuple[object, ...]]]:
    """The rows of some queries, in one session: to open a database takes longer than most."""
    with flow.open_warehouse(str(db), threads=1) as connection:
        return [connection.sql(query).fetchall() for query in queries]


def loaded(tmp_path: Path, *contents: bytes) -> Path:
    """A database that was brought up to its lake after each of some profiles."""
    for place, content in enumerate(contents):
        offer(tmp_path / "lake", f"{place}.pb", content)
        flow.load(str(tmp_path / "lake"), str(tmp_path / "h.duckdb"))
    return tmp_path / "h.duckdb"


def test_numbers_are_dense_from_one(tmp_path: Path) -> None:
    db = loaded(tmp_path, heap(0, grow=100), heap(1, grow=200), profile("main.other@o.go:3 main.main@m.go:7 9"))

    names = ("source", "stack", "location", "function", "mapping", "label_set")
    found = answered(
        db,
        [f"SELECT COUNT(*), MIN({name}_id), MAX({name}_id), COUNT(DISTINCT {name}_hash) FROM {name}" for name in names],
    )
    for name, ((count, least, most, distinct),) in zip(names, found, strict=True):
        assert (least, most, distinct) == (1, count, count), name
        assert count, name


def test_what_has_a_number_keeps_it_when_more_comes(tmp_path: Path) -> None:
    keyed = "SELECT stack_hash, stack_id FROM stack UNION ALL SELECT source_hash, source_id FROM source"
    before = dict(asked(loaded(tmp_path, heap(0, grow=100)), keyed))

    after = dict(asked(loaded(tmp_path, heap(0, grow=100), profile("main.other@o.go:3 9")), keyed))

    assert before.items() < after.items()


def test_every_number_names_a_row(tmp_path: Path) -> None:
    db = loaded(tmp_path, heap(0, grow=100), profile("a@a.go:1|b@b.go:2 c@c.go:3 9"))

    references = {
        "sample.stack_id": "stack",
        "sample.label_set_id": "label_set",
        "sample.profile_id": "source",
        "location.mapping_id": "mapping",
        "profile_mapping.mapping_id": "mapping",
        "profile.source_id": "source",
    }
    counts = answered(
        db,
        [
            f"SELECT COUNT(*), COUNT({table}.{table}_id) FROM {column.partition('.')[0]} "
            f"LEFT JOIN {table} ON {column} = {table}.{table}_id"
            for column, table in references.items()
        ],
    )
    for column, ((rows, found),) in zip(references, counts, strict=True):
        assert rows == found > 0, column
    strays = answered(
        db,
        [
            "SELECT unnest(location_ids) FROM stack EXCEPT SELECT location_id FROM location",
            "SELECT unnest(lines).function_id FROM location EXCEPT SELECT function_id FROM function",
        ],
    )
    assert strays == [[], []]


def test_lists_keep_their_order(tmp_path: Path) -> None:
    db = loaded(tmp_path, profile("z@z.go:1|y@y.go:2 a@a.go:3 m@m.go:4 z@z.go:1|y@y.go:2 9"))

    query = """
        SELECT list(f.name ORDER BY place, line_place)
        FROM (SELECT unnest(location_ids) AS location_id, generate_subscripts(location_ids, 1) AS place FROM stack)
        JOIN (SELECT location_id, unnest(lines) AS line, generate_subscripts(lines, 1) AS line_place FROM location)
        USING (location_id)
        JOIN function f ON f.function_id = line.function_id
    """
    assert asked(db, query) == [(["z", "y", "a", "m", "z", "y"],)]


def test_an_unsigned_number_is_itself_again(tmp_path: Path) -> None:
    db = loaded(tmp_path, profile("a@x.go:1 b@x.go:2 1", loaded_at=0xFFFF_FFFF_0000_0000))

    assert asked(db, "SELECT memory_start FROM profile_mapping") == [(0xFFFF_FFFF_0000_0000,)]


def test_a_hash_is_sixteen_digits_and_says_the_bits_of_the_lake(tmp_path: Path) -> None:
    db = loaded(tmp_path, profile("1"))

    # What a stack of nothing has: XXH64 of nothing, above the signed numbers.
    assert asked(db, "SELECT stack_hash, location_ids FROM stack") == [("ef46db3751d8e999", [])]


def test_every_column_of_a_loaded_table_has_its_declared_type(tmp_path: Path) -> None:
    db = loaded(tmp_path, heap(0, grow=100))

    found = answered(db, [f"DESCRIBE {name}" for name in tables()])
    for table, columns in zip(tables().values(), found, strict=True):
        described = [(row[0], row[1].replace('"', "")) for row in columns]
        assert described == [(column.name, column.sql_type.replace('"', "")) for column in table.columns]


def test_transitions_of_a_trace_are_its_own_and_go_when_it_expires(tmp_path: Path) -> None:
    told = "SELECT * EXCLUDE (trace_id) FROM goroutine_transition WHERE trace_id = {} ORDER BY time_ns"
    db = loaded(tmp_path, trace(25, BLOCKED), trace(26, BLOCKED))

    assert [row[6] for row in asked(db, told.format(1))] == ["running", "waiting", "runnable", "running"]
    assert asked(db, told.format(2)) == asked(db, told.format(1))

    flow.expire_lake(str(tmp_path / "lake"), before=datetime.now(UTC) + timedelta(days=1))
    flow.load(str(tmp_path / "lake"), str(db))

    assert asked(db, "SELECT (SELECT COUNT(*) FROM goroutine_transition), (SELECT COUNT(*) FROM trace)") == [(0, 0)]


def test_what_expired_is_told_so_by_a_database_made_before_and_by_one_made_after(tmp_path: Path) -> None:
    lake, before = str(tmp_path / "lake"), loaded(tmp_path, heap(0, grow=100), heap(1, grow=200))
    flow.expire_lake(lake, before=datetime.now(UTC) + timedelta(days=1))
    offer(tmp_path / "lake", "2.pb", heap(2, grow=300))

    flow.load(lake, str(before))
    flow.load(lake, str(tmp_path / "after.duckdb"))

    told = "SELECT status, COUNT(*) FROM source GROUP BY status ORDER BY status"
    assert asked(tmp_path / "after.duckdb", told) == asked(before, told) == [("expired", 2), ("ingested", 1)]
