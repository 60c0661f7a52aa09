from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.lake.commit import commit, open_writer
from pipeline.lake.datafile import encode, read_rows
from pipeline.lake.snapshot import files, read_snapshot
from pipeline.lake.verify import Finding, sweep, verify
from pipeline.schema import tables
from pipeline.values import DataFile
from tests.lake.builder import batch, content_id, ingest, refuse, refused, table, write


def errors(lake: Path) -> list[Finding]:
    return [finding for finding in verify(str(lake)) if finding.severity == "error"]


def the_file(lake: Path, name: str) -> DataFile:
    (file,) = read_snapshot(str(lake)).files[name]
    return file


def edit_entry(lake: Path, number: int, change: Callable[[Any], object]) -> None:
    path = lake / "_manifest" / f"{number:010d}.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def replace_rows(lake: Path, name: str, rows: pa.Table) -> None:
    """Put other rows into a table's only file, and tell the manifest, as a bug of ours would."""
    file = the_file(lake, name)
    content = encode(rows, table=tables()[name]).to_pybytes()
    (lake / file.path).write_bytes(content)

    def told(entry: Any) -> None:
        (listed,) = (listed for listed in entry["files"] if listed["table"] == name)
        listed.update(size_bytes=len(content), rows=rows.num_rows, sha256=hashlib.sha256(content).hexdigest())

    edit_entry(lake, 1, told)


def stored(lake: Path, name: str) -> pa.Table:
    return read_rows(lake / the_file(lake, name).path)


def test_a_sound_lake_has_no_findings(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    ingest(tmp_path, "b c")

    assert errors(tmp_path) == []


def test_files_of_one_commit_with_other_words_are_sound(tmp_path: Path) -> None:
    one, other = batch("a"), batch("b")
    index = other["sample"].column_names.index("sample_type")
    words = pa.array(["x", "inuse_objects"] * 6).dictionary_encode()
    other["sample"] = other["sample"].set_column(index, other["sample"].schema.field(index), words)
    with open_writer(str(tmp_path), flush_bytes=1) as writer:
        writer.add(one)
        writer.add(other)

    commit(str(tmp_path), writer.written)

    assert list(verify(str(tmp_path))) == []


def test_a_lake_that_is_not_there_has_no_findings(tmp_path: Path) -> None:
    assert list(verify(str(tmp_path / "none"))) == []


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = the_file(tmp_path, "sample").path
    (tmp_path / path).unlink()

    (finding,) = errors(tmp_path)

    assert (finding.path, finding.problem) == (path, "cannot be read: No such file or directory; it has 12 rows")
    assert finding.advice.startswith("restore the file")


def test_one_changed_byte_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = tmp_path / the_file(tmp_path, "sample").path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    (finding,) = errors(tmp_path)

    assert finding.problem.startswith("sha256 ")


def test_another_size_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    path = tmp_path / the_file(tmp_path, "sample").path
    path.write_bytes(path.read_bytes()[:-1])

    (finding,) = errors(tmp_path)

    assert " bytes, the manifest says " in finding.problem


def test_another_row_count_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    edit_entry(
        tmp_path, 1, lambda entry: [file.update(rows=99) for file in entry["files"] if file["table"] == "sample"]
    )

    (finding,) = errors(tmp_path)

    assert finding.problem == "12 rows, the manifest says 99"


def test_a_column_of_another_type_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "function")
    wrong = rows.set_column(5, "start_line", rows["start_line"].cast(pa.int32()))
    replace_rows(tmp_path, "function", wrong)

    assert "column start_line is int32, declared int64" in [finding.problem for finding in errors(tmp_path)]


def test_a_lacking_column_that_may_not_be_null_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    replace_rows(tmp_path, "function", stored(tmp_path, "function").drop_columns(["file"]))

    assert "column file is not in it, and is NOT NULL" in [finding.problem for finding in errors(tmp_path)]


def test_a_lacking_column_that_may_be_null_is_an_older_file(tmp_path: Path) -> None:
    ingest(tmp_path, "a")

    replace_rows(tmp_path, "function", stored(tmp_path, "function").drop_columns(["package"]))

    assert list(verify(str(tmp_path))) == []


def test_a_column_nobody_declares_is_a_newer_file(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "function")

    replace_rows(tmp_path, "function", rows.append_column("colour", pa.array(["blue"] * rows.num_rows)))

    (finding,) = verify(str(tmp_path))
    assert (finding.severity, finding.problem) == ("info", "column colour is not declared")


def test_a_repeated_key_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "sample")
    replace_rows(tmp_path, "sample", pa.concat_tables([rows, rows.slice(3, 1)]))

    (finding,) = errors(tmp_path)

    assert finding.problem.startswith("1 rows repeat a key (profile_id, sample_index, sample_type), such as ")


def test_a_symbol_twice_in_one_file_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    rows = stored(tmp_path, "stack")
    replace_rows(tmp_path, "stack", pa.concat_tables([rows, rows]))

    (finding,) = errors(tmp_path)

    assert finding.problem == "stack_id is not unique in it"


def test_one_id_with_two_contents_in_two_commits_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    clashing = batch("b", stacks="a c")
    rows = clashing["stack"].to_pylist()
    rows[0]["location_ids"] = rows[0]["location_ids"][::-1]
    clashing["stack"] = table("stack", rows)
    commit(str(tmp_path), write(tmp_path, clashing))

    (finding,) = errors(tmp_path)

    clash = content_id("stack", "a")
    assert finding.problem == f"stack_id {clash:016x} has different contents in two files (1 such keys)"


@pytest.mark.parametrize(
    ("lost", "missed_by"),
    [
        ("stack", "stack_id are not in table stack"),
        ("label_set", "label_set_id are not in table label_set"),
        ("mapping", "mapping_id are not in table mapping"),
        ("function", "lines.function_id are not in table function"),
        ("location", "location_ids are not in table location"),
    ],
)
def test_a_reference_to_a_lost_row_is_an_error(tmp_path: Path, lost: str, missed_by: str) -> None:
    one = batch("a")
    one[lost] = one[lost].slice(0, 0)
    commit(str(tmp_path), write(tmp_path, one))

    problems = [finding.problem for finding in errors(tmp_path)]

    assert len(problems) == 1
    assert missed_by in problems[0]


def test_rows_of_a_source_the_commit_does_not_list_are_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a b")
    edit_entry(tmp_path, 1, lambda entry: entry["sources"].remove(f"{content_id('source', 'a'):016x}"))

    problems = {finding.problem for finding in errors(tmp_path)}

    assert problems == {f"rows of source {content_id('source', 'a'):016x}, which commit 1 does not list"}


def test_a_listed_source_without_a_row_is_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    edit_entry(tmp_path, 1, lambda entry: entry["sources"].append("00000000000000ff"))

    (finding,) = errors(tmp_path)

    assert finding.problem == "commit 1 lists 1 sources that table source has no row of: 00000000000000ff"


@pytest.mark.parametrize("replaced", [[], [f"{content_id('source', 'a'):016x}"]], ids=["added", "replaced"])
def test_an_ingested_source_in_two_commits_is_an_error(tmp_path: Path, replaced: list[str]) -> None:
    ingest(tmp_path, "a")
    entry = json.loads((tmp_path / "_manifest" / "0000000001.json").read_text())
    twice = {**entry, "version": 2, "replaced": replaced}
    (tmp_path / "_manifest" / "0000000002.json").write_text(json.dumps(twice))

    problems = [finding.problem for finding in errors(tmp_path)]

    assert problems == [f"source {content_id('source', 'a'):016x} is in commits 1 and 2; its rows count twice"]


def test_a_broken_manifest_is_the_only_finding(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    (tmp_path / "_manifest" / "0000000001.json").write_text("{")

    (finding,) = verify(str(tmp_path))

    assert finding.severity == "error"
    assert "not a manifest entry" in finding.problem


def test_what_a_crash_left_is_told_as_info(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    (tmp_path / "stack" / f".{'a' * 32}.tmp").write_bytes(b"half")
    left = write(tmp_path, batch("b"))

    findings = list(verify(str(tmp_path)))

    assert {finding.severity for finding in findings} == {"info"}
    assert {finding.path for finding in findings} >= {f"stack/.{'a' * 32}.tmp", left.files[0].path}


def test_a_sweep_removes_old_strays_and_nothing_else(tmp_path: Path) -> None:
    snapshot = ingest(tmp_path, "a")
    listed = {file.path for files in snapshot.files.values() for file in files}
    old = [f"stack/.{'a' * 32}.tmp", f"_manifest/.{'b' * 32}.tmp", f"stack/{'c' * 32}.parquet"]
    theirs = ["stack/notes.txt", f"backup/{'c' * 32}.parquet", "README.md"]
    for name in (*old, *theirs):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for path in tmp_path.rglob("*"):
        os.utime(path, (0, 0))
    (tmp_path / "stack" / f".{'d' * 32}.tmp").write_bytes(b"young")

    removed = sweep(str(tmp_path), older_than_s=3600)

    assert sorted(removed) == sorted(old)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    manifest = {"_manifest/0000000001.json", "_manifest/.lock"}
    assert left == listed | set(theirs) | manifest | {f"stack/.{'d' * 32}.tmp"}


def test_a_swept_lake_is_sound(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    write(tmp_path, batch("b"))

    removed = sweep(str(tmp_path), older_than_s=0)

    assert removed
    assert list(verify(str(tmp_path))) == []


def test_sweeping_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    assert sweep(str(tmp_path / "none"), older_than_s=0) == []
    assert not (tmp_path / "none").exists()


def test_a_refusal_that_the_manifest_does_not_know_is_an_error(tmp_path: Path) -> None:
    refuse(tmp_path, "a")
    edit_entry(tmp_path, 1, lambda entry: entry["refused"].clear())

    (finding,) = errors(tmp_path)

    assert (
        finding.problem == f"source {content_id('source', 'a'):016x} is refused (cut off), and in the manifest ingested"
    )


def test_a_replaced_refusal_whose_row_is_left_is_an_error(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")
    ingest(tmp_path, "a")
    edit_entry(tmp_path, 2, lambda entry: entry["removed"].clear())

    problems = [finding.problem for finding in errors(tmp_path)]

    assert len([problem for problem in problems if "rows repeat a key (source_id)" in problem]) == 1


def test_a_row_of_a_refusal_that_was_replaced_by_nothing_is_an_error(tmp_path: Path) -> None:
    refuse(tmp_path, "a b")
    written = write(tmp_path, refused("c"))
    commit(str(tmp_path), replace(written, outdated=frozenset({content_id("source", "a")})))
    edit_entry(tmp_path, 2, lambda entry: entry.update(removed=[], files=[]))

    problems = [finding.problem for finding in errors(tmp_path)]

    assert f"commit 2 replaces source {content_id('source', 'a'):016x}, and table source has a row of it" in problems


def test_rows_of_a_refused_source_are_an_error(tmp_path: Path) -> None:
    ingest(tmp_path, "a")
    edit_entry(tmp_path, 1, lambda entry: entry["refused"].update({f"{content_id('source', 'a'):016x}": "cut off"}))

    problems = {finding.problem for finding in errors(tmp_path)}

    assert f"rows of source {content_id('source', 'a'):016x}, which commit 1 lists as refused" in problems


def test_a_sweep_keeps_the_files_that_were_replaced_for_who_still_reads_them(tmp_path: Path) -> None:
    before = refuse(tmp_path, "a b")
    ingest(tmp_path, "a")

    assert sweep(str(tmp_path), older_than_s=-1) == []
    assert all(Path(path).exists() for path in files(before, "source"))


def test_a_replaced_file_that_is_gone_is_missed_by_nobody(tmp_path: Path) -> None:
    before = refuse(tmp_path, "a b")
    ingest(tmp_path, "a")
    Path(*files(before, "source")).unlink()

    assert list(verify(str(tmp_path))) == []
