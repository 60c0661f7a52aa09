"""Declared tables: their Arrow twin, and what DuckDB itself makes of the declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import SchemaError
from pipeline.schema import arrow_type, struct_fields, tables

EVERY = sorted(tables())


def test_the_tables_that_others_rely_on_are_there() -> None:
    assert {
        "source",
        "ingest_note",
        "profile",
        "sample",
        "stack",
        "location",
        "function",
        "mapping",
        "label_set",
    } <= set(EVERY)


@pytest.mark.parametrize(
    ("sql_type", "expected"),
    [
        ("UBIGINT", pa.int64()),
        ("BIGINT", pa.int64()),
        ("INTEGER", pa.int32()),
        ("DOUBLE", pa.float64()),
        ("BOOLEAN", pa.bool_()),
        ("VARCHAR", pa.string()),
        ("BLOB", pa.binary()),
        ("DATE", pa.date32()),
        ("TIMESTAMP", pa.timestamp("us", "UTC")),
        ("UBIGINT[]", pa.list_(pa.int64())),
        ("BIGINT[][]", pa.list_(pa.list_(pa.int64()))),
        ("MAP(VARCHAR, BIGINT)", pa.map_(pa.string(), pa.int64())),
        ('STRUCT(a BIGINT, "column" VARCHAR)', pa.struct([("a", pa.int64()), ("column", pa.string())])),
        ("STRUCT(a BIGINT)[]", pa.list_(pa.struct([("a", pa.int64())]))),
        ("STRUCT(a_id INTEGER, b INTEGER)", pa.struct([("a_hash", pa.int64()), ("b", pa.int32())])),
    ],
)
def test_an_sql_type_has_its_arrow_type(sql_type: str, expected: pa.DataType) -> None:
    assert arrow_type(sql_type) == expected


def test_a_type_without_an_arrow_twin_is_named() -> None:
    with pytest.raises(SchemaError, match=r"^no Arrow type for HUGEINT; known are UBIGINT, BIGINT, "):
        arrow_type("HUGEINT")


@pytest.mark.parametrize("name", EVERY)
def test_keys_layout_and_references_name_columns_that_are_there(name: str) -> None:
    table = tables()[name]

    assert table.key, "every table has a key"
    named = {*table.key, *table.sort, *table.partition, *table.dictionary, *(of.column for of in table.references)}
    assert named <= set(table.schema.names)
    for reference in table.references:
        assert reference.to_column in tables()[reference.to_table].schema.names
        assert tables()[reference.to_table].key == (reference.to_column,)


@pytest.mark.parametrize("name", EVERY)
def test_a_key_begins_with_what_is_never_null(name: str) -> None:
    first = tables()[name].key[0]

    assert not tables()[name].schema.field(first).nullable


@pytest.mark.parametrize("name", EVERY)
def test_the_arrow_schema_carries_every_doc(name: str) -> None:
    table, schema = tables()[name], tables()[name].schema

    in_lake = [column for column in (*table.columns, *table.lake_only) if column.lake_name]
    assert schema.names == [column.lake_name for column in in_lake]
    assert schema.metadata == {b"doc": table.summary.encode()}
    assert [field.metadata[b"doc"].decode() for field in schema] == [column.doc for column in in_lake]
    assert [field.nullable for field in schema] == [column.nullable for column in in_lake]


@pytest.mark.parametrize("name", EVERY)
def test_duckdb_reads_the_declaration_as_we_do(name: str) -> None:
    # The warehouse keeps references to itself: DuckDB would want a unique key behind each.
    statement = re.sub(r" REFERENCES \w+\(\w+\)", "", tables()[name].declaration.text)
    with duckdb.connect() as connection:
        connection.execute(statement)
        described = connection.execute(f"DESCRIBE {name}").fetchall()

    assert [(row[0], unquoted(row[1]), row[2] == "YES") for row in described] == [
        (column.name, unquoted(column.sql_type), column.nullable)
        for column in (*tables()[name].columns, *tables()[name].lake_only)
    ]


@pytest.mark.parametrize("name", EVERY)
def test_the_lake_has_no_type_that_delta_does_not_know(name: str) -> None:
    def leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
        if pa.types.is_dictionary(kind):
            yield kind.value_type
        elif pa.types.is_nested(kind):
            for place in range(kind.num_fields):
                yield from leaves(kind.field(place).type)
        else:
            yield kind

    known = {
        *(pa.int64(), pa.int32(), pa.float64(), pa.bool_(), pa.string(), pa.binary(), pa.date32()),
        pa.timestamp("us", "UTC"),
    }
    assert {leaf for field in tables()[name].schema for leaf in leaves(field.type)} <= known


@pytest.mark.parametrize("name", EVERY)
def test_a_number_given_on_loading_stands_for_a_hash_of_the_lake(name: str) -> None:
    table = tables()[name]

    for column in table.columns:
        is_number = column.sql_type.removesuffix("[]") == "INTEGER" and column.name.endswith(("_id", "_ids"))
        assert (column.counts is not None) == is_number
        if is_number and column.lake_name:
            assert column.lake_name.endswith("_hashes" if column.sql_type.endswith("[]") else "_hash")
        if not is_number:
            assert column.lake_name == column.name
    assert not [
        field.name for field in table.schema if field.name.endswith(("_id", "_ids")) and field.type == pa.int32()
    ]


def unquoted(sql_type: str) -> str:
    """DuckDB quotes the names in a STRUCT as it sees fit."""
    return sql_type.replace('"', "")


def test_dictionaries_are_only_in_memory() -> None:
    ranges = tables()["trace_range"].schema

    assert ranges.field("name").type == pa.dictionary(pa.int32(), pa.string())
    assert ranges.field("start_ns").type == pa.int64()


def test_references_are_told_from_types() -> None:
    location = {column.name: column for column in tables()["location"].columns}

    assert (location["mapping_id"].sql_type, location["mapping_id"].lake_name) == ("INTEGER", "mapping_hash")
    assert (location["mapping_id"].nullable, location["mapping_id"].counts) == (True, "mapping")
    assert [(of.column, of.to_table) for of in tables()["location"].references] == [("mapping_hash", "mapping")]


def test_a_profile_and_a_trace_have_the_number_of_their_source() -> None:
    assert {column.counts for column in tables()["sample"].columns if column.name == "profile_id"} == {"source"}
    assert {column.counts for column in tables()["trace_range"].columns if column.name == "trace_id"} == {"source"}


def test_a_hash_in_its_own_column_is_read_as_text_and_filled_by_the_lake() -> None:
    source = {column.name: column for column in tables()["source"].columns}

    assert (source["source_id"].lake_name, source["source_id"].counts) == (None, "source")
    assert (source["source_hash"].sql_type, source["source_hash"].lake_type) == ("VARCHAR", pa.int64())


def test_the_numbers_in_a_struct_say_what_they_count() -> None:
    (lines,) = (column.sql_type for column in tables()["location"].columns if column.name == "lines")

    assert [(name, counted) for name, _, counted in struct_fields(lines)] == [
        ("function_id", "function"),
        ("line", None),
        ("column", None),
    ]
    assert struct_fields("VARCHAR[]") == ()
