from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import LakeError
from pipeline.lake.datafile import encode, read_rows, read_shape, statistics
from pipeline.lake.rows import in_order
from pipeline.schema import Table, tables
from tests.lake.builder import batch, table


def encodings(rows: pa.Table, declared: Table) -> dict[str, set[str]]:
    metadata = pq.ParquetFile(pa.BufferReader(encode(rows, table=declared))).metadata.row_group(0)
    columns = [metadata.column(index) for index in range(metadata.num_columns)]
    return {column.path_in_schema: {str(encoding) for encoding in column.encodings} - {"RLE"} for column in columns}


def samples(count: int, **columns: Any) -> pa.Table:
    blank = {column: pa.array(np.zeros(count), pa.int64()) for column in map(str, tables()["sample"].schema.names)}
    given = {**blank, "more_values": [None] * count, **columns}
    schema = pa.schema([field for field in tables()["sample"].schema if field.name not in ("kind", "day")])
    arrays = [pa.array(given[field.name]).cast(field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def saved(folder: Path, rows: pa.Table, name: str) -> Path:
    path = folder / f"{name}.parquet"
    path.write_bytes(memoryview(encode(rows, table=tables()[name])))
    return path


@pytest.mark.parametrize("name", sorted(batch("a")))
def test_rows_come_back_under_the_declared_schema_with_docs(tmp_path: Path, name: str) -> None:
    rows = batch("a b c")[name]

    path = saved(tmp_path, rows, name)

    assert read_rows("", str(path)).equals(in_order(rows, by=tables()[name].sort))
    assert read_rows("", str(path)).schema.field(0).equals(rows.schema.field(0), check_metadata=True)


def test_the_same_rows_are_the_same_bytes() -> None:
    one, other = (encode(batch("a b")["stack"], table=tables()["stack"]).to_pybytes() for _ in range(2))

    assert one == other


def test_rising_numbers_are_stored_as_deltas_and_repeating_ids_as_a_dictionary() -> None:
    rng = np.random.default_rng(1)
    few = rng.integers(-(2**63), 2**63, 50)
    rows = samples(
        20_000,
        sample_index=np.arange(20_000),
        profile_hash=rng.integers(-(2**63), 2**63, 20_000),
        label_set_hash=few[rng.integers(0, 50, 20_000)],
    )

    found = encodings(rows, tables()["sample"])

    assert found["sample_index"] == {"DELTA_BINARY_PACKED"}
    assert found["profile_hash"] == {"PLAIN"}
    assert "RLE_DICTIONARY" in found["label_set_hash"]


def test_narrow_numbers_in_any_order_are_stored_as_deltas() -> None:
    draw = np.random.default_rng(1)

    found = encodings(
        samples(20_000, sample_index=draw.permutation(20_000), value_0=draw.integers(2**50, 2**50 + 2**40, 20_000)),
        tables()["sample"],
    )

    assert found["sample_index"] == found["value_0"] == {"DELTA_BINARY_PACKED"}


def test_rows_are_put_in_the_order_of_their_table() -> None:
    rows = samples(3, stack_hash=[7, -5, 7], sample_index=[0, 1, 2])

    stored = pq.read_table(pa.BufferReader(encode(rows, table=tables()["sample"])))

    assert stored.select(["stack_hash", "sample_index"]).to_pydict() == {
        "stack_hash": [-5, 7, 7],
        "sample_index": [1, 0, 2],
    }


def test_numbers_that_start_again_now_and_then_are_stored_as_deltas() -> None:
    places = np.tile(np.arange(5_000), 4)

    assert encodings(samples(20_000, sample_index=places), tables()["sample"])["sample_index"] == {
        "DELTA_BINARY_PACKED"
    }


def test_ids_in_runs_are_stored_as_a_dictionary() -> None:
    owners = np.repeat(np.random.default_rng(1).integers(-(2**63), 2**63, 40), 500)

    found = encodings(samples(20_000, profile_hash=owners), tables()["sample"])

    assert "RLE_DICTIONARY" in found["profile_hash"]


@pytest.mark.parametrize(("values", "is_dictionary"), [([2, 1, 2, 1], True), ([3, 1, 2, 1], False)])
def test_values_repeat_when_half_of_them_are_distinct(values: list[int], is_dictionary: bool) -> None:
    found = encodings(samples(4, value_0=values), tables()["sample"])

    assert ("RLE_DICTIONARY" in found["value_0"]) is is_dictionary


def test_the_end_of_a_long_column_counts_as_its_beginning_does() -> None:
    draw = np.random.default_rng(1)
    rising = np.arange(100_000)
    few = draw.integers(0, 40, 100_000)
    wide = 1 << 45

    found = encodings(
        samples(
            100_000,
            value_0=np.where(rising < 40_000, draw.permutation(rising), few) * wide,
            value_1=np.where(rising < 99_000, rising, -rising) * wide,
            profile_hash=np.where(rising < 40_000, few, draw.permutation(rising)) * wide,
        ),
        tables()["sample"],
    )

    assert "RLE_DICTIONARY" in found["value_0"]
    assert found["value_1"] == found["profile_hash"] == {"PLAIN"}


@pytest.mark.parametrize(
    ("rows", "name", "without"),
    [
        (samples(10), "sample", {"more_values.list.element", "stack_hash", "label_set_hash"}),
        (table("trace_range", [{"name": "x"}, {"name": "y"}]), "trace_range", {"name", "stack_hash"}),
    ],
)
def test_lists_few_words_and_hashes_have_no_statistics(rows: pa.Table, name: str, without: set[str]) -> None:
    group = pq.ParquetFile(pa.BufferReader(encode(rows, table=tables()[name]))).metadata.row_group(0)

    columns = [group.column(place) for place in range(group.num_columns)]
    assert {column.path_in_schema for column in columns if not column.is_stats_set} == without


def test_of_a_file_of_several_groups_only_columns_in_order_have_statistics() -> None:
    rng = np.random.default_rng(1)
    known = {}
    for count in (2**18, 2**18 + 1):
        rows = samples(count, sample_index=np.arange(count), value_0=rng.integers(0, 2**40, count))
        group = pq.ParquetFile(pa.BufferReader(encode(rows, table=tables()["sample"]))).metadata.row_group(0)
        columns = [group.column(index) for index in range(group.num_columns)]
        known[count] = {column.path_in_schema for column in columns if column.statistics is not None}

    assert {"profile_hash", "sample_index"} <= known[2**18] & known[2**18 + 1]
    assert known[2**18] - known[2**18 + 1] == {"value_0"}


def test_ids_inside_lists_are_stored_as_a_dictionary() -> None:
    found = encodings(batch("a b")["location"], tables()["location"])

    assert "RLE_DICTIONARY" in found["lines.list.element.function_hash"]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0],
        [-1],
        [0, 2**63 - 1, -(2**63), -1],
        [-1, 0, -(2**63)],
        [5] * 1000,
    ],
)
def test_any_64_bit_hash_survives_every_reader(tmp_path: Path, values: list[int]) -> None:
    rows = table("stack", [{"stack_hash": value, "location_hashes": [value, value]} for value in values])
    path = saved(tmp_path, rows, "stack")

    by_duckdb = duckdb.connect().execute(f"SELECT stack_hash FROM read_parquet('{path}')").fetchall()
    by_polars = pl.read_parquet(path)

    assert read_rows("", str(path))["stack_hash"].to_pylist() == values
    assert [row[0] for row in by_duckdb] == values
    assert by_polars["stack_hash"].to_list() == values
    assert by_polars["location_hashes"].to_list() == [[value, value] for value in values]


def test_rising_columns_survive_every_reader(tmp_path: Path) -> None:
    moments = [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC),
        datetime(2261, 12, 31, tzinfo=UTC),
    ]
    path = saved(
        tmp_path, table("source", [{"ingested_at": moment, "size_bytes": 2**62} for moment in moments]), "source"
    )

    by_duckdb = (
        duckdb.connect().execute(f"SELECT epoch_us(ingested_at), size_bytes FROM read_parquet('{path}')").fetchall()
    )

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert by_duckdb == [((moment - epoch) // timedelta(microseconds=1), 2**62) for moment in moments]
    assert pl.read_parquet(path)["ingested_at"].to_list() == moments


def test_statistics_and_pages_are_indexed(tmp_path: Path) -> None:
    path = saved(tmp_path, batch("a b")["function"], "function")

    group = pq.ParquetFile(path).metadata.row_group(0)

    statistics = group.column(0).statistics
    assert statistics is not None
    assert statistics.has_min_max
    assert group.column(0).has_column_index
    assert group.column(0).has_offset_index
    assert [column.column_index for column in group.sorting_columns] == [0]


def test_large_tables_have_several_row_groups() -> None:
    rows = samples(600_000, sample_index=np.arange(600_000))

    metadata = pq.ParquetFile(pa.BufferReader(encode(rows, table=tables()["sample"]))).metadata

    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [262144, 262144, 75712]


def test_columns_with_only_null_are_written() -> None:
    rows = table("source", [{"source_hash": 1}, {"source_hash": 2}])

    found = encodings(rows, tables()["source"])

    assert found["source_hash"] == {"DELTA_BINARY_PACKED"}


def test_the_shape_is_read_from_the_footer(tmp_path: Path) -> None:
    path = saved(tmp_path, batch("a b c")["stack"], "stack")

    schema, rows = read_shape("", str(path))

    assert (schema, rows) == (tables()["stack"].schema, 3)


def test_what_is_not_parquet_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"not parquet")

    with pytest.raises(LakeError, match=r"x.parquet: cannot be read as Parquet"):
        read_rows(str(tmp_path), "x.parquet")


def test_statistics_have_the_ends_of_numbers_and_days_and_count_nulls() -> None:
    rows = table(
        "source", [{"source_hash": 3, "size_bytes": 7}, {"source_hash": -5, "size_bytes": 9, "format": "pprof"}]
    )

    found = statistics(encode(rows, table=tables()["source"]))

    assert (found["minValues"]["source_hash"], found["maxValues"]["source_hash"]) == (-5, 3)
    assert (found["minValues"]["size_bytes"], found["maxValues"]["size_bytes"]) == (7, 9)
    assert found["nullCount"]["format"] == 1
    assert "uri" not in found["minValues"]


def test_statistics_of_several_groups_are_of_all_of_them() -> None:
    rows = samples(300_000, sample_index=np.arange(300_000))

    found = statistics(encode(rows, table=tables()["sample"]))

    assert (found["minValues"]["sample_index"], found["maxValues"]["sample_index"]) == (0, 299_999)


def test_days_are_told_as_delta_tells_them() -> None:
    rows = table("profile", [{"day": date(2026, 11, 23)}, {"day": date(2026, 11, 21)}])

    found = statistics(encode(rows, table=tables()["profile"]))

    assert (found["minValues"]["day"], found["maxValues"]["day"]) == ("2026-11-21", "2026-11-23")
