from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LakeError, SchemaError
from pipeline.lake.rows import checked, fold, in_order, source_hashes, split
from pipeline.schema import tables
from tests.lake.builder import table

_STACK = tables()["stack"].schema


def stacks(*pairs: tuple[int, list[int]]) -> pa.Table:
    return table("stack", [{"stack_hash": key, "location_hashes": ids} for key, ids in pairs])


def test_a_fitting_table_gets_the_declared_docs() -> None:
    bare = pa.table({"stack_hash": pa.array([1], pa.int64()), "location_hashes": pa.array([[2]], pa.list_(pa.int64()))})

    fitting = checked(bare, table="stack", declared=_STACK)

    assert fitting.schema.equals(_STACK, check_metadata=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"stack_hash": pa.array([1], pa.int64())}, r"table stack: .*lacks \['location_hashes'\]"),
        (
            {"stack_hash": pa.array([1], pa.uint64()), "location_hashes": pa.array([[2]], pa.list_(pa.int64()))},
            "table stack, column stack_hash: found uint64, expected int64",
        ),
        (
            {"stack_hash": pa.array([None], pa.int64()), "location_hashes": pa.array([[2]], pa.list_(pa.int64()))},
            r"table stack, column stack_hash: found 1 NULLs in 1 rows, expected none",
        ),
        (
            {"location_hashes": pa.array([[2]], pa.list_(pa.int64())), "stack_hash": pa.array([1], pa.int64())},
            "table stack: .*in another order",
        ),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_name(columns: dict[str, pa.Array[Any]], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        checked(pa.table(columns), table="stack", declared=_STACK)


def test_folding_keeps_each_key_once_where_it_came_first() -> None:
    folded = fold([stacks((3, [1]), (1, [])), stacks((2, [5, 6]), (3, [1]))], key="stack_hash")

    assert folded.to_pylist() == [
        {"stack_hash": 3, "location_hashes": [1]},
        {"stack_hash": 1, "location_hashes": []},
        {"stack_hash": 2, "location_hashes": [5, 6]},
    ]


def test_folding_what_is_folded_copies_nothing() -> None:
    rows = stacks((2, [1]), (1, [1]))

    folded = fold([rows], key="stack_hash")

    addresses = [one["stack_hash"].to_numpy().__array_interface__["data"] for one in (folded, rows)]
    assert addresses[0] == addresses[1]


def test_two_contents_under_one_id_are_refused_with_both() -> None:
    with pytest.raises(LakeError, match=r"stack_hash 0000000000000007 stands for two contents: .*\[1, 2\].*\[1, 3\]"):
        fold([stacks((7, [1, 2]), (8, [])), stacks((8, []), (7, [1, 3]))], key="stack_hash")


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), min_size=1, max_size=5))
def test_folding_equals_a_dict(parts: list[list[int]]) -> None:
    rows = [stacks(*((key, [key] * (key % 3)) for key in part)) for part in parts]

    folded = fold(rows, key="stack_hash")

    expected = {key: [key] * (key % 3) for part in parts for key in part}
    assert {row["stack_hash"]: row["location_hashes"] for row in folded.to_pylist()} == expected
    assert folded["stack_hash"].to_pylist() == list(expected)


def test_sorting_by_two_columns_puts_the_first_first() -> None:
    rows = pa.table({"a": [2, 1, 2, 1], "b": [1, 2, 0, 1]})

    ordered = in_order(rows, by=["a", "b"])

    assert ordered.to_pydict() == {"a": [1, 1, 2, 2], "b": [1, 2, 0, 1]}


def test_equal_rows_keep_their_order() -> None:
    rows = pa.table({"a": [1, 0, 1, 0], "b": ["w", "x", "y", "z"]})

    assert in_order(rows, by=["a"])["b"].to_pylist() == ["x", "z", "w", "y"]


@given(st.lists(st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)), max_size=20), st.integers(0, 20))
def test_ids_sort_as_numbers_whatever_their_chunks(ids: list[int], cut: int) -> None:
    chunks = [pa.array(ids[:cut], pa.int64()), pa.array(ids[cut:], pa.int64())]

    ordered = in_order(pa.table({"id": pa.chunked_array(chunks), "row": np.arange(len(ids))}), by=["id"])

    assert ordered["row"].to_pylist() == sorted(range(len(ids)), key=ids.__getitem__)


def test_words_sort_as_words_whatever_their_places_in_dictionaries_of_several_chunks() -> None:
    chunks = [pa.array(words).dictionary_encode() for words in (["space", "objects"], ["cpu", "space", "objects"])]
    rows = pa.table({"kind": pa.chunked_array(chunks), "row": [0, 1, 2, 3, 4]})

    ordered = in_order(rows, by=["kind"])

    assert ordered["row"].to_pylist() == [2, 1, 4, 0, 3]
    assert ordered["kind"].to_pylist() == ["cpu", "objects", "objects", "space", "space"]
    assert in_order(rows.slice(0, 0), by=["kind"]).num_rows == 0


def test_partitions_are_split_off_with_their_rows_in_order() -> None:
    days = [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 23), date(2026, 11, 23)]
    rows = pa.table({"n": [1, 2, 3, 4], "kind": ["heap", "heap", "cpu", "heap"], "day": days})

    parts = {partition: part.to_pydict() for partition, part in split(rows, by=["kind", "day"])}

    assert parts == {
        (("kind", "heap"), ("day", date(2026, 11, 23))): {"n": [1, 4]},
        (("kind", "heap"), ("day", date(2026, 11, 24))): {"n": [2]},
        (("kind", "cpu"), ("day", date(2026, 11, 23))): {"n": [3]},
    }


def test_many_rows_keep_their_order_in_each_partition() -> None:
    rows = pa.table({"n": list(range(1000)), "kind": ["heap", "cpu"] * 500})

    parts = {partition[0][1]: part["n"].to_pylist() for partition, part in split(rows, by=["kind"])}

    assert parts == {"heap": list(range(0, 1000, 2)), "cpu": list(range(1, 1000, 2))}


def test_null_is_a_partition_of_its_own() -> None:
    rows = pa.table({"n": [1, 2, 3], "kind": ["heap", None, "heap"]})

    parts = [(partition, part["n"].to_pylist()) for partition, part in split(rows, by=["kind"])]

    assert sorted(parts, key=lambda part: part[1]) == [((("kind", "heap"),), [1, 3]), ((("kind", None),), [2])]


def test_no_partition_columns_make_one_part() -> None:
    rows = pa.table({"n": [1, 2]})

    assert [(partition, part.to_pydict()) for partition, part in split(rows, by=[])] == [((), {"n": [1, 2]})]


def test_no_rows_make_no_part() -> None:
    rows = pa.table({"n": pa.array([], pa.int64())})

    assert list(split(rows, by=[])) == []


def test_sources_of_rows_are_distinct_and_sorted() -> None:
    notes = table("ingest_note", [{"source_hash": source} for source in (5, 5, -1, 0, 5)])

    assert source_hashes(notes, table=tables()["ingest_note"]).tolist() == [-1, 0, 5]


def test_symbols_are_from_no_source() -> None:
    assert source_hashes(stacks((1, [])), table=tables()["stack"]).tolist() == []
