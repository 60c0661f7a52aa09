from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import LakeError, SchemaError
from pipeline.hashes import hexadecimal
from pipeline.lake import writer as writer_module
from pipeline.lake.commit import open_writer
from pipeline.lake.datafile import read_rows
from pipeline.lake.snapshot import files, read_snapshot
from pipeline.values import Written
from tests.lake.builder import batch, committed, content_id, symbols, table, write


def rows_of(lake: Path, written: Written, name: str) -> list[dict[str, object]]:
    found = [read_rows(str(lake), file.path) for file in written.files if file.table == name]
    return pa.concat_tables(found).to_pylist() if found else []


def test_a_batch_becomes_one_file_per_table(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a b"))

    assert sorted(file.table for file in written.files) == sorted(batch("a b"))
    assert written.sources.tolist() == sorted([content_id("source", "a"), content_id("source", "b")])
    assert written.summary == {
        "source": 2,
        "profile": 2,
        "sample": 24,
        "function": 3,
        "mapping": 1,
        "location": 3,
        "stack": 2,
        "label_set": 1,
    }


def test_each_file_says_its_size_and_rows_and_is_named_by_its_content(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))

    assert all((tmp_path / file.path).stat().st_size == file.size_bytes for file in written.files)
    assert all(
        Path(file.path).stem == hashlib.sha256((tmp_path / file.path).read_bytes()).hexdigest()[:32]
        for file in written.files
    )
    assert all(read_rows(str(tmp_path), file.path).num_rows == file.rows for file in written.files)


def test_partition_columns_are_in_the_path_and_not_in_the_file(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))

    (sample,) = (file for file in written.files if file.table == "sample")
    assert sample.path.startswith("sample/kind=heap/day=2026-11-23/")
    assert not {"kind", "day"} & set(read_rows(str(tmp_path), sample.path).column_names)


def test_symbols_repeated_between_adds_are_written_once_and_in_order(tmp_path: Path) -> None:
    with open_writer(str(tmp_path)) as writer:
        for name in ("a", "b", "c"):
            writer.add(batch(name, stacks="x y z"))

    stacks = [row["stack_hash"] for row in rows_of(tmp_path, writer.written, "stack")]
    locations = [row["location_hash"] for row in rows_of(tmp_path, writer.written, "location")]
    assert stacks == [content_id("stack", leaf) for leaf in "xyz"]
    assert locations == sorted(content_id("location", name) for name in ("main", "x", "y", "z"))


def test_symbols_are_folded_while_they_are_collected(tmp_path: Path) -> None:
    leaves = [f"leaf{number}" for number in range(2000)]
    many = symbols(leaves)
    added = 40_000_000 // many["function"].nbytes

    with open_writer(str(tmp_path), flush_bytes=50_000_000) as writer:
        for _ in range(added):
            writer.add({"function": many["function"]})

    assert writer.written.summary == {"function": 2001}
    assert len(writer.written.files) == 1


def test_buffers_above_the_threshold_are_written_before_the_end(tmp_path: Path) -> None:
    with open_writer(str(tmp_path), flush_bytes=20_000) as writer:
        for number in range(20):
            writer.add(batch(f"p{number}", samples=100))
        staged = len(list(tmp_path.rglob("*.tmp")))

    assert staged > 1
    assert writer.written.summary["sample"] == 20 * 100
    assert len([file for file in writer.written.files if file.table == "sample"]) > 1


def test_the_first_rows_are_written_at_half_the_threshold(tmp_path: Path) -> None:
    rows = batch("a", samples=200)
    size = sum(one.nbytes for one in rows.values())

    with open_writer(str(tmp_path), flush_bytes=2 * size) as writer:
        writer.add(rows)
        before = len(writer._being_written)
        writer.add(batch("b"))
        after = len(writer._being_written)

    assert (before, after) == (0, 1)


def test_a_long_table_that_is_written_last_becomes_two_files(tmp_path: Path) -> None:
    rows_by_table = batch("a", samples=4_000)

    with open_writer(str(tmp_path), flush_bytes=3 * sum(one.nbytes for one in rows_by_table.values())) as writer:
        writer.add(rows_by_table)
        assert not writer._being_written

    rows = rows_of(tmp_path, writer.written, "sample")
    assert [file.rows for file in writer.written.files if file.table == "sample"] == [2_000, 2_000]
    assert sorted(row["sample_index"] for row in rows) == [*range(4_000)]
    assert {file.table for file in writer.written.files} == set(batch("a"))


def test_no_more_than_two_flushes_are_being_written_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, unwritten = writer_module.stage, []

    def slowly(*given: Any, **named: Any) -> writer_module.Staged:
        time.sleep(0.02)
        return written(*given, **named)

    monkeypatch.setattr(writer_module, "stage", slowly)

    with open_writer(str(tmp_path), flush_bytes=20_000) as writer:
        for number in range(20):
            writer.add(batch(f"p{number}", samples=100))
            unwritten.append(sum(not all(job.done() for job in jobs) for jobs in writer._being_written))

    assert max(unwritten) == 2
    assert writer.written.summary["sample"] == 20 * 100


def test_symbols_wait_to_be_folded_while_samples_are_written(tmp_path: Path) -> None:
    with open_writer(str(tmp_path), flush_bytes=100_000) as writer:
        for number in range(20):
            writer.add(batch(f"p{number}", stacks="x y z", samples=400))

    assert len([file for file in writer.written.files if file.table == "sample"]) > 1
    assert len([file for file in writer.written.files if file.table == "stack"]) == 1


def test_a_batch_written_in_pieces_reads_as_one(tmp_path: Path) -> None:
    parts = [batch(f"p{number}", samples=40) for number in range(10)]
    with open_writer(str(tmp_path), flush_bytes=10_000) as writer:
        for part in parts:
            writer.add(part)

    rows = rows_of(tmp_path, writer.written, "sample")

    expected = pa.concat_tables([part["sample"] for part in parts]).drop_columns(["kind", "day"]).to_pylist()
    assert sorted(rows, key=repr) == sorted(expected, key=repr)


def test_dictionaries_that_differ_between_adds_keep_their_words(tmp_path: Path) -> None:
    with open_writer(str(tmp_path)) as writer:
        for name, words in (("a", "x y"), ("b", "y z")):
            ranges = [{"trace_hash": content_id("source", name), "name": word} for word in words.split()]
            writer.add({**batch(name), "trace_range": table("trace_range", ranges)})

    names = [row["name"] for row in rows_of(tmp_path, writer.written, "trace_range")]
    assert sorted(names) == ["x", "y", "y", "z"]


def test_empty_tables_make_no_files(tmp_path: Path) -> None:
    written = write(tmp_path, {**batch("a"), "escape_site": table("escape_site", [])})

    assert "escape_site" not in {file.table for file in written.files}


def test_refused_sources_have_a_row_and_did_not_go_in(tmp_path: Path) -> None:
    refused = {"source_hash": 5, "uri": "notes.txt", "status": "refused", "reason": "not a format heapscape knows"}

    written = write(tmp_path, {"source": table("source", [refused, {"source_hash": 6, "status": "ingested"}])})

    assert (written.sources.tolist(), written.summary) == ([6], {"source": 2})


def test_an_unknown_table_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"table sampel: not declared.*sample"), open_writer(str(tmp_path)) as writer:
        writer.add({"sampel": batch("a")["sample"]})


def test_a_source_added_twice_is_refused(tmp_path: Path) -> None:
    with open_writer(str(tmp_path)) as writer:
        writer.add(batch("a"))

        with pytest.raises(SchemaError, match="was added twice to one batch"):
            writer.add(batch("a"))


def test_rows_of_a_source_the_batch_does_not_have_are_refused(tmp_path: Path) -> None:
    strange = {**batch("a"), "sample": batch("b")["sample"]}

    with pytest.raises(SchemaError, match=f"table sample: has rows of source {hexadecimal(content_id('source', 'b'))}"):
        write(tmp_path, strange)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def fail_after_writing(lake: Path) -> None:
    with open_writer(str(lake), flush_bytes=1) as writer:
        writer.add(batch("a"))
        until = time.monotonic() + 20
        while not list(lake.rglob("*.tmp")):
            assert time.monotonic() < until, "nothing is being written"
            time.sleep(0.001)
        raise ValueError("mine")


def test_a_block_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"):
        fail_after_writing(tmp_path)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_hash_clash_refuses_the_batch(tmp_path: Path) -> None:
    one, other = batch("a"), batch("b")
    rows = other["stack"].to_pylist()
    other["stack"] = table("stack", [{**rows[0], "stack_hash": content_id("stack", "a")}])

    both = {name: pa.concat_tables([one[name], other[name]]) for name in one}

    with pytest.raises(LakeError, match="stands for two contents"):
        write(tmp_path, both)


def test_a_folder_nobody_may_write_to_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "sample").write_text("a file where a folder should be")

    with pytest.raises(LakeError, match=r"sample/kind=heap/day=2026-11-23.*nothing of this batch is visible"):
        write(tmp_path, batch("a"))

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["sample"]


def test_writing_again_what_a_crash_left_makes_it_young(tmp_path: Path) -> None:
    first = write(tmp_path, batch("a"))
    for file in first.files:
        os.utime(tmp_path / file.path, (0, 0))

    second = write(tmp_path, batch("a"))

    assert second == first
    assert all((tmp_path / file.path).stat().st_mtime > 0 for file in second.files)


def test_nothing_is_visible_before_the_commit(tmp_path: Path) -> None:
    written = write(tmp_path, batch("a"))

    assert not (tmp_path / "batch").exists()
    committed(tmp_path, written)
    assert len(files(read_snapshot(str(tmp_path)), "sample")) == 1
