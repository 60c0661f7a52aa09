from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline.errors import LakeError
from pipeline.lake import batch_log, delta
from pipeline.lake.commit import commit, open_writer, settle
from pipeline.lake.datafile import read_rows
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.lake.verify import vacuum, verify
from pipeline.values import Known, Snapshot
from tests.lake.builder import batch, committed, content_id, ingest, refuse, refused, table, write


def column(snapshot: Snapshot, table: str, name: str) -> list[Any]:
    return pa.concat_tables([read_rows(snapshot.lake, file.path) for file in snapshot.files[table]])[name].to_pylist()


def hashes(names: str) -> list[int]:
    return sorted(content_id("source", name) for name in names.split())


def errors(lake: Path) -> list[str]:
    return [finding.problem for finding in verify(read_snapshot(str(lake))) if finding.severity == "error"]


def test_a_commit_shows_all_tables_at_once(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a b"))
    assert read_snapshot(str(tmp_path)) == Snapshot(str(tmp_path), 0, {})

    commit(str(tmp_path), written, known=Known())

    snapshot = read_snapshot(str(tmp_path))
    assert snapshot.batch == 1
    assert set(snapshot.files) == set(batch("a b"))


def test_a_committed_batch_counts_before_any_table_has_it(tmp_path: Path) -> None:
    after = commit(str(tmp_path), write(tmp_path, batch("a b")), known=Known())

    assert after is not None
    assert (after.batch, after.applied) == (1, 0)
    assert delta.opened(str(tmp_path), "sample") is None
    assert len(column(read_snapshot(str(tmp_path)), "profile", "profile_hash")) == 2
    assert read_known(str(tmp_path)).ingested.tolist() == hashes("a b")


def test_settling_adds_what_was_committed_to_every_table_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        commit(str(tmp_path), write(tmp_path, batch(name)), known=read_known(str(tmp_path)))
    before = read_snapshot(str(tmp_path))

    for _ in range(2):
        settle(str(tmp_path), read_known(str(tmp_path)))

    assert read_snapshot(str(tmp_path)) == before
    assert pl.scan_delta(str(tmp_path / "sample")).collect().height == 24
    table = delta.opened(str(tmp_path), "sample")
    assert table is not None
    assert (table.version(), delta.applied(table)) == (0, 2)


def test_what_other_engines_see_is_what_heapscape_sees(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    ingest(tmp_path, "c")

    found = pl.scan_delta(str(tmp_path / "profile")).collect()

    assert sorted(found["profile_hash"].to_list()) == hashes("a b c")
    assert found["taken_at"].dtype == pl.Datetime("us", "UTC")
    assert set(found["kind"]) == {"heap"}


def test_many_batches_are_added_to_the_tables_in_groups(tmp_path: Path) -> None:
    known = Known()
    for number in range(20):
        after = commit(str(tmp_path), write(tmp_path, batch(f"p{number}")), known=known)
        assert after is not None
        known = after

    assert (known.batch, known.applied) == (20, 16)
    assert len(column(read_snapshot(str(tmp_path)), "profile", "profile_hash")) == 20


def test_the_log_says_who_wrote_what(tmp_path: Path) -> None:
    commit(str(tmp_path), write(tmp_path, batch("a")), known=Known(), written_by="a test")

    (one,) = batch_log.since(str(tmp_path), 0)

    assert (one.number, one.written_by, one.sources.tolist()) == (1, "a test", hashes("a"))
    assert sum(file.rows for file in one.files if file.table == "sample") == 12


def test_old_batches_are_forgotten_when_every_table_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_log, "_KEPT", 2)
    for number in range(6):
        ingest(tmp_path, f"p{number}")

    assert next(one.number for one in batch_log.since(str(tmp_path), 0)) > 2
    assert read_snapshot(str(tmp_path)).batch == 6
    assert len(read_known(str(tmp_path)).ingested) == 6


def test_a_batch_without_rows_commits_nothing(tmp_path: Path) -> None:
    with open_writer(str(tmp_path)) as writer:
        pass

    after = commit(str(tmp_path), writer.written, known=Known())

    assert after is not None
    assert after.batch == 0
    assert list(tmp_path.iterdir()) == []


def test_a_batch_with_a_source_that_came_in_meanwhile_is_not_committed(tmp_path: Path) -> None:
    mine, yours = write(tmp_path, batch("a b c")), write(tmp_path, batch("b d"))

    assert commit(str(tmp_path), yours, known=Known()) is not None

    assert commit(str(tmp_path), mine, known=Known()) is None
    assert read_known(str(tmp_path)).ingested.tolist() == hashes("b d")
    assert errors(tmp_path) == []


def test_a_batch_with_other_sources_goes_in_behind_what_came_in_meanwhile(tmp_path: Path) -> None:
    mine, yours = write(tmp_path, batch("a")), write(tmp_path, batch("b"))
    commit(str(tmp_path), yours, known=Known())

    after = commit(str(tmp_path), mine, known=Known())

    assert after is not None
    assert (after.batch, after.ingested.tolist()) == (2, hashes("a b"))


def test_symbols_that_are_the_same_to_the_byte_are_listed_once(tmp_path: Path) -> None:
    ingest(tmp_path, "a", stacks="x y")

    snapshot = ingest(tmp_path, "b", stacks="x y")

    assert len(snapshot.files["stack"]) == 1
    assert len(snapshot.files["sample"]) == 2


def test_a_file_that_is_gone_before_its_commit_is_an_error(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))
    (tmp_path / written.files[0].path).unlink()

    with pytest.raises(LakeError, match=r"gone before its commit.*Run the same command again"):
        commit(str(tmp_path), written, known=Known())

    assert read_snapshot(str(tmp_path)).batch == 0


def test_a_file_that_was_cut_off_before_its_commit_is_an_error(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))
    (tmp_path / written.files[0].path).write_bytes(b"short")

    with pytest.raises(LakeError, match=rf"has 5 bytes, {written.files[0].size_bytes} were written"):
        commit(str(tmp_path), written, known=Known())


def test_a_vacuum_between_writing_and_commit_does_not_take_young_files(tmp_path: Path) -> None:
    ingest(tmp_path, "before")
    written = write(tmp_path, batch("a"))

    assert vacuum(str(tmp_path), older_than_hours=1) == []
    assert committed(tmp_path, written).batch == 2


def test_a_vacuum_leaves_what_was_committed_and_is_in_no_table_yet(tmp_path: Path) -> None:
    ingest(tmp_path, "before")
    commit(str(tmp_path), write(tmp_path, batch("a")), known=read_known(str(tmp_path)))

    vacuum(str(tmp_path), older_than_hours=0)

    assert errors(tmp_path) == []
    assert len(column(read_snapshot(str(tmp_path)), "profile", "profile_hash")) == 2


def test_refusals_are_known_with_their_latest_reason(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    refuse(tmp_path, "b c", at=12)

    refuse(tmp_path, "b", reason="too large", at=13)

    known = read_known(str(tmp_path))
    assert known.ingested.tolist() == hashes("a")
    assert known.refused == {content_id("source", "b"): "too large", content_id("source", "c"): "cut off"}
    assert errors(tmp_path) == []


def test_what_went_in_is_refused_no_more(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")

    ingest(tmp_path, "a")

    known = read_known(str(tmp_path))
    assert (known.ingested.tolist(), list(known.refused)) == (hashes("a"), hashes("b"))
    assert errors(tmp_path) == []


@pytest.mark.parametrize("first", ["ingests", "refuses"])
def test_of_two_writers_the_one_that_could_read_it_wins(tmp_path: Path, first: str) -> None:
    able, unable = write(tmp_path, batch("a")), write(tmp_path, refused("a", reason="too large"))

    for written in (able, unable) if first == "ingests" else (unable, able):
        committed(tmp_path, written)

    known = read_known(str(tmp_path))
    assert (known.ingested.tolist(), known.refused) == (hashes("a"), {})
    assert errors(tmp_path) == []


def test_a_refusal_is_forgotten_once_its_file_came_to_something_else(tmp_path: Path) -> None:
    refuse(tmp_path, "a b", at=11)
    other = [{**row, "path": "a.pb.gz"} for row in batch("c")["source"].to_pylist()]

    committed(tmp_path, write(tmp_path, {**batch("c"), "source": table("source", other)}))

    assert list(read_known(str(tmp_path)).refused) == hashes("b")


def test_of_an_archive_what_was_refused_with_its_siblings_counts(tmp_path: Path) -> None:
    rows = [*batch("a")["source"].to_pylist(), *refused("b")["source"].to_pylist()]
    together = [{**row, "path": "all.zip"} for row in rows]

    committed(tmp_path, write(tmp_path, {**batch("a"), "source": table("source", together)}))

    assert list(read_known(str(tmp_path)).refused) == hashes("b")
