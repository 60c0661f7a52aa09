from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import LakeError
from pipeline.lake.commit import commit
from pipeline.lake.snapshot import changes, files, read_snapshot
from pipeline.values import Changes
from tests.lake.builder import batch, content_id, ingest, refuse, write


def test_a_lake_that_is_not_there_is_version_zero_and_has_nothing(tmp_path: Path) -> None:
    snapshot = read_snapshot(str(tmp_path / "none"))

    assert (snapshot.version, snapshot.files, snapshot.sources) == (0, {}, frozenset())
    assert not (tmp_path / "none").exists()


def test_an_empty_folder_is_version_zero(tmp_path: Path) -> None:
    assert read_snapshot(str(tmp_path)).version == 0


def test_sources_of_all_commits_are_known(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    ingest(tmp_path, "c")

    snapshot = read_snapshot(str(tmp_path))

    assert snapshot.sources == {content_id("source", name) for name in "abc"}


def test_reading_on_from_a_snapshot_equals_reading_all(tmp_path: Path) -> None:
    earlier = ingest(tmp_path, "a")
    ingest(tmp_path, "b")
    ingest(tmp_path, "c")

    later = read_snapshot(str(tmp_path), since=earlier)

    assert later == read_snapshot(str(tmp_path))
    assert later.version == 3


def test_reading_on_touches_later_entries_only(tmp_path: Path) -> None:
    earlier = ingest(tmp_path, "a")
    ingest(tmp_path, "b")
    (tmp_path / "_manifest" / "0000000001.json").write_text("broken")

    later = read_snapshot(str(tmp_path), since=earlier)

    assert later.version == 2


def test_files_are_absolute_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot = ingest("lake", "a")

    paths = files(snapshot, "sample")

    assert len(paths) == 1
    assert all(os.path.isabs(path) and os.path.isfile(path) for path in paths)


def test_a_table_nobody_wrote_has_no_files(tmp_path: Path) -> None:
    assert files(ingest(tmp_path, "a"), "escape_site") == []


def test_new_files_are_those_of_later_commits(tmp_path: Path) -> None:
    first = ingest(tmp_path, "a")
    second = ingest(tmp_path, "b")

    new = changes(second, 1).files

    assert new["sample"] == [path for path in files(second, "sample") if path not in files(first, "sample")]
    assert len(new["sample"]) == 1


def test_new_files_leave_out_what_came_after_the_snapshot(tmp_path: Path) -> None:
    second = [ingest(tmp_path, name) for name in "ab"][-1]
    ingest(tmp_path, "c")

    new = changes(second, 0).files

    assert sorted(new["sample"]) == sorted(files(second, "sample"))


def test_nothing_is_new_at_the_snapshots_own_version(tmp_path: Path) -> None:
    assert changes(ingest(tmp_path, "a"), 1) == Changes()


def test_a_database_ahead_of_its_lake_is_refused(tmp_path: Path) -> None:
    snapshot = ingest(tmp_path, "a")

    with pytest.raises(LakeError, match=r"latest commit is 1, and commit 9 was asked for.*Build the database anew"):
        changes(snapshot, 9)


def test_a_lake_that_is_a_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("")

    with pytest.raises(LakeError, match=r"lake/_manifest: cannot be listed: Not a directory; check the path"):
        read_snapshot(str(tmp_path / "lake"))


def test_duckdb_reads_partition_columns_back_with_their_types(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    commit(str(tmp_path), write(tmp_path, batch("b", day=date(2026, 11, 24))))
    paths = files(read_snapshot(str(tmp_path)), "sample")

    types = "hive_partitioning = true, hive_types = {'kind': VARCHAR, 'day': DATE}"
    query = f"SELECT kind, day, count(*) FROM read_parquet($paths, {types}) GROUP BY ALL ORDER BY ALL"
    rows = duckdb.connect().execute(query, {"paths": paths}).fetchall()

    assert rows == [("heap", date(2026, 11, 23), 12), ("heap", date(2026, 11, 24), 12)]


def test_changes_tell_what_was_replaced_and_leave_out_files_that_came_and_went(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    refuse(tmp_path, "b c")
    third = ingest(tmp_path, "b")

    found = changes(third, 1)

    assert found.replaced == {content_id("source", "b")}
    assert sorted(found.files["source"]) == sorted(set(files(third, "source")) - set(files(third, "source")[:1]))
    assert changes(third, 2).replaced == found.replaced
    assert changes(third, 3) == Changes()


def test_reading_on_over_a_replaced_refusal_equals_reading_all(tmp_path: Path) -> None:
    earlier = refuse(tmp_path, "a b")
    ingest(tmp_path, "a")
    refuse(tmp_path, "b", reason="too large")

    later = read_snapshot(str(tmp_path), since=earlier)

    assert later == read_snapshot(str(tmp_path))
    assert later.refused == {content_id("source", "b"): "too large"}
