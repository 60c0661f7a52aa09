"""Declared tables: their Arrow twin, and what DuckDB itself makes of the declarations."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import SchemaError
from pipeline.schema import Table, arrow_type, tables

EVERY = sorted(tables())


def columns_of(table: Table) -> list[str]:
    return [column.name for column in table.columns]


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
        ("UBIGINT", pa.uint64()),
        ("BIGINT", pa.int64()),
        ("INTEGER", pa.int32()),
        ("DOUBLE", pa.float64()),
        ("BOOLEAN", pa.bool_()),
        ("VARCHAR", pa.string()),
        ("DATE", pa.date32()),
        ("TIMESTAMP", pa.timestamp("us")),
        ("UBIGINT[]", pa.list_(pa.uint64())),
        ("BIGINT[][]", pa.list_(pa.list_(pa.int64()))),
        ("MAP(VARCHAR, BIGINT)", pa.map_(pa.string(), pa.int64())),
        ('STRUCT(a BIGINT, "column" VARCHAR)', pa.struct([("a", pa.int64()), ("column", pa.string())])),
        ("STRUCT(a BIGINT)[]", pa.list_(pa.struct([("a", pa.int64())]))),
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
    assert named <= set(columns_of(table))
    for reference in table.references:
        assert reference.to_column in columns_of(tables()[reference.to_table])
        assert tables()[reference.to_table].key == (reference.to_column,)


@pytest.mark.parametrize("name", EVERY)
def test_a_key_begins_with_what_is_never_null(name: str) -> None:
    first = tables()[name].key[0]

    assert not any(column.nullable for column in tables()[name].columns if column.name == first)


@pytest.mark.parametrize("name", EVERY)
def test_the_arrow_schema_carries_every_doc(name: str) -> None:
    table, schema = tables()[name], tables()[name].schema

    assert schema.names == columns_of(table)
    assert schema.metadata == {b"doc": table.summary.encode()}
    assert [field.metadata[b"doc"].decode() for field in schema] == [column.doc for column in table.columns]
    assert [field.nullable for field in schema] == [column.nullable for column in table.columns]


@pytest.mark.parametrize("name", EVERY)
def test_duckdb_reads_the_declaration_as_we_do(name: str) -> None:
    # The warehouse keeps references to itself: DuckDB would want a unique key behind each.
    statement = re.sub(r" REFERENCES \w+\(\w+\)", "", tables()[name].declaration.text)
    with duckdb.connect() as connection:
        connection.execute(statement)
        described = connection.execute(f"DESCRIBE {name}").fetchall()

    assert [(row[0], unquoted(row[1]), row[2] == "YES") for row in described] == [
        (column.name, unquoted(column.sql_type), column.nullable) for column in tables()[name].columns
    ]


@pytest.mark.parametrize("name", EVERY)
def test_an_empty_arrow_table_goes_into_duckdb_with_the_declared_types(name: str) -> None:
    empty = tables()[name].schema.empty_table()
    with duckdb.connect() as connection:
        connection.register("offered", empty)
        described = connection.execute("DESCRIBE SELECT * FROM offered").fetchall()

    dictionary = tables()[name].dictionary
    assert [(row[0], unquoted(row[1])) for row in described if row[0] not in dictionary] == [
        (column.name, unquoted(column.sql_type)) for column in tables()[name].columns if column.name not in dictionary
    ]


def unquoted(sql_type: str) -> str:
    """DuckDB quotes the names in a STRUCT as it sees fit."""
    return sql_type.replace('"', "")


def test_dictionaries_are_only_in_memory() -> None:
    sample = tables()["sample"].schema

    assert sample.field("sample_type").type == pa.dictionary(pa.int32(), pa.string())
    assert sample.field("value").type == pa.int64()


def test_references_are_told_from_types() -> None:
    location = {column.name: column for column in tables()["location"].columns}

    assert location["mapping_id"].sql_type == "UBIGINT"
    assert location["mapping_id"].nullable
    assert [(of.column, of.to_table) for of in tables()["location"].references] == [("mapping_id", "mapping")]
