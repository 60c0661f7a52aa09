"""An answer as a Parquet file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import QueryError, UsageError
from pipeline.lake.parquet import save
from pipeline.values import Answer

TABLE = pa.table({"series_id": pa.array([2**64 - 1], pa.uint64()), "frames": pa.array([["main.main"]])})


def test_a_table_comes_back_as_it_went(tmp_path: Path) -> None:
    save(_answer(TABLE), str(tmp_path / "answer.parquet"))

    assert pq.read_table(tmp_path / "answer.parquet").equals(TABLE)


def test_an_empty_answer_keeps_its_columns(tmp_path: Path) -> None:
    save(_answer(TABLE.slice(0, 0)), str(tmp_path / "answer.parquet"))

    found = pq.read_table(tmp_path / "answer.parquet")
    assert (found.num_rows, found.schema.names) == (0, ["series_id", "frames"])


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_text("old")

    save(_answer(TABLE), str(path))

    assert pq.read_table(path).num_rows == 1


@pytest.mark.parametrize("place", ["missing/answer.parquet", "."])
def test_a_path_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        save(_answer(TABLE), str(tmp_path / place))


def test_small_batches_make_row_groups_of_a_size(tmp_path: Path) -> None:
    table = pa.table({"n": pa.array(range(300_000), pa.int64())})

    save(_answer(table, rows=1000), str(tmp_path / "answer.parquet"))

    found = pq.ParquetFile(tmp_path / "answer.parquet").metadata
    assert [found.row_group(place).num_rows for place in range(found.num_row_groups)] == [131_072, 131_072, 37_856]
    assert pq.read_table(tmp_path / "answer.parquet").equals(table)


def test_an_answer_that_breaks_off_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_text("old")

    with pytest.raises(QueryError, match="broke off"):
        save(Answer("answer", (), TABLE.schema, _broken_off()), str(path))

    assert {found.name: found.read_text() for found in tmp_path.iterdir()} == {"answer.parquet": "old"}


def _broken_off() -> Iterator[pa.RecordBatch]:
    yield from TABLE.to_batches()
    raise QueryError("broke off")


def _answer(table: pa.Table, *, rows: int = 8192) -> Answer:
    return Answer("answer", (), table.schema, iter(table.to_batches(max_chunksize=rows)))
