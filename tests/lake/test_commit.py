from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import LakeError
from pipeline.lake.commit import commit, open_writer
from pipeline.lake.datafile import read_rows
from pipeline.lake.snapshot import files, read_snapshot
from pipeline.lake.verify import sweep, verify
from pipeline.values import Snapshot
from tests.lake.builder import batch, content_id, ingest, write


def column(snapshot: Snapshot, table: str, name: str) -> list[Any]:
    return pa.concat_tables([read_rows(Path(path)) for path in files(snapshot, table)])[name].to_pylist()


def ids(names: str) -> set[int]:
    return {content_id("source", name) for name in names.split()}


def test_a_commit_shows_all_tables_at_once(tmp_path: Path) -> None:
    snapshot = ingest(tmp_path, "a b")

    assert snapshot.version == 1
    assert set(snapshot.files) == set(batch("a b"))
    assert read_snapshot(str(tmp_path)) == snapshot


def test_the_entry_says_who_wrote_what(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))

    commit(str(tmp_path), written, written_by="a test")

    entry = json.loads((tmp_path / "_manifest" / "0000000001.json").read_text())
    assert (entry["written_by"], entry["summary"]["sample"]) == ("a test", 12)
    assert entry["committed_at"].endswith("+00:00")


def test_a_batch_of_known_sources_commits_nothing(tmp_path: Path) -> None:
    before = ingest(tmp_path, "a b")

    after = ingest(tmp_path, "b a")

    assert after == before


def test_a_batch_without_sources_commits_nothing(tmp_path: Path) -> None:
    with open_writer(str(tmp_path)) as writer:
        pass

    assert commit(str(tmp_path), writer.written).version == 0
    assert list(tmp_path.iterdir()) == []


def test_sources_that_came_in_meanwhile_are_taken_out(tmp_path: Path) -> None:
    mine, yours = write(tmp_path, batch("a b c")), write(tmp_path, batch("b d"))

    commit(str(tmp_path), yours)
    snapshot = commit(str(tmp_path), mine)

    assert snapshot.version == 2
    assert snapshot.sources == ids("a b c d")
    assert sorted(column(snapshot, "profile", "profile_id")) == sorted(ids("a b c d"))
    assert len(column(snapshot, "sample", "profile_id")) == 4 * 12
    assert [finding for finding in verify(str(tmp_path)) if finding.severity == "error"] == []


def test_a_batch_whose_sources_all_came_in_meanwhile_commits_nothing(tmp_path: Path) -> None:
    mine, yours = write(tmp_path, batch("a b")), write(tmp_path, batch("a b c"))

    before = commit(str(tmp_path), yours)

    assert commit(str(tmp_path), mine) == before


def test_taking_sources_out_leaves_files_without_them_as_they_are(tmp_path: Path) -> None:
    with open_writer(str(tmp_path), flush_bytes=1) as writer:
        for name in ("a", "b"):
            writer.add(batch(name))
    ingest(tmp_path, "b c")

    snapshot = commit(str(tmp_path), writer.written)

    of_a = [file for file in writer.written.files if file.table == "sample"]
    assert len([file for file in of_a if file in snapshot.files["sample"]]) == 1
    assert len(column(snapshot, "sample", "profile_id")) == 3 * 12


def test_a_known_snapshot_that_is_old_does_not_double_anything(tmp_path: Path) -> None:
    old = read_snapshot(str(tmp_path))
    ingest(tmp_path, "a")

    snapshot = commit(str(tmp_path), write(tmp_path, batch("a b")), known=old)

    assert snapshot.version == 2
    assert sorted(column(snapshot, "source", "source_id")) == sorted(ids("a b"))


def test_symbols_that_are_the_same_to_the_byte_are_listed_once(tmp_path: Path) -> None:
    commit(str(tmp_path), write(tmp_path, batch("a", stacks="x y")))

    snapshot = commit(str(tmp_path), write(tmp_path, batch("b", stacks="x y")))

    assert len(snapshot.files["stack"]) == 1
    assert len(snapshot.files["sample"]) == 2


def test_a_file_that_is_gone_before_its_commit_is_an_error(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))
    (tmp_path / written.files[0].path).unlink()

    with pytest.raises(LakeError, match=r"gone before its commit.*Run the same command again"):
        commit(str(tmp_path), written)

    assert read_snapshot(str(tmp_path)).version == 0


def test_a_file_that_was_cut_off_before_its_commit_is_an_error(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))
    (tmp_path / written.files[0].path).write_bytes(b"short")

    with pytest.raises(LakeError, match=rf"has 5 bytes, {written.files[0].size_bytes} were written"):
        commit(str(tmp_path), written)


def test_a_sweep_between_writing_and_commit_does_not_take_young_files(tmp_path: Path) -> None:
    ingest(tmp_path, "before")
    written = write(tmp_path, batch("a"))

    removed = sweep(str(tmp_path), older_than_s=3600)

    assert removed == []
    assert commit(str(tmp_path), written).version == 2
