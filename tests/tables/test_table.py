"""Columns become exactly the declared table, or an error."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import SchemaError
from pipeline.schema import tables
from pipeline.tables.table import concatenated, declared

COLUMNS = {
    "unit": pa.array(["bytes", "count"]),
    "profile_hash": np.array([7, 2**64 - 1], np.uint64),
    "position": np.array([0, 1], np.int64),
    "sample_type": pa.array(["a", "b"]).dictionary_encode(),
}


def test_columns_come_in_declared_order_and_type() -> None:
    table = declared("profile_sample_type", COLUMNS)

    assert table.schema.equals(tables()["profile_sample_type"].schema, check_metadata=True)
    assert table.to_pylist() == [
        {"profile_hash": 7, "position": 0, "sample_type": "a", "unit": "bytes"},
        {"profile_hash": -1, "position": 1, "sample_type": "b", "unit": "count"},
    ]


def test_columns_of_a_larger_array_are_taken_as_they_are() -> None:
    every_other = {**COLUMNS, "position": np.array([0, 9, 1, 9])[::2]}

    assert declared("profile_sample_type", every_other)["position"].to_pylist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "named"),
    [({**COLUMNS, "extra": np.zeros(2)}, "extra"), ({"unit": COLUMNS["unit"]}, "position, profile_hash, sample_type")],
)
def test_a_column_too_many_or_too_few_is_named(columns: dict[str, pa.Array], named: str) -> None:
    with pytest.raises(SchemaError, match=f"^profile_sample_type: columns {named} are declared or given, not both$"):
        declared("profile_sample_type", columns)


def test_a_number_that_does_not_fit_is_an_error_and_not_another_number() -> None:
    with pytest.raises(pa.ArrowInvalid):
        declared("profile_sample_type", {**COLUMNS, "position": np.array([0, 2**31])})


def test_tables_with_different_dictionaries_become_one() -> None:
    def part(*words: str) -> pa.Table:
        return pa.table({"word": pa.array(words).dictionary_encode()})

    joined = concatenated([part("a", "b"), part("c", "a")])

    assert joined["word"].to_pylist() == ["a", "b", "c", "a"]
    assert {tuple(chunk.dictionary.to_pylist()) for chunk in joined["word"].chunks} == {("a", "b", "c")}
