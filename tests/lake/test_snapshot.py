from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import LakeError
from pipeline.lake.snapshot import files, later, read_known, read_snapshot
from pipeline.values import Known, Snapshot
from tests.lake.builder import content_id, ingest


def test_a_lake_that_is_not_there_is_batch_zero_and_has_nothing(tmp_path: Path) -> None:
    lake = str(tmp_path / "none")

    assert read_snapshot(lake) == Snapshot(lake, 0, {})
    assert read_known(lake).ingested.tolist() == []
    assert not (tmp_path / "none").exists()


def test_an_empty_folder_is_batch_zero(tmp_path: Path) -> None:
    assert read_snapshot(str(tmp_path)).batch == 0


def test_sources_of_all_batches_are_known(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    ingest(tmp_path, "c")

    assert read_known(str(tmp_path)).ingested.tolist() == sorted(content_id("source", name) for name in "abc")


def test_reading_on_equals_reading_all(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    earlier = read_known(str(tmp_path))
    ingest(tmp_path, "b")
    ingest(tmp_path, "c")

    found = later(str(tmp_path), earlier)

    assert found.ingested.tolist() == read_known(str(tmp_path)).ingested.tolist()
    assert found.batch == 3


def test_reading_on_in_another_lake_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")

    with pytest.raises(LakeError, match=r"its latest batch is 1, and it was at 9 before; another lake took its place"):
        later(str(tmp_path), Known(batch=9))


def test_files_are_absolute_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot = ingest("lake", "a")

    paths = files(snapshot, "sample")

    assert len(paths) == 1
    assert all(os.path.isabs(path) and os.path.isfile(path) for path in paths)


def test_a_table_nobody_wrote_has_no_files(tmp_path: Path) -> None:
    assert files(ingest(tmp_path, "a"), "escape_site") == []


def test_a_lake_that_is_a_file_is_empty_to_readers(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")

    assert read_snapshot(str(tmp_path / "lake")).batch == 0


def test_a_broken_log_is_an_error_that_says_where(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    (tmp_path / "batch" / "_delta_log" / "00000000000000000000.json").write_text("{")

    with pytest.raises(LakeError, match=r"batch: its Delta log cannot be read: [^\n]*; restore _delta_log from a copy"):
        read_snapshot(str(tmp_path))


def test_duckdb_reads_partition_columns_back_with_their_types(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    ingest(tmp_path, "b", day=date(2026, 11, 24))
    paths = files(read_snapshot(str(tmp_path)), "sample")

    types = "hive_partitioning = true, hive_types = {'kind': VARCHAR, 'day': DATE}"
    query = f"SELECT kind, day, count(*) FROM read_parquet($paths, {types}) GROUP BY ALL ORDER BY ALL"
    rows = duckdb.connect().execute(query, {"paths": paths}).fetchall()

    assert rows == [("heap", date(2026, 11, 23), 12), ("heap", date(2026, 11, 24), 12)]
