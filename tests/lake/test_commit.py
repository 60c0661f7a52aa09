from __future__ import annotations

import json
from dataclasses import replace
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
from tests.lake.builder import batch, content_id, ingest, refuse, refused, write


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


def outcomes(snapshot: Snapshot) -> dict[int, str | None]:
    """The reason of each source that has a row, None for an ingested one; a source with two rows is an error."""
    sources, reasons = column(snapshot, "source", "source_id"), column(snapshot, "source", "reason")
    assert len(set(sources)) == len(sources)
    return dict(zip(sources, reasons, strict=True))


def id_of(name: str) -> int:
    return content_id("source", name)


def test_a_snapshot_tells_refused_sources_with_their_reasons(tmp_path: Path) -> None:
    ingest(tmp_path, "a")

    snapshot = refuse(tmp_path, "b")

    assert (snapshot.sources, snapshot.refused) == (ids("a b"), {id_of("b"): "cut off"})
    assert snapshot.ingested == ids("a")
    assert read_snapshot(str(tmp_path)) == snapshot


def test_what_goes_in_takes_the_place_of_its_refusal(tmp_path: Path) -> None:
    refuse(tmp_path, "a b", noted="a b")

    snapshot = ingest(tmp_path, "a c")

    assert (snapshot.version, snapshot.sources, snapshot.refused) == (2, ids("a b c"), {id_of("b"): "cut off"})
    assert outcomes(snapshot) == {id_of("a"): None, id_of("b"): "cut off", id_of("c"): None}
    assert column(snapshot, "ingest_note", "source_id") == [id_of("b")]
    assert len(column(snapshot, "sample", "profile_id")) == 2 * 12
    assert list(verify(str(tmp_path))) == []
    assert read_snapshot(str(tmp_path)) == snapshot


def test_a_refusal_in_the_same_words_commits_nothing_even_when_it_was_written(tmp_path: Path) -> None:
    before = refuse(tmp_path, "a b")

    assert refuse(tmp_path, "b a") == before


def test_a_refusal_in_other_words_takes_the_place_of_the_first(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")

    snapshot = refuse(tmp_path, "a b", reason="too large")
    again = refuse(tmp_path, "a", reason="cut off")

    assert outcomes(snapshot) == dict.fromkeys(ids("a b"), "too large")
    assert outcomes(again) == {id_of("a"): "cut off", id_of("b"): "too large"}
    assert list(verify(str(tmp_path))) == []


def test_a_refusal_of_what_is_in_the_lake_commits_nothing(tmp_path: Path) -> None:
    before = ingest(tmp_path, "a")

    assert refuse(tmp_path, "a") == before


def test_a_refusal_under_a_former_id_goes_when_the_batch_says_it_is_outdated(tmp_path: Path) -> None:
    refuse(tmp_path, "packed other")
    written = replace(write(tmp_path, batch("a")), outdated=ids("packed nobody"))

    snapshot = commit(str(tmp_path), written)

    assert outcomes(snapshot) == {id_of("a"): None, id_of("other"): "cut off"}
    assert (snapshot.sources, list(snapshot.refused)) == (ids("a other"), [id_of("other")])
    assert list(verify(str(tmp_path))) == []


def test_an_outdated_refusal_goes_even_when_its_source_is_known(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    refuse(tmp_path, "packed")
    written = replace(write(tmp_path, batch("a")), outdated=ids("packed"))

    snapshot = commit(str(tmp_path), written)

    assert (snapshot.version, snapshot.refused, outcomes(snapshot)) == (3, {}, {id_of("a"): None})
    assert commit(str(tmp_path), written) == snapshot
    assert list(verify(str(tmp_path))) == []


def test_two_writers_that_try_the_same_refusal_again_leave_one_row(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")
    mine, yours = write(tmp_path, batch("a c")), write(tmp_path, batch("a d"))
    old = read_snapshot(str(tmp_path))

    commit(str(tmp_path), yours, known=old)
    snapshot = commit(str(tmp_path), mine, known=old)

    assert outcomes(snapshot) == {**dict.fromkeys(ids("a c d")), id_of("b"): "cut off"}
    assert len(column(snapshot, "sample", "profile_id")) == 3 * 12
    assert errors(tmp_path) == []


@pytest.mark.parametrize("first", ["ingests", "refuses"])
def test_of_two_writers_the_one_that_could_read_it_wins(tmp_path: Path, first: str) -> None:
    refuse(tmp_path, "a b")
    able, unable = write(tmp_path, batch("a")), write(tmp_path, refused("a", reason="too large"))

    for written in (able, unable) if first == "ingests" else (unable, able):
        snapshot = commit(str(tmp_path), written)

    assert outcomes(snapshot) == {id_of("a"): None, id_of("b"): "cut off"}
    assert errors(tmp_path) == []


def test_refusals_of_an_older_lake_are_looked_up_and_can_be_replaced(tmp_path: Path) -> None:
    commit(str(tmp_path), write(tmp_path, merged(batch("a"), refused("b c", noted="b"))))
    as_of_old(tmp_path)

    snapshot = read_snapshot(str(tmp_path))
    after = ingest(tmp_path, "b")

    assert snapshot.refused == dict.fromkeys(ids("b c"), "cut off")
    assert outcomes(after) == {**dict.fromkeys(ids("a b")), id_of("c"): "cut off"}
    assert list(verify(str(tmp_path))) == []


def test_an_older_entry_whose_rows_cannot_be_read_counts_all_as_ingested(tmp_path: Path) -> None:
    snapshot = refuse(tmp_path, "a")
    as_of_old(tmp_path)
    Path(files(snapshot, "source")[0]).unlink()

    assert read_snapshot(str(tmp_path)).ingested == ids("a")


def merged(one: dict[str, pa.Table], other: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return {**one, **other, "source": pa.concat_tables([one["source"], other["source"]])}


def as_of_old(lake: Path) -> None:
    """Take from the first entry what entries did not say before refusals were written down."""
    path = lake / "_manifest" / "0000000001.json"
    document = json.loads(path.read_text())
    path.write_text(
        json.dumps({key: document[key] for key in document if key not in ("refused", "replaced", "removed")})
    )


def errors(lake: Path) -> list[str]:
    return [finding.problem for finding in verify(str(lake)) if finding.severity == "error"]
