"""An answer as a Parquet file of its own."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import UsageError
from pipeline.lake.parquet import save

TABLE = pa.table({"series_id": pa.array([2**64 - 1], pa.uint64()), "frames": pa.array([["main.main"]])})


def test_a_table_comes_back_as_it_went(tmp_path: Path) -> None:
    save(TABLE, str(tmp_path / "answer.parquet"))

    assert pq.read_table(tmp_path / "answer.parquet").equals(TABLE)


def test_an_empty_answer_keeps_its_columns(tmp_path: Path) -> None:
    save(TABLE.slice(0, 0), str(tmp_path / "answer.parquet"))

    found = pq.read_table(tmp_path / "answer.parquet")
    assert (found.num_rows, found.schema.names) == (0, ["series_id", "frames"])


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"
    path.write_text("old")

    save(TABLE, str(path))

    assert pq.read_table(path).num_rows == 1


@pytest.mark.parametrize("place", ["missing/answer.parquet", "."])
def test_a_path_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        save(TABLE, str(tmp_path / place))
