from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.lake import batch_log
from pipeline.lake.commit import commit
from pipeline.lake.keep import compact, expire
from pipeline.lake.snapshot import read_known, read_snapshot
from pipeline.lake.verify import vacuum, verify
from pipeline.schema import tables
from tests.lake.builder import batch, committed, content_id, ingest, refuse, table, write

_MIDDLE = datetime(2026, 11, 24, tzinfo=UTC)


def rows(lake: Path) -> dict[str, pl.DataFrame]:
    """All rows, as another engine reads them; symbols once."""
    names = sorted(read_snapshot(str(lake)).files)
    found = {name: pl.scan_delta(str(lake / name)).collect() for name in names}
    for name, frame in found.items():
        key = [column for column in tables()[name].key if column in frame.columns]
        found[name] = (frame.unique(key) if len(key) == 1 and name != "source" else frame).sort(key)
    return found


def errors(lake: Path) -> list[str]:
    return [finding.problem for finding in verify(read_snapshot(str(lake))) if finding.severity == "error"]


def test_a_compaction_changes_no_row_and_leaves_a_file_for_each_partition(tmp_path: Path) -> None:
    for number, day in enumerate((23, 23, 24, 24)):
        ingest(tmp_path, f"p{number}", stacks="x y", day=date(2026, 11, day))
    before = rows(tmp_path)

    kept = compact(str(tmp_path))

    after = rows(tmp_path)
    assert all(after[name].equals(before[name]) for name in before)
    assert kept.files["sample"] == (4, 2)
    assert {name: len(files) for name, files in read_snapshot(str(tmp_path)).files.items()} == {
        name: 2 if tables()[name].partition else 1 for name in before
    }
    assert errors(tmp_path) == []


def test_symbols_that_many_batches_brought_are_kept_once(tmp_path: Path) -> None:
    for name in "abc":
        ingest(tmp_path, name, stacks=f"x {name}")

    compact(str(tmp_path))

    (file,) = read_snapshot(str(tmp_path)).files["stack"]
    assert file.rows == 4


def test_a_second_compaction_has_nothing_to_do(tmp_path: Path) -> None:
    for name in "abc":
        ingest(tmp_path, name)
    compact(str(tmp_path))
    before = read_snapshot(str(tmp_path))

    assert compact(str(tmp_path)).files == {}
    assert read_snapshot(str(tmp_path)) == before


def test_what_goes_in_after_a_compaction_is_beside_it(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    ingest(tmp_path, "b")
    compact(str(tmp_path))

    ingest(tmp_path, "c", stacks="a")
    vacuum(str(tmp_path), older_than_hours=0)

    assert rows(tmp_path)["profile"].height == 3
    assert errors(tmp_path) == []


def test_a_compaction_completes_first_what_was_committed(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    commit(str(tmp_path), write(tmp_path, batch("b")), known=read_known(str(tmp_path)))

    compact(str(tmp_path))

    assert rows(tmp_path)["profile"].height == 2
    assert errors(tmp_path) == []


def test_a_writer_that_is_faster_makes_a_compaction_begin_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(tmp_path, "a")
    ingest(tmp_path, "b")
    append = batch_log.append

    def after_another(lake: str, one: batch_log.Batch) -> bool:
        monkeypatch.setattr(batch_log, "append", append)
        ingest(tmp_path, "c")
        return append(lake, one)

    monkeypatch.setattr(batch_log, "append", after_another)

    compact(str(tmp_path))

    assert rows(tmp_path)["profile"].height == 3
    assert len(read_snapshot(str(tmp_path)).files["sample"]) == 1
    assert errors(tmp_path) == []


def test_what_expires_is_gone_with_the_symbols_that_nothing_else_speaks_of(tmp_path: Path) -> None:
    ingest(tmp_path, "old", stacks="shared only_old", day=date(2026, 11, 23))
    ingest(tmp_path, "new", stacks="shared only_new", day=date(2026, 11, 25))

    expire(str(tmp_path), before=_MIDDLE)

    found = rows(tmp_path)
    assert found["profile"]["profile_hash"].to_list() == [content_id("source", "new")]
    assert set(found["sample"]["profile_hash"]) == {content_id("source", "new")}
    assert sorted(found["function"]["name"]) == ["main.main", "main.only_new", "main.shared"]
    assert sorted(found["stack"]["stack_hash"]) == sorted(content_id("stack", name) for name in ("shared", "only_new"))
    assert errors(tmp_path) == []


def test_one_file_with_old_and_new_rows_keeps_the_new(tmp_path: Path) -> None:
    both = batch("old new")
    profiles = both["profile"].to_pylist()
    profiles[0]["taken_at"] = datetime(2026, 11, 1, tzinfo=UTC)
    committed(tmp_path, write(tmp_path, {**both, "profile": table("profile", profiles)}))

    expire(str(tmp_path), before=datetime(2026, 11, 2, tzinfo=UTC))

    assert rows(tmp_path)["sample"].height == 12
    assert errors(tmp_path) == []


def test_what_expired_stays_known_and_is_not_taken_for_new(tmp_path: Path) -> None:
    ingest(tmp_path, "old")

    expire(str(tmp_path), before=_MIDDLE)

    assert read_known(str(tmp_path)).ingested.tolist() == [content_id("source", "old")]
    assert ingest(tmp_path, "old") == read_snapshot(str(tmp_path))
    assert rows(tmp_path)["source"].sort("ingested_at")["status"].to_list() == ["ingested", "expired"]


def test_what_expired_does_not_expire_again(tmp_path: Path) -> None:
    ingest(tmp_path, "old")
    expire(str(tmp_path), before=_MIDDLE)
    before = read_snapshot(str(tmp_path))

    assert expire(str(tmp_path), before=_MIDDLE).files == {}
    assert read_snapshot(str(tmp_path)) == before


def test_a_profile_that_does_not_say_when_it_was_taken_goes_by_when_it_was_read(tmp_path: Path) -> None:
    unknown = batch("unknown")
    profile = {**unknown["profile"].to_pylist()[0], "taken_at": datetime(1970, 1, 1, tzinfo=UTC)}
    committed(tmp_path, write(tmp_path, {**unknown, "profile": table("profile", [profile])}))

    expire(str(tmp_path), before=datetime(2026, 11, 23, 11, tzinfo=UTC))
    assert rows(tmp_path)["profile"].height == 1

    expire(str(tmp_path), before=datetime(2026, 11, 23, 13, tzinfo=UTC))
    assert "profile" not in read_snapshot(str(tmp_path)).files


def test_refusals_neither_expire_nor_are_lost(tmp_path: Path) -> None:
    ingest(tmp_path, "old")
    refuse(tmp_path, "broken")

    expire(str(tmp_path), before=_MIDDLE)
    compact(str(tmp_path))

    assert list(read_known(str(tmp_path)).refused.values()) == ["cut off"]
